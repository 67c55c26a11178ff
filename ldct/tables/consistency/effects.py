"""Tests and models of what the loss does."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import (
    BOOL,
    INT,
    TEXT,
    count,
    criterion,
    interval,
    loss,
    model,
    note,
    real,
    reason,
    tested,
)
from ldct.tables.schema import column

FRIEDMAN = pa.schema(
    [
        *model(),
        *criterion(),
        real("chi2", "Friedman statistic on patient means, corrected for ties"),
        real("p_chi2", "its p by the chi-squared approximation"),
        real("f", "Iman-Davenport statistic"),
        real("p_f", "its p by the F distribution"),
        real("p_permutation", "p by permuting losses within patients"),
        real("p_holm", "p_permutation after Holm over the criteria of this network"),
        *interval("effect", "Kendall's W over patients: 0 no effect of the loss, 1 the same ranking in every patient"),
        real("critical_difference", "Nemenyi's critical difference of mean ranks"),
        real(
            "p_adjusted",
            "least p of a loss against the mean of the others, with trainings as a random factor, after "
            "correction over losses and criteria of this network; null where trainings cannot be told from patients",
        ),
        column("loss_apart", TEXT, "the loss of that p, where the losses differ", nullable=True),
        column("verdict", TEXT, "losses differ, or cannot tell, by p_adjusted"),
        reason(),
        count("patients", "patients"),
        count("losses", "losses ranked"),
        *tested(),
    ]
)

POSTHOC = pa.schema(
    [
        *model(),
        *criterion(),
        column("loss_a", TEXT, "first loss"),
        column("loss_b", TEXT, "second loss"),
        real("mean_rank_a", "mean rank of the first over patients"),
        real("mean_rank_b", "mean rank of the second over patients"),
        real("p_nemenyi", "Nemenyi's p, family-wise over the pairs"),
        real("p_conover", "Conover's p, Holm over the pairs"),
        column("separated", BOOL, "whether the mean ranks differ by more than the critical difference"),
        *interval("difference", "goodness of the first minus the second, over patients and trainings"),
        real("p_adjusted", "p with trainings as a random factor, after correction over pairs and criteria"),
        column("verdict", TEXT, "better, worse, same within margin or cannot tell: the first against the second"),
        reason(),
        *tested(),
    ]
)

CONTRASTS = pa.schema(
    [
        *model(),
        *criterion(),
        *loss(),
        column("reference", TEXT, "the loss compared with"),
        *interval(
            "difference",
            "mean over patients of goodness minus that of the reference; patients and trainings random, null ends "
            "where trainings cannot be told from patients",
        ),
        real("low_networks", "lower end over patients alone: about these trained networks only"),
        real("high_networks", "upper end over patients alone: about these trained networks only"),
        real("low_seeds", "difference_low where it comes from several seeds; null with one"),
        real("high_seeds", "difference_high where it comes from several seeds; null with one"),
        real("standardised", "difference over the SD between patients (Cohen's d_z)"),
        real("rank_biserial", "matched-pairs rank-biserial correlation, -1 to 1"),
        real("p", "two-sided t with patients and trainings as random factors"),
        real("p_adjusted", "p after correction over losses and criteria of this network (step-down maximum)"),
        real("margin", "within what losses are called the same, in goodness"),
        real("p_same", "p of two one-sided tests that the difference is within the margin, Bonferroni over the family"),
        real("p_exact", "exact Wilcoxon signed-rank p, two-sided, on patient means, given the trained networks"),
        real("p_least", "least p that this number of patients can give"),
        real("p_holm", "p_exact after Holm over the losses"),
        real("p_holm_all", "p_exact after Holm over losses and criteria of this network"),
        column("verdict", TEXT, "better, worse, same within margin or cannot tell, by p_adjusted and p_same"),
        reason(),
        count("patients", "patients"),
        *tested(patients=False),
        column(
            "patients_needed",
            INT,
            "patients for 80 % power to tell a difference as large as the margin, with these folds and seeds; null "
            "where more patients alone do not suffice",
            nullable=True,
        ),
    ]
)

VARIANCE = pa.schema(
    [
        *model(),
        *criterion(),
        column("component", TEXT, "loss, patient, patient_loss, seed, slice or residual"),
        real("variance", "estimate in squared goodness; below 0 where the true one is near 0"),
        real("share", "share of the sum of the estimates, those below 0 taken as 0"),
        real("standard_error", "by leaving out one patient at a time"),
        count("patients", "patients"),
        note(),
    ]
)

MIXED = pa.schema(
    [
        column("model", TEXT, "network, or 'all' for a model with the loss x network interaction"),
        *criterion(),
        column("term", TEXT, "loss against the reference, or an interaction"),
        *interval("estimate", "fixed effect on goodness, with a t interval; patients and runs are random"),
        real("standard_error", "standard error"),
        real("freedom", "degrees of freedom of the t, those of a contrast of two losses"),
        real("p", "two-sided p by that t"),
        column("formula", TEXT, "the mixed model"),
        count("patients", "patients"),
        note(),
    ]
)
