"""All configured metrics of a slice: the reference side once, then each image that is compared with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    """Metrics for one full-dose slice, each prepared when it is first asked for.

    hu: int16 or float HU (rows, columns); valid: the measured pixels of both doses. pairs: (metric, window) of the
    scores, in order.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        windows: Mapping[str, Window],
        hu: np.ndarray,
        valid: np.ndarray,
        spacing_mm: tuple[float, float],
    ):
        self.reference, self.valid, self.spacing_mm = hu, valid, spacing_mm
        self.pairs = [(metric, name) for metric in metrics for name in windows_of(metric, windows)]
        self.windows: dict[str, Window | None] = {HU: None, **windows}
        self.states: dict[int, Any] = {}

    def scores(self, hu: np.ndarray, wanted: Collection[int] | None = None) -> list[Score]:
        """A score for each of the pairs, or of those at the places `wanted`; `hu` has the shape of the reference."""
        places = range(len(self.pairs)) if wanted is None else sorted(wanted)
        lacking = int(np.count_nonzero((hu == INVALID_HU) & self.valid))
        if lacking:
            reason = f"{lacking} measured pixels have no value in this image"
            return [Score(self.pairs[k][0].name, self.pairs[k][1], None, reason) for k in places]
        self._prepare([k for k in places if k not in self.states])
        views = self._views(hu, places)
        return [_score(*self.pairs[k], self.states[k], views[self.pairs[k][1]]) for k in places]

    def _prepare(self, places: Collection[int]) -> None:
        views = self._views(self.reference, places)
        for k in places:
            metric, name = self.pairs[k]
            try:
                self.states[k] = prepare(metric, views[name])
            except NoValue as reason:
                self.states[k] = reason
            except FAULTS as error:
                self.states[k] = NoValue(f"{type(error).__name__}: {error}")

    def _views(self, hu: np.ndarray, places: Collection[int]) -> dict[str, View]:
        needed = {self.pairs[k][1] for k in places}
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
