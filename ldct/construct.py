"""What a loss or a metric is about: the constructs of image quality."""

from __future__ import annotations

from enum import StrEnum


class Construct(StrEnum):
    """A side of image quality; metrics of one construct answer the same question."""

    FIDELITY = "fidelity"
    STRUCTURE = "structure"
    FEATURES = "features"
    NOISE = "noise"
    RESOLUTION = "resolution"
    TASK = "task"
    NO_REFERENCE = "no_reference"

    @property
    def label(self) -> str:
        """For readers."""
        return _LABELS[self]


def about(construct: str | None) -> str:
    """A construct for readers; '' where nobody says."""
    return Construct(construct).label if construct else ""


_LABELS = {
    Construct.FIDELITY: "fidelity of values",
    Construct.STRUCTURE: "structure",
    Construct.FEATURES: "deep features",
    Construct.NOISE: "noise texture",
    Construct.RESOLUTION: "resolution",
    Construct.TASK: "task",
    Construct.NO_REFERENCE: "appearance without a reference",
}
