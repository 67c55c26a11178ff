"""What a metric is: a declaration, a reference side computed once, and a score for each prediction.

Policies that hold for every metric are applied by `prepare` and `score` of this module:

- pixels that were not measured hold -1000 HU in both images, so they agree; pixel metrics leave them out;
- a prediction that is not finite at a measured pixel, an image smaller than the metric's filters, a reference
  without contrast in the window (for metrics that need some) and a result that is not finite give no value but a
  reason, never a 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ldct.intensity import Window
from ldct.metrics.declared import Metric as Declared
from ldct.tables.images import AIR_HU


class NoValue(Exception):
    """The metric has no value for this image; the message says why."""


@dataclass(frozen=True, eq=False)
class View:
    """What a metric sees of one slice.

    pixels: float32 (rows, columns), C-contiguous; HU where `window` is None, else clipped to [0, 1] of the window.
    valid: boolean, the measured pixels; elsewhere `pixels` holds air.
    """

    pixels: np.ndarray
    valid: np.ndarray
    spacing_mm: tuple[float, float] = (1.0, 1.0)
    window: Window | None = None


def view(
    hu: np.ndarray,
    valid: np.ndarray | None = None,
    spacing_mm: tuple[float, float] = (1.0, 1.0),
    window: Window | None = None,
) -> View:
    """The view of an HU image (rows, columns) through `window`, or in HU. Pixels that are not `valid` become air."""
    hu = np.asarray(hu)
    if hu.ndim != 2:
        raise ValueError(f"an image has rows and columns; this one has shape {hu.shape}")
    valid = np.ones(hu.shape, bool) if valid is None else np.asarray(valid, bool)
    pixels = np.where(valid, hu, AIR_HU).astype(np.float32)
    if window is not None:
        pixels = np.clip((pixels - np.float32(window.low)) / np.float32(window.width), 0.0, 1.0)
    return View(np.ascontiguousarray(pixels), valid, spacing_mm, window)


class Metric:
    """Base of all metrics; a metric of one's own sets these attributes and defines `prepare` and `score`.

    Their meaning is that of `ldct.metrics.declared.Metric`, and without a value here they must be set, as literals: the
    workflow reads them without running the module. A built-in metric takes them from its declaration.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    family: ClassVar[str]
    direction: ClassVar[str]
    source: ClassVar[str]
    licence: ClassVar[str] = "Apache-2.0"
    construct: ClassVar[str | None] = None
    low: ClassVar[float | None] = None
    high: ClassVar[float | None] = None
    unit: ClassVar[str] = ""
    mapping: ClassVar[str] = "window"
    window: ClassVar[str | None] = None
    reference: ClassVar[bool] = True
    fitted: ClassVar[bool] = False
    weights: ClassVar[tuple[str, ...]] = ()
    smallest: ClassVar[int] = 1
    contrast: ClassVar[bool] = False
    note: ClassVar[str | None] = None

    def __init_subclass__(cls, declared: Declared | None = None, **options: Any):
        super().__init_subclass__(**options)
        for name, value in (declared.facts if declared else {}).items():
            setattr(cls, name, value)

    def __init__(self, *, weights_dir: Path | None = None):
        self.weights_dir = weights_dir

    def prepare(self, reference: View) -> Any:
        """What depends on the reference alone; metrics without a reference ignore it."""
        return reference

    def score(self, state: Any, prediction: View) -> float:
        """The value of `prediction` against a prepared reference; raises NoValue where there is none."""
        raise NotImplementedError


def prepare(metric: Metric, reference: View) -> Any:
    """`metric.prepare` under the common policies; raises NoValue."""
    rows, columns = reference.pixels.shape
    if min(rows, columns) < metric.smallest:
        raise NoValue(f"{rows} x {columns} pixels; needs at least {metric.smallest} x {metric.smallest}")
    if not reference.valid.any():
        raise NoValue("no measured pixel")
    if metric.reference:
        if not np.isfinite(reference.pixels).all():
            raise NoValue("the reference is not finite")
        if metric.contrast and reference.pixels.min() == reference.pixels.max():
            raise NoValue("the reference is constant in this window")
    return metric.prepare(reference)


def score(metric: Metric, state: Any, prediction: View) -> float:
    """`metric.score` under the common policies; raises NoValue."""
    if not np.isfinite(prediction.pixels).all():
        raise NoValue("the image is not finite")
    value = float(metric.score(state, prediction))
    if not np.isfinite(value):
        raise NoValue(f"the result is {value}")
    return value


def measure(metric: Metric, reference: View, prediction: View) -> float:
    """The value for one pair; raises NoValue. For many predictions of one reference keep the prepared state."""
    if reference.pixels.shape != prediction.pixels.shape:
        raise ValueError(f"shapes differ: {reference.pixels.shape} and {prediction.pixels.shape}")
    return score(metric, prepare(metric, reference), prediction)
