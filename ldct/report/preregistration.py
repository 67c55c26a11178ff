"""Which questions were settled before the study was run."""

from __future__ import annotations

from dataclasses import dataclass

from ldct.report.results import Results
from ldct.study.preregistration import Difference


@dataclass(frozen=True)
class Marked:
    """A question, and what keeps it from being confirmatory ('' where nothing does)."""

    question: str
    why: str

    @property
    def mark(self) -> str:
        return "exploratory" if self.why else "confirmatory"


def questions(results: Results) -> list[Marked]:
    """Every question of the report as confirmatory or exploratory; none without a registration."""
    registered = results.spec.preregistration
    if registered is None:
        return []
    reference = results.spec.statistics.reference_loss
    every = _why(registered.against())
    marked = [
        Marked(f"claim ({row['claim']}), {row['part']}: {row['statement']}", every)
        for row in results.table("hypotheses", model=results.model)
    ]
    marked.append(Marked("how far the metrics agree, and which loss is best", every))
    compared = tuple(results.losses)
    marked += [
        Marked(
            f"whether the losses differ by {results.metric(name)}",
            _why(registered.against(metric=name, losses=compared)),
        )
        for name in dict.fromkeys(row["metric"] for row in results.criteria)
    ]
    measured = dict.fromkeys(row["metric"] for row in results.criteria)
    for loss in compared:
        if loss != reference:
            by_metric = [registered.against(metric=name, losses=(loss, reference)) for name in measured]
            common = [one for one in by_metric[0] if all(one in rest for rest in by_metric)] if by_metric else []
            question = f"{results.label(loss)} against {results.label(reference)} (by metrics that were registered)"
            marked.append(Marked(question, _why(common)))
    return marked


def _why(differences: list[Difference]) -> str:
    return "; ".join(one.text for one in differences)
