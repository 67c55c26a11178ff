"""The non-prewhitening matched filter, with and without an eye filter (NPW, NPWE)."""

from __future__ import annotations

import numpy as np


def eye_filter(
    shape: tuple[int, int], spacing_mm: tuple[float, float], *, distance_mm: float = 500.0, zoom: float = 1.0
) -> np.ndarray:
    """Contrast sensitivity f^1.3 exp(-0.04 f^2) over FFT frequencies, largest value 1; f in cycles per degree.

    The region is seen at `distance_mm` with the image enlarged `zoom` times. (Burgess 1994, JOSA A 11:1237)
    """
    per_mm = np.hypot(np.fft.fftfreq(shape[0], spacing_mm[0])[:, None], np.fft.fftfreq(shape[1], spacing_mm[1]))
    f = per_mm / zoom * distance_mm * np.pi / 180
    best = np.sqrt(1.3 / 0.08)
    return f**1.3 * np.exp(-0.04 * f**2) / (best**1.3 * np.exp(-0.04 * best**2))


def npw_template(signal: np.ndarray, eye: np.ndarray | None = None) -> np.ndarray:
    """Template (rows, columns): the signal itself, or E^T E s with an eye filter."""
    if eye is None:
        return np.array(signal, float)
    return np.fft.ifft2(np.fft.fft2(signal) * np.abs(eye) ** 2).real
