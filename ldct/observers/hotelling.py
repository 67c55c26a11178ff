"""The channelised Hotelling observer (CHO)."""

from __future__ import annotations

import numpy as np


def template(signal: np.ndarray, covariance: np.ndarray, internal_noise: float = 0.0) -> np.ndarray:
    """Hotelling template (p,): (K + c diag(K))^-1 s, for the mean signal s and covariance K of channel outputs.

    internal_noise is c, the variance of independent noise in each channel over the channel's own variance; it lowers
    the observer to human performance. (Brankov 2013, PMB 58:7159) A singular K is inverted on its range.
    """
    noisy = covariance + internal_noise * np.diag(np.diag(covariance))
    scale = np.sqrt(np.maximum(np.diag(noisy), np.finfo(float).tiny))
    correlation = noisy / np.outer(scale, scale)
    return np.linalg.pinv(correlation, rcond=1e-10, hermitian=True) @ (signal / scale) / scale
