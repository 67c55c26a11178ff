"""The proposed loss has metrics that it can be better by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldct.checks.mistake import Mistake
from ldct.metrics.declared import FAMILIES, METRICS

if TYPE_CHECKING:
    from ldct.stages.check import Check


def families_present(spec: Check.Spec) -> list[str]:
    """Families of the study's metrics, in order; lesions give those of task."""
    present = {METRICS.of(name).family for name in spec.judged.metrics}
    present |= {"task"} if spec.asked.lesions else set()
    return [family for family in FAMILIES if family in present]


def check_families(spec: Check.Spec) -> list[Mistake]:
    """One family of several is enough: presets name those of studies with and without lesions."""
    asked, present = spec.asked, families_present(spec)
    if asked.candidate_loss is None or set(present) & set(asked.candidate_families):
        return []
    wanted = " or ".join(asked.candidate_families) or "no family"
    hint = "; lesions.per_patient gives those of task" if "task" in asked.candidate_families else ""
    text = f"the study has no metric of {wanted}; expected one of evaluation.metrics. Its families are: "
    return [Mistake(("statistics", "candidate_families"), text + ", ".join(present) + hint)]
