"""HU windows, and the one affine scale on which networks work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Window:
    """A display or metric window: `center` and `width` in HU; [low, high] maps to [0, 1]."""

    center: float
    width: float

    @property
    def low(self) -> float:
        return self.center - self.width / 2

    @property
    def high(self) -> float:
        return self.center + self.width / 2


WINDOWS: dict[str, Window] = {
    "full": Window(0.0, 2048.0),
    "soft_tissue": Window(40.0, 400.0),
    "lung": Window(-600.0, 1500.0),
    "bone": Window(400.0, 1800.0),
    "brain": Window(40.0, 80.0),
}


@dataclass(frozen=True)
class Intensity:
    """Standardised intensity x = (HU - mean) / sd, the input and output scale of every network.

    The defaults are those of ldct-benchmark (Eulig 2024): mean 481.454 and SD 502.185 of HU + 1024.
    Works on floats, numpy arrays and torch tensors alike.
    """

    mean: float = 481.454 - 1024.0
    sd: float = 502.185

    def standardise(self, hu: Any) -> Any:
        return (hu - self.mean) / self.sd

    def to_hu(self, x: Any) -> Any:
        return x * self.sd + self.mean

    def to_unit(self, x: Any, window: Window) -> Any:
        """Standardised intensities to [0, 1] of `window`, not clipped."""
        return (x * self.sd + (self.mean - window.low)) / window.width
