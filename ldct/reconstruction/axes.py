"""From the DICOM-CT-PD frame to patient coordinates (LPS): a sign and a shift for each axis."""

from __future__ import annotations

from dataclasses import dataclass

# By definition of the frame; scanners' files have been seen to differ, so this is only what one falls back on.
BY_DEFINITION = {
    "HFS": (1, -1, 1),
    "HFP": (-1, 1, 1),
    "FFS": (-1, -1, -1),
    "FFP": (1, 1, -1),
}


@dataclass(frozen=True)
class Axes:
    """(x, y, z)_LPS = signs * (x, y, z)_CT-PD + shift_mm.

    `score` is the normalised cross-correlation with the scanner's own images and `second` that of the best other signs;
    both are None where the axes were not found but taken from the frame's definition.
    """

    signs: tuple[int, int, int]
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    score: float | None = None
    second: float | None = None

    def __str__(self) -> str:
        return "".join("+" if sign > 0 else "-" for sign in self.signs)


def assumed_axes(position: str) -> Axes:
    """The axes by definition for a PatientPosition; those of HFS where it is unknown."""
    return Axes(BY_DEFINITION.get(position, BY_DEFINITION["HFS"]))
