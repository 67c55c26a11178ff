"""results/consistency/*.parquet: how far losses and metrics agree, with intervals.

Intervals are at the configured confidence and come from resampling patients (then slices within a patient), given the
trained networks, unless a column says otherwise; those of trajectories resample runs as well. A *criterion* is a
(metric, window) pair. *Goodness* is the metric turned so that higher is better. `model` is a network of the study, or
'all' for the mean over networks where there are several.
"""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import column

_TEXT, _REAL, _INT, _BOOL = pa.string(), pa.float64(), pa.int32(), pa.bool_()


def _model() -> list[pa.Field]:
    return [column("model", _TEXT, "network, or 'all'")]


def _loss() -> list[pa.Field]:
    return [column("loss", _TEXT, "training loss")]


def _criterion(suffix: str = "") -> list[pa.Field]:
    return [
        column(f"metric{suffix}", _TEXT, "name in the catalogue"),
        column(f"window{suffix}", _TEXT, "HU window, or 'hu'"),
    ]


def _interval(name: str, about: str) -> list[pa.Field]:
    """A value with its interval: name, name_low, name_high."""
    return [
        column(name, _REAL, about, nullable=True),
        column(f"{name}_low", _REAL, f"lower end of the interval of {name}", nullable=True),
        column(f"{name}_high", _REAL, f"upper end of the interval of {name}", nullable=True),
    ]


def _real(name: str, about: str) -> pa.Field:
    return column(name, _REAL, about, nullable=True)


def _count(name: str, about: str) -> pa.Field:
    return column(name, _INT, about)


def _note(about: str = "what a reader should know") -> pa.Field:
    return column("note", _TEXT, about, nullable=True)


DESIGN = pa.schema(
    [
        column("key", _TEXT, "what is stated"),
        column("value", _TEXT, "its value"),
        column("about", _TEXT, "what it means"),
    ]
)

CRITERIA = pa.schema(
    [
        *_criterion(),
        column("label", _TEXT, "name as a reader writes it"),
        column("family", _TEXT, "fidelity, structure, perceptual, no_reference or physics"),
        column("direction", _TEXT, "which values are better: higher, lower, zero or one"),
        column("unit", _TEXT, "unit of the metric's value, '' for none"),
        column("reference", _BOOL, "whether it compares with the full-dose image"),
        column("primary", _BOOL, "whether its window is the primary one, or it is on HU"),
        column("home_of", _TEXT, "losses that optimise this metric, comma separated; '' for none"),
        _count("patients", "patients with a value for every ranked loss of at least one network"),
        column("values", pa.int64(), "usable values of the selected checkpoints"),
        column("unusable", pa.int64(), "values absent, not finite, or outside the orientation's domain"),
        column("used", _BOOL, "whether it enters the analysis"),
        _note(),
    ]
)

RUNS = pa.schema(
    [
        *_model(),
        *_loss(),
        column("fold", _INT, "fold in which its patients are tested"),
        column("seed", _INT, "training seed"),
        column("status", _TEXT, "present, missing (no metrics), failed (no usable value)"),
        _count("epochs", "epochs in its history; 0 where there is none"),
        _count("patients", "test patients with values of the selected checkpoint"),
        _count("slices", "test slices with values of the selected checkpoint"),
        _count("checkpoints", "epochs with values"),
        column("selected_epoch", _INT, "epoch chosen by the checkpoint rule", nullable=True),
        _note(),
    ]
)

COVERAGE = pa.schema(
    [
        *_model(),
        *_loss(),
        _count("runs_expected", "folds x seeds of the study"),
        _count("runs_present", "runs with values"),
        _count("patients", "patients with values"),
        column("ranked", _BOOL, "whether the loss enters rankings and tests of this network"),
        _count("patients_ranked", "patients for which every ranked loss of this network has values"),
        _note("why it is left out, or which runs are absent"),
    ]
)

PATIENT_VALUES = pa.schema(
    [
        *_model(),
        column("loss", _TEXT, "training loss, 'low_dose' or 'full_dose'"),
        *_criterion(),
        column("patient", _TEXT, "pseudonym used throughout the study"),
        _real("mean", "mean of the metric's value over slices and seeds, in its unit"),
        _real("goodness", "the same of goodness"),
        _real("rank", "rank among the ranked losses of this patient (1 is best); null for anchors"),
        _count("slices", "slices behind the mean"),
        _count("seeds", "seeds behind the mean"),
    ]
)

