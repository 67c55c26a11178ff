"""Tests and models of what the loss does."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import BOOL, INT, TEXT, count, criterion, interval, loss, model, note, real
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
        column("verdict", TEXT, "losses differ, or cannot tell"),
        count("patients", "patients"),
        count("losses", "losses ranked"),
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
    ]
)

CONTRASTS = pa.schema(
    [
        *model(),
        *criterion(),
        *loss(),
        column("reference", TEXT, "the loss compared with"),
        *interval("difference", "mean over patients of goodness minus that of the reference"),
        real("low_seeds", "lower end of the interval with seeds resampled as well; null with one seed"),
        real("high_seeds", "upper end of the interval with seeds resampled as well"),
        real("standardised", "difference over the SD between patients (Cohen's d_z)"),
        real("rank_biserial", "matched-pairs rank-biserial correlation, -1 to 1"),
        real("p_exact", "exact Wilcoxon signed-rank p, two-sided, on patient means"),
        real("p_least", "least p that this number of patients can give"),
        real("p_holm", "p_exact after Holm over the losses"),
        real("p_holm_all", "p_exact after Holm over losses and criteria of this network"),
        column("verdict", TEXT, "better, worse or cannot tell, by p_holm"),
        count("patients", "patients"),
        column("patients_needed", INT, "patients for 80 % power at this standardised effect", nullable=True),
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
        *interval("estimate", "fixed effect on goodness, with a Wald interval"),
        real("standard_error", "standard error"),
        real("p", "Wald p"),
        column("formula", TEXT, "the mixed model"),
        count("patients", "patients"),
        note(),
    ]
)
