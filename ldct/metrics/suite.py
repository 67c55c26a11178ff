"""The metrics of a study in its windows, and what each of their values depends on besides the images."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ldct.errors import ConfigError
from ldct.intensity import Window
from ldct.metrics.base import Metric
from ldct.metrics.build import build
from ldct.metrics.judge import windows_of
from ldct.metrics.registry import BUILTIN, REQUIRES
from ldct.pretrained import catalogue as pretrained
from ldct.registry import resolve
from ldct.study.code import packages

# Around every metric: windows, measured pixels, what the metric is handed.
JUDGE = "ldct.metrics.judge:SliceJudge"


class Suite:
    """Metrics that can be computed here, and for each of them and each of its windows a digest.

    spec: metrics (names), code (a digest of each metric's source), windows {name: {center, width}}. fitted: table of
    each metric that is fitted on training patients. Metrics whose weights are absent are left out.

    made_by: (metric, window) -> digest of the metric's code, window, weights, fitted table and the versions of the
    packages that its code imports. Equal digests of this and of the images mean equal values.
    """

    def __init__(self, spec: Mapping[str, Any], weights_dir: Path, fitted: Mapping[str, Path] | None = None):
        self.windows = {name: Window(window["center"], window["width"]) for name, window in spec["windows"].items()}
        self.metrics: list[Metric] = []
        self.made_by: dict[tuple[str, str], str] = {}
        for configured, code in zip(spec["metrics"], spec["code"], strict=True):
            for metric in build([configured], weights_dir, fitted):
                if metric.name in {other.name for other in self.metrics}:
                    raise ConfigError(f"evaluation.metrics: two metrics call themselves '{metric.name}'")
                self.metrics.append(metric)
                files = [pretrained.path_of(name, weights_dir) for name in REQUIRES.get(configured, ())]
                if metric.fitted:
                    files.append((fitted or {})[configured])
                libraries = packages(JUDGE, resolve(configured, BUILTIN, "metric"))
                reads = [configured, code, libraries, [_sha256(path) for path in files]]
                for name in windows_of(metric, self.windows):
                    made = json.dumps([*reads, spec["windows"].get(name)], sort_keys=True)
                    self.made_by[metric.name, name] = hashlib.sha256(made.encode()).hexdigest()[:24]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