LOSS_VALUES = pa.schema(
    [
        *_model(),
        column("loss", _TEXT, "training loss, 'low_dose' or 'full_dose'"),
        column("anchor", _BOOL, "whether it is an anchor, not a loss"),
        *_criterion(),
        *_interval("mean", "mean over patients of patient means, in the metric's unit; given seeds"),
        _real("low_seeds", "lower end of the interval with seeds resampled as well"),
        _real("high_seeds", "upper end of the interval with seeds resampled as well"),
        _real("patient_sd", "SD between patient means"),
        _real("seed_sd", "SD between seeds of the mean over patients"),
        _real("goodness", "mean goodness"),
        *_interval("gain", "mean goodness minus that of the low-dose input, on the same patients"),
        column("against_low_dose", _TEXT, "better, worse or cannot tell; 'itself' for the low-dose anchor"),
        _count("patients", "patients"),
        _count("slices", "slices of these patients"),
        _count("seeds", "seeds"),
    ]
)

RANKS = pa.schema(
    [
        *_model(),
        *_loss(),
        *_criterion(),
        *_interval("place", "rank of the mean over patients (1 is best)"),
        *_interval("mean_rank", "mean over patients of the rank within a patient (1 is best)"),
        column("best", _REAL, "share of draws in which the loss is best (ties shared)", nullable=True),
        _count("patients", "patients"),
        _count("losses", "losses ranked"),
    ]
)

RANK_STABILITY = pa.schema(
    [
        *_model(),
        *_loss(),
        *_criterion(),
        column("place", _INT, "rank of the mean over patients (1 is best), ties at the better place"),
        column("probability", _REAL, "share of draws"),
    ]
)

BEST_LOSS = pa.schema(
    [
        *_model(),
        *_criterion(),
        column("loss", _TEXT, "loss with the best mean over patients"),
        column("probability", _REAL, "share of draws in which it is best"),
        column("second", _TEXT, "loss with the second best mean"),
        *_interval("margin", "goodness of the best minus the second, on the same patients"),
        column("candidates", _TEXT, "fewest losses that together were best in the configured share of draws"),
        column("sure", _TEXT, "sure, likely (at least 80 % of draws) or cannot tell"),
        _count("patients", "patients"),
    ]
)

AGREEMENT = pa.schema(
    [
        *_model(),
        column("windows", _TEXT, "'primary' (with 'hu'), 'all', or one window"),
        column("family", _TEXT, "family of metrics, or 'overall'"),
        column("home", _BOOL, "whether metrics that some loss of the study optimises are kept"),
        *_interval("w", "Kendall's W of the criteria's rankings of the losses, given seeds; 0 none, 1 full agreement"),
        _real("w_bias", "mean of the draws minus w: resampling adds ranking noise, which lowers w"),
        _real("w_seed_least", "least W of a single seed"),
        _real("w_seed_most", "greatest W of a single seed"),
        _real("p_permutation", "chance of such a W if each criterion ranked the losses at random"),
        _real("w_if_agreed", "mean W to expect of this sample if the criteria agreed fully: what noise alone leaves"),
        _real("p_agreed", "chance of a W this small if the criteria agreed fully"),
        *_interval("mean_tau", "mean tau-b over pairs of criteria"),
        _count("criteria", "criteria"),
        _count("losses", "losses ranked"),
        _count("patients", "patients"),
        _note(),
    ]
)

HOME_FIELD = pa.schema(
    [
        *_model(),
        *_loss(),
        column("metrics", _TEXT, "metrics this loss optimises, comma separated"),
        _real("place_home", "mean place by its home criteria"),
        _real("place_away", "mean place by the criteria that no loss of the study optimises"),
        *_interval("advantage", "place_away minus place_home: places gained at home"),
        column("verdict", _TEXT, "advantage, disadvantage or cannot tell"),
        _count("patients", "patients"),
    ]
)

TAU = pa.schema(
    [
        *_model(),
        *_criterion("_a"),
        *_criterion("_b"),
        *_interval("tau", "Kendall's tau-b between the two criteria's rankings of the losses"),
        _count("losses", "losses ranked"),
        _count("patients", "patients"),
    ]
)

