"""Phase congruency by log-Gabor filters (Kovesi's PC_2 as used in FSIM)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import scipy.fft

from ldct.compiled import kernel

SCALES, ORIENTATIONS = 4, 4
MIN_WAVELENGTH, MULTIPLIER, SIGMA_F, DELTA_THETA = 6, 2, 0.55, 1.2
NOISE_SDS = 2.0


def phase_congruency(image: np.ndarray) -> np.ndarray:
    """Phase congruency of an image in [0, 255], float32 (rows, columns)."""
    filters, noise_gain = _filter_bank(image.shape)
    spectrum = np.asarray(scipy.fft.fft2(image.astype(np.float32, copy=False)))
    responses = np.asarray(scipy.fft.ifft2(spectrum * filters, overwrite_x=True))
    thresholds = np.array([_median_energy(responses[o * SCALES]) for o in range(ORIENTATIONS)])
    thresholds = np.sqrt(thresholds * noise_gain).astype(np.float32)
    parts = responses.view(np.float32).reshape(*responses.shape, 2)
    return _congruency(parts, thresholds, float(np.finfo(np.float32).eps))


def _median_energy(response: np.ndarray) -> float:
    """Lower median of |response|^2."""
    energy = (np.real(response) ** 2 + np.imag(response) ** 2).ravel()
    middle = (energy.size - 1) // 2
    return float(np.partition(energy, middle)[middle])


@kernel
def _congruency(parts: np.ndarray, thresholds: np.ndarray, eps: float) -> np.ndarray:
    """From responses as float32 (orientations * scales, rows, columns, 2), real and imaginary parts last."""
    planes, rows, columns, _ = parts.shape
    orientations = len(thresholds)
    scales = planes // orientations
    out = np.empty((rows, columns), np.float32)
    energy, amplitude = np.empty(columns, np.float32), np.empty(columns, np.float32)
    even, odd, aligned = np.empty(columns, np.float32), np.empty(columns, np.float32), np.empty(columns, np.float32)
    small = np.float32(eps)
    # Row by row with the columns innermost, so that each loop runs on vectors.
    for i in range(rows):
        energy[:] = small
        amplitude[:] = small
        for o in range(orientations):
            even[:] = 0
            odd[:] = 0
            for s in range(scales):
                row = parts[o * scales + s, i]
                for j in range(columns):
                    real, imaginary = row[j, 0], row[j, 1]
                    even[j] += real
                    odd[j] += imaginary
                    amplitude[j] += np.sqrt(real * real + imaginary * imaginary)
            for j in range(columns):
                length = np.sqrt(even[j] * even[j] + odd[j] * odd[j]) + small
                even[j] /= length
                odd[j] /= length
            aligned[:] = -thresholds[o]
            for s in range(scales):
                row = parts[o * scales + s, i]
                for j in range(columns):
                    real, imaginary = row[j, 0], row[j, 1]
                    aligned[j] += real * even[j] + imaginary * odd[j] - abs(real * odd[j] - imaginary * even[j])
            for j in range(columns):
                energy[j] += max(aligned[j], np.float32(0))
        for j in range(columns):
            out[i, j] = energy[j] / amplitude[j]
    return out


@lru_cache(maxsize=4)
def _filter_bank(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Filters (orientations * scales, rows, columns) with frequency 0 at the corner, float32, and what turns the
    median energy of an orientation's smallest scale into its squared noise threshold, (orientations,)."""
    rows, columns = shape
    axes = []
    for size in (rows, columns):
        if size % 2:
            axes.append(np.arange(-(size - 1) / 2, size / 2) / (size - 1))
        else:
            axes.append(np.arange(-size / 2, size / 2) / size)
    down, right = np.meshgrid(*axes, indexing="ij")
    radius = np.fft.ifftshift(np.hypot(down, right))
    theta = np.fft.ifftshift(np.arctan2(-right, down))
    low_pass = 1 / (1 + (radius / 0.45) ** 30)
    radius[0, 0] = 1
    radial = []
    for s in range(SCALES):
        centre = 1 / (MIN_WAVELENGTH * MULTIPLIER**s)
        band = np.exp(-(np.log(radius / centre) ** 2) / (2 * math.log(SIGMA_F) ** 2)) * low_pass
        band[0, 0] = 0
        radial.append(band)
    theta_sigma = math.pi / (ORIENTATIONS * DELTA_THETA)
    angular = []
    for o in range(ORIENTATIONS):
        angle = o * math.pi / ORIENTATIONS
        sine = np.sin(theta) * math.cos(angle) - np.cos(theta) * math.sin(angle)
        cosine = np.cos(theta) * math.cos(angle) + np.sin(theta) * math.sin(angle)
        angular.append(np.exp(-(np.arctan2(sine, cosine) ** 2) / (2 * theta_sigma**2)))
    filters = np.array([[spread * band for band in radial] for spread in angular])
    return filters.reshape(-1, rows, columns).astype(np.float32), _noise_gain(filters)


def _noise_gain(filters: np.ndarray) -> np.ndarray:
    """Squared threshold per median energy: Rayleigh mean plus NOISE_SDS SDs of the noise energy, over 1.7 (Kovesi)."""
    _, scales, rows, columns = filters.shape
    impulse = np.fft.ifft2(filters).real * math.sqrt(rows * columns)
    squares = (impulse**2).sum(axis=(1, 2, 3))
    products = sum((impulse[:, s : s + 1] * impulse[:, s + 1 :]).sum(axis=(1, 2, 3)) for s in range(scales - 1))
    noise_power = -1 / math.log(0.5) / (filters[:, 0] ** 2).sum(axis=(1, 2))
    tau_squared = noise_power * (squares + 2 * products)
    factor = (math.sqrt(math.pi / 2) + NOISE_SDS * math.sqrt(2 - math.pi / 2)) / 1.7
    return tau_squared * factor**2
