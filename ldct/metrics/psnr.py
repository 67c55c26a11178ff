"""Peak signal-to-noise ratio in a window."""

from __future__ import annotations

import numpy as np

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS


class PSNR(Metric, declared=METRICS["psnr"]):
    """-10 log10(mean squared error) of measured pixels, images in [0, 1] of the window (data range 1), dB.

    Images that are identical in the window have no finite PSNR: no value (piq returns 80 dB, scikit-image infinity).
    """

    def score(self, state: View, prediction: View) -> float:
        difference = (prediction.pixels - state.pixels)[state.valid].astype(np.float64)
        error = float(np.mean(difference**2))
        if error == 0:
            raise NoValue("identical images in this window: the PSNR is infinite")
        return -10 * float(np.log10(error))
