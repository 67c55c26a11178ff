"""NIQE with a model of full-dose CT instead of photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import zoom

from ldct.metrics.asymmetric_gaussian import fit
from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.mscn import mscn
from ldct.tables import read_table
from ldct.tables.fitted import NATURALNESS

PATCH, FEATURES = 64, 36
BODY_SHARE, FEWEST_PATCHES = 0.6, 2
SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))


class NIQECT(Metric, declared=METRICS["niqe_ct"]):
    """Distance of the natural-scene statistics of a slice from those of the study's own full-dose training slices.

    sqrt((m - m0)^T ((C + C0) / 2)^+ (m - m0)) with mean and covariance of 36 features of 64 x 64 patches, at full and
    half size: shape and variance of the MSCN coefficients, and shape, mean and both scales of the products of
    neighbours in four directions (Mittal et al. 2013). Patches of which at least 60 % lie within the window count, in
    place of the sharpest ones, which in CT are bone. The model is fitted in each fold on its training patients.
    """

    def __init__(self, *, weights_dir: Path | None = None, model: Path):
        """model: the NATURALNESS table of the fold; raises InputError where it cannot be read."""
        super().__init__(weights_dir=weights_dir)
        table = read_table(model, NATURALNESS)
        self.mean = np.array(table["mean"].to_pylist())
        self.covariance = np.array(table["covariance"].to_pylist()).reshape(FEATURES, FEATURES)

    def prepare(self, reference: View) -> Any:
        return None

    def score(self, state: Any, prediction: View) -> float:
        found = naturalness(prediction.pixels)
        if len(found) < FEWEST_PATCHES:
            raise NoValue(f"{len(found)} patches of tissue; needs at least {FEWEST_PATCHES}")
        difference = found.mean(axis=0) - self.mean
        joint = (self.covariance + np.cov(found.T)) / 2
        return float(np.sqrt(difference @ np.linalg.pinv(joint, rcond=1e-10, hermitian=True) @ difference))


def naturalness(image: np.ndarray) -> np.ndarray:
    """Features (patches, 36) of the patches of an image in [0, 1] that show tissue; may be empty."""
    rows, columns = (n // PATCH * PATCH for n in image.shape)
    image = np.ascontiguousarray(image[:rows, :columns], np.float32)
    inside = _cut(((image > 0) & (image < 1)).astype(np.float32), PATCH).mean(axis=(1, 2))
    chosen = inside >= BODY_SHARE
    if not chosen.any():
        return np.zeros((0, FEATURES))
    half = np.asarray(zoom(image, 0.5, order=1, grid_mode=True, mode="nearest"))
    scales = ((image, PATCH), (half, PATCH // 2))
    return np.hstack([_features(mscn(255 * seen, "nearest"), size)[chosen] for seen, size in scales])


def _features(coefficients: np.ndarray, size: int) -> np.ndarray:
    """Features (patches, 18) of MSCN coefficients."""
    patches = _cut(coefficients, size)
    alpha, _, left, right = fit(patches.reshape(len(patches), -1))
    columns = [alpha, (left**2 + right**2) / 2]
    for shift in SHIFTS:
        product = _cut(coefficients * np.roll(coefficients, shift, axis=(0, 1)), size)
        alpha, mean, left, right = fit(product.reshape(len(product), -1))
        columns += [alpha, mean, left**2, right**2]
    return np.stack(columns, axis=1)


def _cut(image: np.ndarray, size: int) -> np.ndarray:
    """Patches (n, size, size) side by side."""
    down, along = image.shape[0] // size, image.shape[1] // size
    return image.reshape(down, size, along, size).swapaxes(1, 2).reshape(-1, size, size)
