"""All configured metrics of a slice: the reference side once, then each image that is compared with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ldct.intensity import Window
from ldct.metrics.base import Metric, NoValue, View, prepare, score, view
from ldct.tables.images import INVALID_HU

HU = "hu"
# A fault of one metric on one image must not cost the study the others.
FAULTS = (ArithmeticError, ValueError, RuntimeError, LookupError, TypeError)


@dataclass(frozen=True)
class Score:
    """A value, or the reason why there is none."""

    metric: str
    window: str
    value: float | None
    reason: str | None


def windows_of(metric: Metric, windows: Mapping[str, Window]) -> list[str]:
    """Names of the windows in which `metric` is computed; ['hu'] for metrics on HU."""
    if metric.mapping == HU:
        return [HU]
    if metric.window is not None:
        return [metric.window if metric.window in windows else next(iter(windows))]
    return list(windows)


class SliceJudge:
    """Metrics prepared for one full-dose slice.

    hu: int16 or float HU (rows, columns); valid: the measured pixels of both doses.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        windows: Mapping[str, Window],
        hu: np.ndarray,
        valid: np.ndarray,
        spacing_mm: tuple[float, float],
    ):
        self.valid, self.spacing_mm = valid, spacing_mm
        self.jobs = [(metric, name) for metric in metrics for name in windows_of(metric, windows)]
        self.windows: dict[str, Window | None] = {HU: None, **windows}
        self.states: list[Any] = []
        views = self._views(hu)
        for metric, name in self.jobs:
            try:
                self.states.append(prepare(metric, views[name]))
            except NoValue as reason:
                self.states.append(reason)
            except FAULTS as error:
                self.states.append(NoValue(f"{type(error).__name__}: {error}"))

    def scores(self, hu: np.ndarray) -> list[Score]:
        """A score for each metric and window; `hu` has the shape of the reference."""
        lacking = int(np.count_nonzero((hu == INVALID_HU) & self.valid))
        if lacking:
            reason = f"{lacking} measured pixels have no value in this image"
            return [Score(metric.name, name, None, reason) for metric, name in self.jobs]
        views = self._views(hu)
        return [
            _score(metric, name, state, views[name])
            for (metric, name), state in zip(self.jobs, self.states, strict=True)
        ]

    def _views(self, hu: np.ndarray) -> dict[str, View]:
        needed = {name for _, name in self.jobs}
        return {name: view(hu, self.valid, self.spacing_mm, self.windows[name]) for name in needed}


def _score(metric: Metric, window: str, state: Any, image: View) -> Score:
    if isinstance(state, NoValue):
        return Score(metric.name, window, None, str(state))
    try:
        return Score(metric.name, window, score(metric, state, image), None)
    except NoValue as reason:
        return Score(metric.name, window, None, str(reason))
    except FAULTS as error:
        return Score(metric.name, window, None, f"{type(error).__name__}: {error}")
