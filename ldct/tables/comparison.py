"""Tables of a comparison of studies (`ldct compare`); intervals at the comparison's confidence.

`a` and `b` are the two studies of a row, by the names they were given. Goodness is the metric turned so that higher is
better.
"""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import BOOL, TEXT, count, criterion, interval, loss, note, real
from ldct.tables.schema import column


def _pair() -> list[pa.Field]:
    return [column("a", TEXT, "first study"), column("b", TEXT, "second study")]


STUDIES = pa.schema(
    [
        column("study", TEXT, "name in this comparison"),
        column("network", TEXT, "network compared, or 'all' for the mean over the study's networks"),
        count("patients", "patients compared"),
        count("losses", "losses compared"),
        count("runs", "trainings with values"),
        count("runs_expected", "trainings that the study plans"),
        column("missing", TEXT, "trainings without values; '' for none"),
        column("own_losses", TEXT, "ranked losses that another study lacks; '' for none"),
        column("own_criteria", TEXT, "metrics and windows that another study lacks; '' for none"),
    ]
)

SETTINGS = pa.schema(
    [
        column("key", TEXT, "setting in which the studies differ"),
        column("study", TEXT, "study"),
        column("value", TEXT, "its value there"),
    ]
)

LEVELS = pa.schema(
    [
        column("study", TEXT, "study"),
        *loss(),
        *criterion(),
        *interval("mean", "mean over patients, in the metric's unit"),
        *interval("gain", "goodness over the low-dose input of the same patients; patients and trainings random"),
        *interval("place", "place among the shared losses (1 is best); patients and trainings random"),
        count("patients", "patients"),
    ]
)

EFFECTS = pa.schema(
    [
        *_pair(),
        column("effect", TEXT, "'gain' over the low-dose input, or 'contrast' with the reference loss"),
        *loss(),
        *criterion(),
        *interval("difference", "effect in b minus effect in a, in goodness"),
        real("p", "two-sided p of the engine, patients and trainings random"),
        real("p_holm", "p after Holm over losses and criteria of this kind of effect"),
        column("verdict", TEXT, "larger in b, smaller in b, or cannot tell, by p_holm"),
        count("patients_a", "patients of a"),
        count("patients_b", "patients of b"),
    ]
)

RANKINGS = pa.schema(
    [
        *_pair(),
        *criterion(),
        column("primary", BOOL, "whether the window is the primary one of both studies, or it is on HU"),
        count("losses", "shared losses"),
        *interval("tau", "Kendall's tau-b between the studies' rankings of the losses"),
        real("tau_if_same", "mean tau-b to expect of these samples if the true rankings were the same"),
        real("p_same", "chance of a tau-b this small if the true rankings were the same"),
        real("p_holm", "p_same after Holm over the criteria"),
        column("verdict", TEXT, "differ (by p_holm), alike (tau surely above 0.5), or cannot tell"),
        column("best_a", TEXT, "loss with the best mean in a"),
        column("best_b", TEXT, "loss with the best mean in b"),
        column("best", TEXT, "same, differ (each surely better at home), or cannot tell"),
        column("sentence", TEXT, "the answer in one plain sentence"),
    ]
)

PAIRS = pa.schema(
    [
        *_pair(),
        *criterion(),
        column("first", TEXT, "a loss"),
        column("second", TEXT, "another loss"),
        *interval("in_a", "goodness of the first minus the second in a"),
        *interval("in_b", "the same in b"),
        column("verdict", TEXT, "reversed (opposite and sure in both), same (sure in both), or cannot tell"),
    ]
)

AGREEMENT = pa.schema(
    [
        *_pair(),
        *interval("w_a", "Kendall's W of the shared criteria that vote about the shared losses in a"),
        *interval("w_b", "the same in b"),
        real("w_if_agreed_a", "mean W to expect in a if the criteria agreed fully"),
        real("w_if_agreed_b", "mean W to expect in b if the criteria agreed fully"),
        *interval("difference", "w_b minus w_a (MOVER of the two intervals)"),
        column("verdict", TEXT, "more in b, less in b, or cannot tell"),
        count("criteria", "criteria"),
        count("losses", "losses"),
        note(),
    ]
)

CLAIMS = pa.schema(
    [
        *_pair(),
        column("claim", TEXT, "claim of the paper: a, b, c or d"),
        column("part", TEXT, "which reading of the claim is tested"),
        column("statement", TEXT, "the hypothesis"),
        *interval("effect_a", "the effect in a, on all of its own losses and metrics"),
        *interval("effect_b", "the effect in b"),
        *interval("difference", "effect_b minus effect_a (MOVER of the two intervals)"),
        column("verdict_a", TEXT, "supported, contradicted or cannot tell"),
        column("verdict_b", TEXT, "supported, contradicted or cannot tell"),
        column("conclusion", TEXT, "same, opposite, one cannot tell, or neither can tell"),
        column("sentence", TEXT, "the answer in one plain sentence"),
    ]
)

# Name of the file -> schema.
TABLES: dict[str, pa.Schema] = {
    "studies": STUDIES,
    "settings": SETTINGS,
    "levels": LEVELS,
    "rankings": RANKINGS,
    "pairs": PAIRS,
    "effects": EFFECTS,
    "agreement": AGREEMENT,
    "claims": CLAIMS,
}
