"""The metrics of a study in its windows, and what each of their values depends on besides the images."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from ldct.errors import ConfigError
from ldct.intensity import Window
from ldct.metrics.base import Metric
from ldct.metrics.build import build
from ldct.metrics.declared import METRICS
from ldct.metrics.judge import windows_of
from ldct.pretrained import catalogue as pretrained
from ldct.study.code import packages

# Around every metric: windows, measured pixels, what the metric is handed.
JUDGE = "ldct.metrics.judge:SliceJudge"


class Suite:
    """Metrics that can be computed here, and for each of them and each of its windows a digest.

    names: of the metrics; code: a digest of each one's source. fitted: table of each metric that is fitted on training
    patients. Metrics whose weights are absent are left out.

    made_by: (metric, window) -> digest of the metric's code, window, weights, fitted table and the versions of the
    packages that its code imports. Equal digests of this and of the images mean equal values.
    """

    def __init__(
        self,
        names: Sequence[str],
        code: Sequence[str],
        windows: Mapping[str, Window],
        weights_dir: Path,
        fitted: Mapping[str, Path] | None = None,
    ):
        self.windows = windows
        self.metrics: list[Metric] = []
        self.made_by: dict[tuple[str, str], str] = {}
        for configured, source in zip(names, code, strict=True):
            for metric in build([configured], weights_dir, fitted):
                if metric.name in {other.name for other in self.metrics}:
                    raise ConfigError(f"evaluation.metrics: two metrics call themselves '{metric.name}'")
                self.metrics.append(metric)
                files = [pretrained.path_of(name, weights_dir) for name in METRICS.of(configured).weights]
                if metric.fitted:
                    files.append((fitted or {})[configured])
                libraries = packages(JUDGE, METRICS.of(configured).path)
                reads = [configured, source, libraries, [_sha256(path) for path in files]]
                for name in windows_of(metric, self.windows):
                    window = asdict(windows[name]) if name in windows else None
                    made = json.dumps([*reads, window], sort_keys=True)
                    self.made_by[metric.name, name] = hashlib.sha256(made.encode()).hexdigest()[:24]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
