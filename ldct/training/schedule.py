"""The learning rate as a function of the step, the same for every loss."""

from __future__ import annotations

import math

FINAL_SHARE = 0.01


def learning_rate(step: int, steps: int, peak: float, schedule: str) -> float:
    """Rate of optimiser step `step` (from 0) of `steps`: 'constant', or 'cosine' from `peak` to 1 % of it."""
    if schedule == "constant" or steps < 2:
        return peak
    phase = min(step / (steps - 1), 1.0)
    return peak * (FINAL_SHARE + (1 - FINAL_SHARE) * (1 + math.cos(math.pi * phase)) / 2)