FRIEDMAN = pa.schema(
    [
        *_model(),
        *_criterion(),
        _real("chi2", "Friedman statistic on patient means, corrected for ties"),
        _real("p_chi2", "its p by the chi-squared approximation"),
        _real("f", "Iman-Davenport statistic"),
        _real("p_f", "its p by the F distribution"),
        _real("p_permutation", "p by permuting losses within patients"),
        _real("p_holm", "p_permutation after Holm over the criteria of this network"),
        *_interval("effect", "Kendall's W over patients: 0 no effect of the loss, 1 the same ranking in every patient"),
        _real("critical_difference", "Nemenyi's critical difference of mean ranks"),
        column("verdict", _TEXT, "losses differ, or cannot tell"),
        _count("patients", "patients"),
        _count("losses", "losses ranked"),
    ]
)

POSTHOC = pa.schema(
    [
        *_model(),
        *_criterion(),
        column("loss_a", _TEXT, "first loss"),
        column("loss_b", _TEXT, "second loss"),
        _real("mean_rank_a", "mean rank of the first over patients"),
        _real("mean_rank_b", "mean rank of the second over patients"),
        _real("p_nemenyi", "Nemenyi's p, family-wise over the pairs"),
        _real("p_conover", "Conover's p, Holm over the pairs"),
        column("separated", _BOOL, "whether the mean ranks differ by more than the critical difference"),
    ]
)

CONTRASTS = pa.schema(
    [
        *_model(),
        *_criterion(),
        *_loss(),
        column("reference", _TEXT, "the loss compared with"),
        *_interval("difference", "mean over patients of goodness minus that of the reference"),
        _real("low_seeds", "lower end of the interval with seeds resampled as well; null with one seed"),
        _real("high_seeds", "upper end of the interval with seeds resampled as well"),
        _real("standardised", "difference over the SD between patients (Cohen's d_z)"),
        _real("rank_biserial", "matched-pairs rank-biserial correlation, -1 to 1"),
        _real("p_exact", "exact Wilcoxon signed-rank p, two-sided, on patient means"),
        _real("p_least", "least p that this number of patients can give"),
        _real("p_holm", "p_exact after Holm over the losses"),
        _real("p_holm_all", "p_exact after Holm over losses and criteria of this network"),
        column("verdict", _TEXT, "better, worse or cannot tell, by p_holm"),
        _count("patients", "patients"),
        column("patients_needed", _INT, "patients for 80 % power at this standardised effect", nullable=True),
    ]
)

TRAJECTORY_POINTS = pa.schema(
    [
        *_model(),
        *_loss(),
        column("fold", _INT, "fold"),
        column("seed", _INT, "training seed"),
        *_criterion(),
        column("epoch", _INT, "epochs finished"),
        _real("validation_loss", "the run's own loss on its validation patients"),
        _real("mean", "mean of the metric's value over test patients, in its unit"),
        _real("goodness", "the same of goodness"),
        column("selected", _BOOL, "whether the checkpoint rule chose this epoch"),
    ]
)

_TRAJECTORY = [
    ("spearman", "Spearman's rho of goodness with minus the validation loss"),
    ("kendall", "tau-b of goodness with minus the validation loss"),
    ("concordance", "share of steps in which both move the same way; 0.5 by chance"),
    ("mann_kendall", "tau-b of goodness with the epoch: 1 always improves, -1 always worsens"),
    ("reversal_rate", "share of turning points among inner points; 2/3 for white noise, 0 for a monotone course"),
    ("roughness", "total variation over range: 1 for a monotone course"),
    ("regret", "best goodness over the epochs minus that at the selected epoch, in between-seed SDs"),
]

TRAJECTORIES = pa.schema(
    [
        *_model(),
        *_loss(),
        column("fold", _INT, "fold"),
        column("seed", _INT, "training seed"),
        *_criterion(),
        _count("points", "epochs with both a validation loss and a value"),
        *[_real(name, about) for name, about in _TRAJECTORY],
        _real("regret_raw", "regret in goodness"),
        _real("p_shift", "p of kendall by circular shifts; null where there are too few points"),
        column("selected_epoch", _INT, "epoch chosen by the checkpoint rule", nullable=True),
        column("best_epoch", _INT, "epoch with the best goodness", nullable=True),
        _note(),
    ]
)

