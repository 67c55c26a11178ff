"""Loss and RMSE on patches of the validation patients, every patch exactly once."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ldct.data.stream import PatchTables
from ldct.intensity import Intensity
from ldct.training.precision import Arithmetic

# Validation takes a small part of an epoch's time: at most one patch for so many training patches, but some at least.
TRAINING_PATCHES_EACH = 8
LEAST = 64


class Validation:
    """Evenly spaced validation patches, at most an eighth of the patches that an epoch trains on."""

    def __init__(self, tables: PatchTables, patches_per_epoch: int, batch: int, intensity: Intensity):
        self.low, self.full = tables.evenly_spaced(max(LEAST, patches_per_epoch // TRAINING_PATCHES_EACH))
        self.batch, self.intensity = batch, intensity

    def __len__(self) -> int:
        return len(self.low)

    def pair(self, start: int, arithmetic: Arithmetic) -> tuple[torch.Tensor, torch.Tensor]:
        """(low, full), standardised, (n, 1, size, size), from patch `start` on, not shuffled and not turned."""
        low, full = (
            arithmetic.place(
                torch.from_numpy(self.intensity.standardise(hu[start : start + self.batch, None].astype(np.float32)))
            )
            for hu in (self.low, self.full)
        )
        return low, full

    def measure(self, model: nn.Module, loss: nn.Module, arithmetic: Arithmetic) -> tuple[float, float]:
        """(mean loss, RMSE in HU); (NaN, NaN) without validation patches."""
        if not len(self):
            return float("nan"), float("nan")
        was_training = model.training
        model.eval()
        total = squares = 0.0
        with torch.no_grad():
            for start in range(0, len(self), self.batch):
                low, full = self.pair(start, arithmetic)
                with arithmetic.autocast():
                    prediction = model(low)
                prediction = prediction.float()
                total += float(loss(prediction, full)[0]) * len(low)
                squares += float((prediction - full).double().square().mean()) * len(low)
        model.train(was_training)
        return total / len(self), (squares / len(self)) ** 0.5 * self.intensity.sd
