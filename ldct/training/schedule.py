"""The learning rate as a function of the step, the same for every loss."""

from __future__ import annotations

import math

FINAL_SHARE = 0.01
# Adam's first steps have full length whatever the gradient: at the peak rate they can switch off ReLUs for good.
WARM_UP_SHARE = 0.1


def learning_rate(step: int, steps: int, peak: float, schedule: str) -> float:
    """Rate of optimiser step `step` (from 0) of `steps`.

    'constant' is `peak` throughout. 'cosine' rises linearly over the first tenth of the steps, then falls along half a
    cosine from `peak` to 1 % of it.
    """
    if schedule == "constant" or steps < 2:
        return peak
    rise = int(WARM_UP_SHARE * steps)
    if step < rise:
        return peak * (step + 1) / (rise + 1)
    phase = min((step - rise) / (steps - 1 - rise), 1.0)
    return peak * (FINAL_SHARE + (1 - FINAL_SHARE) * (1 + math.cos(math.pi * phase)) / 2)
