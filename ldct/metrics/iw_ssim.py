"""Information content weighted structural similarity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ldct.compiled import kernel
from ldct.metrics.base import Metric, View
from ldct.metrics.declared import METRICS
from ldct.metrics.gaussian import gaussian_taps, moments, pair_moments
from ldct.metrics.laplacian_pyramid import laplacian_pyramid
from ldct.metrics.resample import Taps, linear, resample
from ldct.metrics.ssim import ssim_and_contrast

WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
WEIGHTS = WEIGHTS / WEIGHTS.sum()
TAPS = gaussian_taps(11, 1.5)
BOX = np.full(3, 1 / 3)
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
NOISE = 0.4
EPS = float(np.finfo(np.float64).eps)


class IWSSIM(Metric, declared=METRICS["iw_ssim"]):
    """IW-SSIM over a Laplacian pyramid of five levels, images in [0, 255], float64; as piq's in float64.

    Content weights come from a Gaussian scale mixture of 3 x 3 neighbourhoods with their parent. In float32 the
    inverse covariance costs up to 2e-3 (piq), so all is float64 here. Needs 161 pixels a side.
    """

    def prepare(self, reference: View) -> list[Scale]:
        levels = laplacian_pyramid(reference.pixels * np.float64(255), 4)
        scales = []
        for i, band in enumerate(levels[:-1]):
            energy, eigenvalues = _mixture(band, levels[i + 1] if i < 3 else None)
            scales.append(Scale(band, moments(band, TAPS), moments(band, BOX), energy, eigenvalues))
        rest = levels[-1]
        nothing = np.zeros(0)
        return [*scales, Scale(rest, moments(rest, TAPS), nothing, nothing, nothing)]

    def score(self, state: list[Scale], prediction: View) -> float:
        levels = laplacian_pyramid(prediction.pixels * np.float64(255), 4)
        value = 1.0
        for x, of, weight in zip(levels[:-1], state[:-1], WEIGHTS[:-1], strict=True):
            pair = pair_moments(x, of.band, of.wide[0], TAPS)
            near = pair_moments(x, of.band, of.near[0], BOX)
            weighted, weights = _pooled(pair, of.wide, near, of.near, of.energy, of.eigenvalues, C2, NOISE, EPS)
            value *= abs(weighted / weights) ** weight
        last = state[-1]
        whole, _ = ssim_and_contrast(pair_moments(levels[-1], last.band, last.wide[0], TAPS), last.wide, C1, C2)
        return value * abs(whole) ** WEIGHTS[-1]


@dataclass(frozen=True, eq=False)
class Scale:
    """Reference side of one level: the band, its Gaussian and 3 x 3 moments, and its scale mixture."""

    band: np.ndarray
    wide: np.ndarray
    near: np.ndarray
    energy: np.ndarray
    eigenvalues: np.ndarray


def _mixture(band: np.ndarray, parent: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Normalised energy y' C^-1 y / n of each 3 x 3 neighbourhood (with its parent), and the eigenvalues of C."""
    if parent is None:
        parent = np.zeros((0, 0))
    else:
        parent = resample(parent, *(_enlarging(size) for size in parent.shape))
    values, vectors = np.linalg.eigh(_covariance(band, parent))
    kept = np.where(values > 0, values, 0.0)
    kept = kept * values.sum() / (kept.sum() or 1.0)
    return _energy(band, parent, np.linalg.inv(vectors * kept @ vectors.T)), kept


@cache
def _enlarging(size: int) -> Taps:
    """Taps (2 size, 3): bilinear to 4 size - 3, a linearly extrapolated border, every other sample."""
    index, weights = linear(size, 4 * size - 3, False)
    fine = np.zeros((4 * size - 1, size))
    for tap in range(2):
        np.add.at(fine, (np.arange(1, 4 * size - 2), index[:, tap]), weights[:, tap])
    fine[0] = 2 * fine[1] - fine[2]
    fine[-1] = 2 * fine[-2] - fine[-3]
    chosen = fine[::2]
    first = np.minimum((chosen != 0).argmax(axis=1), size - 3)
    index = first[:, None] + np.arange(3)
    return index, np.take_along_axis(chosen, index, axis=1)


@kernel
def _neighbours(band: np.ndarray, parent: np.ndarray, i: int, out: np.ndarray) -> None:
    """Rows of the 3 x 3 neighbours of row i + 1, and of its parents where there are any, into out (9 or 10, n)."""
    n = out.shape[1]
    for k in range(9):
        out[k] = band[i + k // 3, k % 3 : k % 3 + n]
    if len(out) == 10:
        out[9] = parent[i + 1, 1 : n + 1]


@kernel
def _covariance(band: np.ndarray, parent: np.ndarray) -> np.ndarray:
    rows, columns = band.shape[0] - 2, band.shape[1] - 2
    size = 10 if len(parent) else 9
    y = np.empty((size, columns))
    out = np.zeros((size, size))
    for i in range(rows):
        _neighbours(band, parent, i, y)
        for k in range(size):
            for m in range(k + 1):
                total = 0.0
                for j in range(columns):
                    total += y[k, j] * y[m, j]
                out[k, m] += total
    for k in range(size):
        for m in range(k + 1):
            out[k, m] /= rows * columns
            out[m, k] = out[k, m]
    return out


@kernel
def _energy(band: np.ndarray, parent: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    rows, columns = band.shape[0] - 2, band.shape[1] - 2
    size = len(inverse)
    y = np.empty((size, columns))
    out = np.zeros((rows, columns))
    for i in range(rows):
        _neighbours(band, parent, i, y)
        for k in range(size):
            for m in range(size):
                weight = inverse[k, m] / size
                for j in range(columns):
                    out[i, j] += weight * y[k, j] * y[m, j]
    return out


@kernel
def _pooled(
    pair: np.ndarray,
    of_y: np.ndarray,
    near: np.ndarray,
    near_y: np.ndarray,
    energy: np.ndarray,
    eigenvalues: np.ndarray,
    c2: float,
    noise: float,
    eps: float,
) -> tuple[float, float]:
    """Sum of contrast-structure times information weight, and of the weights (bits)."""
    weighted = weights = 0.0
    _, rows, columns = pair.shape
    factor, constant, product = np.empty(columns), np.empty(columns), np.empty(columns)
    for i in range(rows):
        # 3 x 3 neighbourhoods reach four pixels further out than the Gaussian window.
        a = i + 4
        for j in range(columns):
            b = j + 4
            vx, vy, cov = max(near[1, a, b], 0.0), max(near_y[1, a, b], 0.0), near[2, a, b]
            gain = cov / (vy + eps) if vy >= eps else 0.0
            rest = vx - gain * cov
            if vx < eps:
                gain = rest = 0.0
            factor[j] = (rest + (1 + gain * gain) * noise) * energy[a, b] / (noise * noise)
            constant[j] = 1 + rest / noise
            product[j] = 1.0
        for k in range(len(eigenvalues)):
            for j in range(columns):
                product[j] *= constant[j] + factor[j] * eigenvalues[k]
        for j in range(columns):
            bits = np.log2(product[j])
            if bits >= eps:
                contrast = 2 * pair[2, i, j] + c2
                contrast /= max(pair[1, i, j], 0.0) + max(of_y[1, i, j], 0.0) + c2
                weighted += contrast * bits
                weights += bits
    return weighted, weights
