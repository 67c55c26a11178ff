"""Scores of readers: what the job reads."""

from __future__ import annotations

from pathlib import Path

from ldct.config.canonical import canonical
from ldct.study.plan import Plan


def has_readers(plan: Plan) -> bool:
    return plan.study.readers.key is not None


def readers_files(plan: Plan, name: str) -> list[Path]:
    """The CSV file of `name` (key, ratings or pairs); empty where it is not configured."""
    given = getattr(plan.study.readers, name)
    return [] if given is None else [plan.file("readers", name)]


def readers_spec(plan: Plan) -> str:
    readers, statistics = plan.study.readers, plan.study.statistics
    return canonical(
        {
            "scale": list(readers.scale),
            "curve": readers.curve,
            "reference_loss": statistics.reference_loss,
            "bootstrap_draws": statistics.bootstrap_draws,
            "confidence": statistics.confidence,
            "seed": statistics.seed,
        }
    )
