"""Patients and readers left out in turn: standard errors of any statistic with both random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# More patients than this are left out in groups, so that the time stays bounded.
GROUPS = 100


@dataclass(frozen=True)
class Sample:
    """One of the samples: weights of images (0 where left out), readers in it (None where fixed), patients left out."""

    weights: np.ndarray
    readers: np.ndarray | None
    group: int | None

    def mean_scores(self, ratings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean of `ratings` (images, readers), NaN left out, over these readers, and weights, 0 where none rated."""
        used = ratings if self.readers is None else ratings[:, self.readers]
        count = np.isfinite(used).sum(1)
        mean = np.divide(np.nansum(used, axis=1), count, out=np.zeros(len(used)), where=count > 0)
        return mean, np.where(count > 0, self.weights, 0.0)


@dataclass(frozen=True)
class Replicates:
    """A statistic of the whole sample and without each patient, each reader, and each pair of both.

    whole (K,), patients (P, K), readers (R, K) and both (P, R, K); the last two are None where readers are fixed.
    """

    whole: np.ndarray
    patients: np.ndarray
    readers: np.ndarray | None
    both: np.ndarray | None

    def of(self, change: Callable[[np.ndarray], np.ndarray]) -> Replicates:
        """The replicates of `change(statistic)`, such as a transform or differences along the last axis."""
        readers = None if self.readers is None else change(self.readers)
        both = None if self.both is None else change(self.both)
        return Replicates(change(self.whole), change(self.patients), readers, both)

    def error(self, pooled: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Standard error (K,) and degrees of freedom (K,) by `crossed_error`; NaN with fewer than two patients.

        pooled: few readers tell the share of each single statistic badly, and among many some look sure by chance. So
        each variance is at least its patients' times the ratio of all to patients' over the K, and the degrees of
        freedom are at most those of the sums.
        """
        patients, n = _variance(self.patients)
        if self.readers is None or self.both is None:
            return np.sqrt(patients), np.where(np.isfinite(patients), n - 1.0, np.nan)
        readers, k = _variance(self.readers)
        # A reader without whom the statistic does not exist cannot be left out.
        lone = ~np.isfinite(readers)
        readers, product = np.where(lone, 0.0, readers), np.where(lone, 0.0, _interaction(self.both))
        k = np.maximum(k, 2)
        variance, degrees = crossed_error(patients, readers, product, n, k)
        degrees = np.where(lone, n - 1.0, degrees)
        total = np.nansum(patients)
        if pooled and total > 0:
            shared, most = crossed_error(total, np.nansum(readers), np.nansum(product), int(n.max()), int(k.max()))
            variance, degrees = np.maximum(variance, patients * shared / total), np.minimum(degrees, most)
        return np.sqrt(variance), degrees


def crossed_error(
    patients: np.ndarray | float,
    readers: np.ndarray | float,
    product: np.ndarray | float,
    n: np.ndarray | int,
    k: np.ndarray | int,
) -> tuple[np.ndarray, np.ndarray]:
    """Variance and degrees of freedom of a mean over `n` patients and `k` readers, both random and crossed.

    P, R and PR are the variances of the mean estimated from patients, readers and their product (mean squares over
    n k). Variance: max(P + R - PR, P, R) (Obuchowski & Rockette 1995, Commun. Stat. 24:285). Degrees of freedom:
    Hillis' (2007, Stat. Med. 26:596) with a term for few patients, kept between the smaller of those of both factors
    and their sum.
    """
    total = np.maximum(patients + readers - product, np.maximum(patients, readers))
    with np.errstate(divide="ignore", invalid="ignore"):
        below = readers**2 / (np.asarray(k) - 1) + (total - readers) ** 2 / (np.asarray(n) - 1)
        degrees = np.where(below > 0, total**2 / below, np.inf)
    return np.asarray(total), np.clip(degrees, np.minimum(n, k) - 1, np.asarray(n) + k - 2)


class Jackknife:
    """The samples that lack a patient, a reader, or one of each."""

    def __init__(self, patients: np.ndarray, readers: int = 1, groups: int = GROUPS):
        """patients (images,): the patient of each image; readers: how many are random, 1 for none.

        With more than `groups` patients, groups of them are left out together.
        """
        names, number = np.unique(patients, return_inverse=True)
        self.patients = len(names)
        self.group_of = number % min(groups, max(self.patients, 1))
        self.groups = min(groups, self.patients)
        self.readers = readers if readers > 1 else 0

    def replicates(self, statistic: Callable[[Sample], np.ndarray | float]) -> Replicates:
        """`statistic` (K,), or a number, of every sample."""
        everyone = np.ones(self.readers, bool) if self.readers else None

        def at(group: int | None, reader: int | None) -> np.ndarray:
            weights = np.ones(len(self.group_of)) if group is None else (self.group_of != group).astype(float)
            present = everyone if reader is None else np.arange(self.readers) != reader
            return np.atleast_1d(np.asarray(statistic(Sample(weights, present, group)), float))

        whole = at(None, None)
        if self.patients < 2:
            return Replicates(whole, np.full((1, len(whole)), np.nan), None, None)
        patients = np.array([at(g, None) for g in range(self.groups)])
        if not self.readers:
            return Replicates(whole, patients, None, None)
        readers = np.array([at(None, r) for r in range(self.readers)])
        both = np.array([[at(g, r) for r in range(self.readers)] for g in range(self.groups)])
        return Replicates(whole, patients, readers, both)


def _variance(replicates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Jackknife variance along the first axis and the number of finite replicates."""
    finite = np.isfinite(replicates)
    n = finite.sum(0)
    filled = np.where(finite, replicates, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = filled.sum(0) / n
        spread = (np.where(finite, filled - mean, 0.0) ** 2).sum(0)
        return np.where(n > 1, spread * (n - 1) / n, np.nan), n


def _interaction(both: np.ndarray) -> np.ndarray:
    """Variance of the mean that the product of patients and readers leaves; 0 where replicates are missing."""
    p, k = both.shape[:2]
    rest = both - both.mean(0, keepdims=True) - both.mean(1, keepdims=True) + both.mean((0, 1), keepdims=True)
    value = (rest**2).sum((0, 1)) * (p - 1) * (k - 1) / (p * k)
    return np.where(np.isfinite(value), value, 0.0)
