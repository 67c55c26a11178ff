"""The negative control: the reference loss again with other seeds, compared as any other loss is.

Nothing differs but the seeds, so every 'better' or 'worse' here is false: it shows how often this study, with its
patients, trainings and metrics, calls something a difference where there is none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ldct.statistics.arrays import number
from ldct.statistics.dense import Dense
from ldct.statistics.evidence import Verdicts, ask
from ldct.statistics.inference.contrasts import contrasts, reference_weights
from ldct.statistics.inference.sample import Sample, paired_means
from ldct.statistics.policy import Verdict
from ldct.statistics.settings import Settings

Row = dict[str, Any]


def without(dense: Dense, loss: str) -> Dense:
    """The study as if `loss` had not been trained."""
    rest = [i for i, name in enumerate(dense.losses) if name != loss]
    return replace(
        dense,
        criteria=[replace(one, home_of=tuple(name for name in one.home_of if name != loss)) for one in dense.criteria],
        losses=[dense.losses[i] for i in rest],
        raw=dense.raw[:, :, rest],
        course_raw=dense.course_raw[:, :, rest],
        course=dense.course[:, :, rest],
        selected=dense.selected[:, rest],
        seen=dense.seen[:, rest],
        unusable=dense.unusable[:, rest],
    )


def control_rows(dense: Dense, verdicts: Verdicts) -> list[Row]:
    """CONTROL rows of one network; `dense` holds the control as one of its losses, `verdicts` knows nothing of it.

    The family is that of the contrasts with the reference, with the control as one loss more, so that a verdict costs
    here what it costs there. Empty where there is no control or the reference has no values.
    """
    panel, settings = verdicts.panel, verdicts.settings
    if settings.control is None or settings.reference_loss not in panel.compared:
        return []
    chosen = [dense.losses.index(loss) for loss in (*panel.compared, settings.control)]
    good = dense.good(dense.raw)[panel.index]
    # As in the panel of all networks: only what every network has.
    of_model = good.mean(axis=1) if panel.model == "all" else good[:, dense.models.index(panel.model)]
    means = paired_means(of_model[:, chosen], dense.patient_of, len(dense.patients))
    reference, place = panel.compared.index(settings.reference_loss), len(panel.compared) - 1
    results = contrasts(Sample(means, dense.fold_of), reference_weights(len(chosen), reference))
    question = ask(results, verdicts.margin, settings.draws, settings.rng("control", panel.model))
    low, high = results.interval(settings.confidence)
    p = results.p()
    rows = []
    for c, criterion in enumerate(panel.criteria):
        evidence = question.evidence(c, place)
        answer = settings.policy.compare(evidence)
        rows.append(
            {
                "model": panel.model,
                "metric": criterion.metric,
                "window": criterion.window,
                "control": settings.control,
                "reference": settings.reference_loss,
                "estimate": number(evidence.estimate),
                "estimate_low": number(low[c, place]),
                "estimate_high": number(high[c, place]),
                "p": number(p[c, place]) if evidence.answered else None,
                "p_adjusted": number(evidence.p) if evidence.answered else None,
                "patients": evidence.patients,
                "folds": evidence.folds,
                "runs": evidence.runs,
                "tests": evidence.tests,
                "verdict": answer.verdict,
                "reason": answer.why,
            }
        )
    return rows


def false_differences(rows: list[Row]) -> tuple[int, int]:
    """How many of CONTROL rows call a difference, and how many could: those with an answer of the engine."""
    asked = [row for row in rows if row["p_adjusted"] is not None]
    return sum(row["verdict"] in (Verdict.BETTER, Verdict.WORSE) for row in asked), len(asked)


def control_design(rows: list[Row], settings: Settings) -> list[Row]:
    """DESIGN rows: the control and the share of comparisons that call a difference where there is none."""
    if settings.control is None:
        return [{"key": "negative_control", "value": "", "about": f"none: {settings.no_control or 'not planned'}"}]
    called, asked = false_differences(rows)
    stated = [
        ("negative_control", settings.control, "the reference loss trained again with other seeds, called a loss"),
        ("control_comparisons", asked, "its comparisons with the reference that the trainings allow"),
        ("control_differences", called, "of these, called better or worse where there is no difference"),
        (
            "control_share",
            f"{called / asked:.3f}" if asked else "",
            "share of comparisons that this study calls a difference where there is none",
        ),
    ]
    return [{"key": key, "value": str(value), "about": about} for key, value, about in stated]
