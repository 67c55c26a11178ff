"""From the DICOM-CT-PD frame to patient coordinates (LPS): one sign an axis, per manufacturer and position."""

from __future__ import annotations

# By definition of the frame, for a patient head first supine; (x, y, z)_LPS = signs * (x, y, z)_CT-PD.
BY_DEFINITION = {
    "HFS": (1, -1, 1),
    "HFP": (-1, 1, 1),
    "FFS": (-1, -1, -1),
    "FFP": (1, 1, -1),
}


def axis_signs(manufacturer: str, position: str) -> tuple[int, int, int]:
    """Signs (x, y, z) that turn CT-PD into LPS coordinates; without a known patient position, those of HFS."""
    return BY_DEFINITION.get(position, BY_DEFINITION["HFS"])
