"""The values of one network in the form every comparison of losses needs: paired, with what is missing left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ldct.statistics.arrays import any_finite, nanmean
from ldct.statistics.bootstrap import HierarchicalBootstrap, means_over_patients
from ldct.statistics.dense import Criterion, Dense
from ldct.statistics.inference.sample import Sample, paired_means
from ldct.statistics.policy.thresholds import LEAST_RANKED_SHARE


@dataclass(frozen=True)
class Coverage:
    """Which losses and patients of a network can be compared.

    Every loss with values is compared with every other on the patients that both have. Losses are ranked on the same
    patients, so a loss that lacks many of them is not ranked: it costs itself, not the others.
    """

    model: str
    patients: np.ndarray  # (L, P) bool: the loss has a value for the patient
    ranked: np.ndarray  # (L,) bool
    kept: np.ndarray  # (P,) bool


def coverage(model: str, raw: np.ndarray, patient_of: np.ndarray, patients: int) -> Coverage:
    """Coverage of goodness `raw` (C, L, S, I)."""
    any_value = any_finite(raw, (0, 2))
    has = np.zeros((raw.shape[1], patients), bool)
    for loss, image in zip(*np.nonzero(any_value), strict=True):
        has[loss, patient_of[image]] = True
    ranked = ranked_losses(has, LEAST_RANKED_SHARE)
    if ranked.sum() < 2:
        ranked = ranked_losses(has, 0.5)
    kept = np.asarray(has[ranked].all(0)) if ranked.any() else np.zeros(patients, bool)
    return Coverage(model, has, ranked, kept)


def ranked_losses(has: np.ndarray, share: float) -> np.ndarray:
    """(L,) which losses can be ranked together, from `has` (L, P): the best covered one, and each next one that leaves
    at least `share` of its patients."""
    count = has.sum(1)
    ranked = np.zeros(len(has), bool)
    shared = np.ones(has.shape[1], bool)
    for loss in np.argsort(-count, kind="stable"):
        left = shared & has[loss]
        if left.sum() > 0 and left.sum() >= share * count.max():
            ranked[loss], shared = True, left
    return ranked


@dataclass(frozen=True)
class Panel:
    """Goodness of one network's ranked losses on the patients they share.

    An image counts for a criterion only where every ranked loss has a value of it, so that comparisons are paired.
    """

    model: str
    losses: list[str]
    criteria: list[Criterion]
    index: np.ndarray  # (C,) place of each criterion in the study's list
    patients: list[str]
    patient_of: np.ndarray  # (I,)
    whole: np.ndarray  # (I,) bool: not a slice, but the whole patient
    fold_of: np.ndarray  # (P,)
    seeds: int
    good: np.ndarray  # (C, L, S, I)
    mean: np.ndarray  # (C, L, I) mean over seeds
    low: np.ndarray  # (C, I) goodness of the low-dose input on the same images
    by_patient: np.ndarray  # (C, L, P) patient means of `mean`
    kept_patients: np.ndarray  # (P,) places in the study's list of patients
    compared: list[str]  # every loss with values, ranked or not
    sample: Sample  # patient means (C, compared losses, S, study's patients): what every verdict stands on

    def count(self, c: int) -> int:
        """Patients with values of criterion c."""
        return int(np.isfinite(self.by_patient[c]).all(0).sum())

    @property
    def ranked_sample(self) -> Sample:
        """The sample of the ranked losses on the patients that they share."""
        chosen = [self.compared.index(loss) for loss in self.losses]
        return Sample(self.sample.values[:, chosen][..., self.kept_patients], self.fold_of)

    @property
    def complete(self) -> np.ndarray:
        """(compared losses,) bool: whether a loss has all patients that any loss has."""
        has = np.isfinite(self.sample.values).any((0, 2))
        return has.sum(1) == has.any(0).sum()

    def bootstrap(self, draws: int, rng: np.random.Generator) -> HierarchicalBootstrap:
        return HierarchicalBootstrap(self.patient_of, draws, rng, self.whole)


def build_panel(model: str, dense: Dense, good: np.ndarray, low: np.ndarray, cover: Coverage) -> Panel | None:
    """The panel of goodness `good` (C, L, S, I); None where fewer than two losses or no patient can be compared."""
    ranked, kept = np.flatnonzero(cover.ranked), np.flatnonzero(cover.kept)
    images = np.flatnonzero(cover.kept[dense.patient_of])
    if len(ranked) < 2 or len(kept) == 0:
        return None
    block = good[:, ranked][..., images]
    paired = np.asarray(any_finite(block, 2).all(axis=1))
    block = np.where(paired[:, None, None, :], block, np.nan)
    of_patient = np.searchsorted(kept, dense.patient_of[images])
    mean = nanmean(block, 2)
    usable = np.flatnonzero(paired.any(axis=1))
    by_patient = means_over_patients(mean, of_patient, len(kept))
    compared = np.flatnonzero(cover.patients.any(1))
    means = paired_means(good[usable][:, compared], dense.patient_of, len(dense.patients))
    return Panel(
        model=model,
        losses=[dense.losses[i] for i in ranked],
        criteria=[dense.criteria[c] for c in usable],
        index=usable,
        patients=[dense.patients[p] for p in kept],
        patient_of=of_patient,
        whole=dense.whole[images],
        fold_of=dense.fold_of[kept],
        seeds=good.shape[2],
        good=block[usable],
        mean=mean[usable],
        low=np.where(paired, low[:, images], np.nan)[usable],
        by_patient=by_patient[usable],
        kept_patients=kept,
        compared=[dense.losses[i] for i in compared],
        sample=Sample(means, dense.fold_of),
    )


def panels(dense: Dense) -> tuple[list[Panel], list[Coverage]]:
    """A panel per network, then one of the mean over networks where there are several."""
    good = dense.good(dense.raw)
    low = dense.good(dense.anchors[:, 0])
    sources = [(model, good[:, m]) for m, model in enumerate(dense.models)]
    if len(dense.models) > 1:
        # NaN spreads: a mean over networks stands only on losses and seeds that every network has.
        sources.append(("all", good.mean(axis=1)))
    built, covers = [], []
    for model, values in sources:
        cover = coverage(model, values, dense.patient_of, len(dense.patients))
        covers.append(cover)
        panel = build_panel(model, dense, values, low, cover)
        if panel is not None:
            built.append(panel)
    return built, covers
