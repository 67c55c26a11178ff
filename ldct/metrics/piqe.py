"""PIQE: distortion of the blocks that stand out, without a model of good images."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.metrics.base import Metric, NoValue, View
from ldct.metrics.declared import METRICS
from ldct.metrics.mscn import mscn

BLOCK, SEGMENT = 16, 6
ACTIVE, IMPAIRED = 0.1, 0.1
# Columns of the centre; of the surround the reference implementation leaves out 7 and 9, not 8.
CENTRE, NOT_SURROUND = (7, 8), (7, 9)


class PIQE(Metric, declared=METRICS["piqe"]):
    """Score from 0 to 100 of the active 16 x 16 blocks: noticeable artefacts at their edges, and noise within.

    The image is rounded to 0 to 255 of the window, as in the published implementation; that one scales an image by its
    own maximum, which would make values of two images of one patient incomparable. A block is active where the variance
    of its normalised coefficients exceeds .1, so that most of any noisy CT image counts; without one there is no value
    (there: 100).
    """

    def prepare(self, reference: View) -> Any:
        return None

    def score(self, state: Any, prediction: View) -> float:
        image = np.round(prediction.pixels * np.float32(255))
        if image.min() == image.max():
            raise NoValue("the image is constant in this window")
        rows, columns = image.shape
        image = np.pad(image, ((0, -rows % BLOCK), (0, -columns % BLOCK)), mode="symmetric")
        blocks = _blocks(mscn(image, "nearest").astype(np.float64))
        variance = blocks.var(axis=(1, 2), ddof=1)
        blocks, variance = blocks[variance > ACTIVE], variance[variance > ACTIVE]
        if not len(blocks):
            raise NoValue("no block of the image stands out")
        distortion = _impaired(blocks) * (1 - variance) + _noisy(blocks, variance) * variance
        return float(100 * (distortion.sum() + 1) / (len(blocks) + 1))


def _blocks(image: np.ndarray) -> np.ndarray:
    rows, columns = image.shape
    return image.reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK).swapaxes(1, 2).reshape(-1, BLOCK, BLOCK)


def _impaired(blocks: np.ndarray) -> np.ndarray:
    """Whether any run of 6 pixels along an edge of the block is nearly constant."""
    edges = np.stack([blocks[:, 0], blocks[:, -1], blocks[:, :, 0], blocks[:, :, -1]], axis=1)
    runs = np.lib.stride_tricks.sliding_window_view(edges, SEGMENT, axis=2)
    return (runs.std(axis=-1, ddof=1) < IMPAIRED).any(axis=(1, 2))


def _noisy(blocks: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Whether the block's SD exceeds twice its contrast with the ratio of centre to surround."""
    sigma = np.sqrt(variance)
    centre = blocks[:, :, CENTRE].reshape(len(blocks), -1).std(axis=1, ddof=1)
    around = np.delete(blocks, NOT_SURROUND, axis=2).reshape(len(blocks), -1).std(axis=1, ddof=1)
    ratio = np.divide(centre, around, out=np.zeros_like(centre), where=around > 0)
    beta = np.abs(sigma - ratio) / np.maximum(sigma, ratio)
    return sigma > 2 * beta
