"""Each metric judges one pair of slices in each of its windows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ldct.checks.images import SPACING_MM, ct_pair
from ldct.checks.mistake import Mistake, said
from ldct.errors import UnavailableError
from ldct.intensity import Window
from ldct.metrics.base import Metric, NoValue, prepare, score, view
from ldct.metrics.build import metric_class, missing
from ldct.metrics.declared import METRICS
from ldct.metrics.judge import HU, windows_of

SIDE = 256


class MetricSeconds(NamedTuple):
    """A pixel, all windows of the metric together: of the full-dose slice once, and of each image it judges."""

    reference: float
    image: float


def check_metrics(
    names: Sequence[str],
    windows: Mapping[str, Window],
    weights_dir: Path,
    model: Callable[[], Path],
    told: Callable[[str], None] = lambda _: None,
) -> tuple[dict[str, MetricSeconds], list[Mistake]]:
    """Seconds of each metric that works, by its configured name, and what is wrong with the others.

    model: makes the table of metrics that are fitted on training patients.
    """
    seconds: dict[str, MetricSeconds] = {}
    mistakes: list[Mistake] = []
    called: dict[str, str] = {}
    for number, name in enumerate(names):
        at = ("evaluation", "metrics", str(number))
        told(f"metric {name}")
        try:
            kind = metric_class(name)
            if missing(name, weights_dir):
                continue
            own = {"model": model()} if METRICS.of(name).fitted else {}
            metric = kind(weights_dir=weights_dir, **own)
            other = called.setdefault(metric.name, name)
            if other != name:
                text = f"{name} calls itself '{metric.name}', as {other} does; expected a name of its own"
                mistakes.append(Mistake(at, text))
                continue
            # Twice: the first call compiles and loads what the others find ready.
            _seconds(metric, windows)
            seconds[name] = _seconds(metric, windows)
        except UnavailableError:
            continue
        except Exception as error:  # whatever a user's class raises is that user's to know
            mistakes.append(Mistake(at, f"{name} fails on a pair of CT-like slices: {said(error)}"))
    return seconds, mistakes


def _seconds(metric: Metric, windows: Mapping[str, Window]) -> MetricSeconds:
    """Raises what the metric raises, but for NoValue."""
    side = max(SIDE, metric.smallest)
    full, low = (np.rint(image) for image in ct_pair(side, 0))
    named: dict[str, Window | None] = {HU: None, **windows}
    reference = image = 0.0
    for name in windows_of(metric, windows):
        seen = [view(hu, None, SPACING_MM, named[name]) for hu in (full, low)]
        start = time.perf_counter()
        try:
            state = prepare(metric, seen[0])
            middle = time.perf_counter()
            score(metric, state, seen[1])
        except NoValue:
            continue
        end = time.perf_counter()
        reference, image = reference + middle - start, image + end - middle
    return MetricSeconds(reference / side**2, image / side**2)
