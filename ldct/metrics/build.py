"""Configured names to metrics that are ready to use."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from ldct.errors import UnavailableError
from ldct.metrics.base import Metric
from ldct.metrics.declared import METRICS
from ldct.pretrained import catalogue as pretrained

log = logging.getLogger("ldct")


def metric_class(name: str) -> type[Metric]:
    """The class of a built-in name or 'module:Class'; raises ConfigError."""
    return METRICS.load(name)


def missing(name: str, weights_dir: Path | None) -> list[str]:
    """What a metric lacks, each with the command that gets it; empty where it can be computed."""
    return [
        f"weights '{weight}' are absent; to get them: {pretrained.weight_file(weight).how}"
        for weight in METRICS.of(name).weights
        if not pretrained.available(weight, weights_dir)
    ]


def build(names: Sequence[str], weights_dir: Path | None, fitted: Mapping[str, Path] | None = None) -> list[Metric]:
    """The metrics that can be computed here, in order; the others are named in the log.

    fitted: name -> table of each metric that is fitted on training patients.
    """
    metrics = []
    for name in names:
        kind = metric_class(name)
        try:
            absent = missing(name, weights_dir)
            if not absent:
                own = {"model": (fitted or {})[name]} if kind.fitted else {}
                metrics.append(kind(weights_dir=weights_dir, **own))
                continue
        except UnavailableError as error:
            absent = [str(error)]
        log.warning("%s is left out: %s", name, "; ".join(absent))
    return metrics