TRAJECTORY_SUMMARY = pa.schema(
    [
        *_model(),
        column("loss", _TEXT, "training loss, or 'all'"),
        *_criterion(),
        *[part for name, about in _TRAJECTORY for part in _interval(name, f"mean over patients and runs: {about}")],
        *_interval("held_out_regret", "as regret, but the best epoch is that of the other folds: free of luck"),
        _count("points", "fewest epochs of a run"),
        _count("runs", "runs"),
        _count("patients", "patients"),
        column("verdict", _TEXT, "follows the loss, opposes it, or cannot tell (concordance against 0.5)"),
        _note(),
    ]
)

IMAGE_LEVEL = pa.schema(
    [
        *_model(),
        *_criterion("_a"),
        *_criterion("_b"),
        *_interval("tau", "mean over patients of the mean within-slice tau-b across losses"),
        *_interval("rm_corr", "repeated-measures correlation across losses, slices as subjects"),
        _count("losses", "losses"),
        _count("slices", "slices"),
        _count("patients", "patients"),
    ]
)

VARIANCE = pa.schema(
    [
        *_model(),
        *_criterion(),
        column("component", _TEXT, "loss, patient, patient_loss, seed, slice or residual"),
        _real("variance", "estimate in squared goodness; below 0 where the true one is near 0"),
        _real("share", "share of the sum of the estimates, those below 0 taken as 0"),
        _real("standard_error", "by leaving out one patient at a time"),
        _count("patients", "patients"),
        _note(),
    ]
)

MIXED = pa.schema(
    [
        column("model", _TEXT, "network, or 'all' for a model with the loss x network interaction"),
        *_criterion(),
        column("term", _TEXT, "loss against the reference, or an interaction"),
        *_interval("estimate", "fixed effect on goodness, with a Wald interval"),
        _real("standard_error", "standard error"),
        _real("p", "Wald p"),
        column("formula", _TEXT, "the mixed model"),
        _count("patients", "patients"),
        _note(),
    ]
)

HYPOTHESES = pa.schema(
    [
        column("claim", _TEXT, "claim of the paper: a, b, c or d"),
        column("part", _TEXT, "which reading of the claim is tested"),
        *_model(),
        column("statement", _TEXT, "the hypothesis"),
        column("measure", _TEXT, "what the effect is"),
        *_interval("effect", "the effect"),
        _real("threshold", "value that separates support from contradiction"),
        column("supported_if", _TEXT, "'above' or 'below' the threshold"),
        column("verdict", _TEXT, "supported, contradicted or cannot tell"),
        _count("patients", "patients"),
        column("patients_needed", _INT, "patients for 80 % power at this effect, by simulation", nullable=True),
        column("sentence", _TEXT, "the answer in one plain sentence"),
    ]
)

POWER = pa.schema(
    [
        column("question", _TEXT, "claim and part, e.g. 'a ranking'"),
        *_model(),
        column("patients", _INT, "patients of an imagined study"),
        column("power", _REAL, "share of simulated studies that reach a verdict"),
    ]
)

# File stem under results/consistency/ -> schema. Every analysis writes every one of them, if empty.
TABLES: dict[str, pa.Schema] = {
    "design": DESIGN,
    "criteria": CRITERIA,
    "runs": RUNS,
    "coverage": COVERAGE,
    "patient_values": PATIENT_VALUES,
    "loss_values": LOSS_VALUES,
    "ranks": RANKS,
    "rank_stability": RANK_STABILITY,
    "best_loss": BEST_LOSS,
    "agreement": AGREEMENT,
    "home_field": HOME_FIELD,
    "tau": TAU,
    "friedman": FRIEDMAN,
    "posthoc": POSTHOC,
    "contrasts": CONTRASTS,
    "trajectory_points": TRAJECTORY_POINTS,
    "trajectories": TRAJECTORIES,
    "trajectory_summary": TRAJECTORY_SUMMARY,
    "image_level": IMAGE_LEVEL,
    "variance": VARIANCE,
    "mixed": MIXED,
    "hypotheses": HYPOTHESES,
    "power": POWER,
}
