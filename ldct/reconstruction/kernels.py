"""Reconstruction kernels: the band-limited ramp times a window of given modulation transfer.

The window W(nu) is the in-plane modulation transfer of the filter at frequency nu (cycles per mm at the
isocentre); interpolation, focal spot and detector aperture reduce it further. 'ramp' is W = 1 up to the Nyquist
frequency; 'hann' is 0.5 (1 + cos(pi nu / nyquist)). 'soft' and 'sharp' are W = exp(-ln 2 (nu / nu50)^n) with the
MTF50 below, a smooth body kernel (B30 class) and a lung or bone kernel (D45 to B60 class, its edges slightly
enhanced), tapered to zero over the last fifth below the Nyquist frequency of coarse detectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import toeplitz


@dataclass(frozen=True)
class Kernel:
    """W(nu) = (1 + boost nu / nu50) exp(-ln 2' (nu / nu50)^order); `mtf50` in cycles/mm is where W is one half."""

    mtf50: float
    order: float
    boost: float = 0.0

    def window(self, frequency: np.ndarray, nyquist: float) -> np.ndarray:
        nu = np.abs(frequency) / self.mtf50
        window = (1 + self.boost * nu) * np.exp(-np.log(2 * (1 + self.boost)) * nu**self.order)
        taper = np.clip((np.abs(frequency) / nyquist - 0.8) / 0.2, 0.0, 1.0)
        return window * np.cos(np.pi / 2 * taper) ** 2

    def __str__(self) -> str:
        return f"mtf50 {self.mtf50:g}/mm, order {self.order:g}, boost {self.boost:g}"


KERNELS: dict[str, Kernel | None] = {
    "ramp": None,
    "hann": None,
    "soft": Kernel(mtf50=0.33, order=2.0),
    "sharp": Kernel(mtf50=0.60, order=3.0, boost=0.25),
}


def kernel_of(setting: str | Mapping[str, float] | Kernel) -> str | Kernel:
    """A kernel as the configuration gives it: a name, or the parameters of a `Kernel`."""
    return Kernel(**setting) if isinstance(setting, Mapping) else setting


def window(kernel: str | Kernel, frequency: np.ndarray, nyquist: float) -> np.ndarray:
    """W at `frequency` (cycles/mm) for a named or parametric kernel; raises KeyError for an unknown name."""
    found = KERNELS[kernel] if isinstance(kernel, str) else kernel
    if found is not None:
        return found.window(frequency, nyquist)
    if kernel == "hann":
        return 0.5 * (1 + np.cos(np.pi * np.minimum(np.abs(frequency) / nyquist, 1.0)))
    return np.ones_like(frequency)


def filter_taps(kernel: str | Kernel, count: int, spacing_mm: float, ramp: np.ndarray | None = None) -> np.ndarray:
    """Spatial filter of lags 0..count-1 (1/mm^2), float64: h = ifft(fft(h_ramp) W), zero padded beyond aliasing.

    `ramp` replaces the parallel-beam taps h[0] = 1/(4 dt^2), h[odd k] = -1/(pi k dt)^2 (Kak & Slaney, eq. 3.61).
    """
    taps = ramp_taps(count, spacing_mm) if ramp is None else ramp
    size = 2 ** int(np.ceil(np.log2(4 * count)))
    wrapped = np.zeros(size)
    wrapped[:count] = taps
    wrapped[size - count + 1 :] = taps[:0:-1]
    frequency = np.fft.rfftfreq(size, spacing_mm)
    response = np.fft.rfft(wrapped).real * window(kernel, frequency, 0.5 / spacing_mm)
    return np.fft.irfft(response, size)[:count]


def ramp_taps(count: int, spacing_mm: float) -> np.ndarray:
    """The band-limited ramp of parallel rays, lags 0..count-1."""
    lag = np.arange(count)
    taps = np.zeros(count)
    taps[0] = 1 / (4 * spacing_mm**2)
    odd = lag % 2 == 1
    taps[odd] = -1 / (np.pi * lag[odd] * spacing_mm) ** 2
    return taps


def convolution_matrix(taps: np.ndarray) -> np.ndarray:
    """Symmetric Toeplitz matrix that filters a projection in one matrix product, float32."""
    return toeplitz(taps).astype(np.float32)
