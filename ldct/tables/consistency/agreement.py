"""Agreement of criteria about the losses."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import BOOL, TEXT, count, criterion, interval, loss, model, note, real, reason
from ldct.tables.schema import column

AGREEMENT = pa.schema(
    [
        *model(),
        column("windows", TEXT, "'primary' (with 'hu'), 'all', or one window"),
        column("family", TEXT, "family of metrics, or 'overall'"),
        column("home", BOOL, "whether metrics that some loss of the study optimises are kept"),
        *interval(
            "w",
            "Kendall's W of the criteria's rankings of the losses, 0 none, 1 full agreement; the interval holds every "
            "true W under which such a W is no surprise; null where trainings cannot be told from patients",
        ),
        real("w_bias", "mean of the draws minus w: resampling adds ranking noise, which lowers w"),
        real("w_seed_least", "least W of a single seed"),
        real("w_seed_most", "greatest W of a single seed"),
        real("p_permutation", "chance of such a W if each criterion ranked the losses at random"),
        real("w_if_agreed", "mean W to expect of this sample if the criteria agreed fully: what noise alone leaves"),
        real("p_agreed", "chance of a W this small if the criteria agreed fully"),
        *interval(
            "common",
            "share of the variance of standardised loss effects that the criteria have in common, noise taken out",
        ),
        *interval("mean_tau", "mean tau-b over pairs of criteria"),
        column("verdict", TEXT, "agree strongly, less than strongly, weakly, or cannot tell; by the interval of w"),
        reason(),
        count("folds", "folds"),
        count("runs", "trainings"),
        count("criteria", "criteria"),
        count("losses", "losses ranked"),
        count("patients", "patients"),
        note(),
    ]
)

VOTES = pa.schema(
    [
        *model(),
        column("question", TEXT, "'between constructs' (one vote each), or 'within a construct' (one vote a metric)"),
        column("construct", TEXT, "the construct within which metrics are compared; '' between them"),
        column("left_out", TEXT, "metric or construct left out; '' for none"),
        column("left_out_kind", TEXT, "'metric', 'construct', or ''"),
        *interval("w", "Kendall's W of the judges' rankings of the losses, as in agreement"),
        real("ceiling", "mean W to expect of this sample if the judges agreed fully: what noise alone leaves"),
        real("p_agreed", "chance of a W this small if the judges agreed fully"),
        *interval("common", "share of the variance of standardised loss effects in common, noise taken out"),
        column("verdict", TEXT, "agree strongly, less than strongly, weakly, or cannot tell; by the interval of w"),
        reason(),
        count("judges", "constructs, or metrics within the construct"),
        column("metrics", TEXT, "metrics that vote, comma separated"),
        count("losses", "losses ranked"),
        count("patients", "patients"),
        count("folds", "folds"),
        count("runs", "trainings"),
    ]
)

HOME_FIELD = pa.schema(
    [
        *model(),
        *loss(),
        column("metrics", TEXT, "metrics this loss optimises, comma separated"),
        real("place_home", "mean place by its home criteria"),
        real("place_away", "mean place by the criteria that no loss of the study optimises"),
        *interval("advantage", "place_away minus place_home: places gained at home"),
        column("verdict", TEXT, "advantage, disadvantage or cannot tell; intervals share the level over the losses"),
        reason(),
        count("folds", "folds"),
        count("runs", "trainings"),
        count("patients", "patients"),
    ]
)

TAU = pa.schema(
    [
        *model(),
        *criterion("_a"),
        *criterion("_b"),
        *interval("tau", "Kendall's tau-b between the two criteria's rankings of the losses"),
        count("losses", "losses ranked"),
        count("patients", "patients"),
    ]
)

IMAGE_LEVEL = pa.schema(
    [
        *model(),
        *criterion("_a"),
        *criterion("_b"),
        *interval("tau", "mean over patients of the mean within-slice tau-b across losses"),
        *interval("rm_corr", "repeated-measures correlation across losses, slices as subjects"),
        count("losses", "losses"),
        count("slices", "slices"),
        count("patients", "patients"),
    ]
)
