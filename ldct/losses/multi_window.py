"""L1 in several display windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from ldct.errors import ConfigError
from ldct.intensity import Window
from ldct.losses.base import Loss, as_window


class MultiWindow(Loss):
    """sum over windows of the L1 distance of the images clipped to [0, 1] of the window; 0 at equality.

    windows: names or {center, width}. A pixel outside a window on both sides has no gradient there; keep 'full' among
    them.
    """

    def __init__(
        self, *, windows: Sequence[str | Mapping[str, float] | Window] = ("full", "soft_tissue", "lung"), **common
    ):
        super().__init__(**common)
        if isinstance(windows, str) or not windows:
            raise ConfigError(f"loss multi_window: windows is {windows!r}; expected a list of windows")
        self.windows = [as_window("multi_window", window) for window in windows]

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        parts = []
        for window in self.windows:
            x, y = (self.intensity.to_unit(image, window).clamp(0, 1) for image in (prediction, target))
            parts.append((x - y).abs().mean())
        return torch.stack(parts).sum()
