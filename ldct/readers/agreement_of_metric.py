"""How far one metric follows the readers: statistics of images, each with patients and readers left out in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ldct.readers.correlation import krocc, plcc, srocc, srocc_within
from ldct.readers.intervals import BOTH, CORRELATION, PATIENTS, SHARE, Scale, interval
from ldct.readers.jackknife import Jackknife, Replicates, Sample
from ldct.readers.krasula import PairsOfImages, analyse, pairs_of_images
from ldct.readers.logistic import FOLDS, leaving_out
from ldct.statistics.policy.readers import POLICY

CORRELATIONS = ("srocc", "krocc", "plcc", "srocc_within")
PAIRWISE = ("auc_different", "auc_better", "correct")


@dataclass(frozen=True)
class Statistic:
    """A statistic of a metric, its interval, the images (or pairs) in it, and what was left out for the interval."""

    name: str
    value: float
    low: float
    high: float
    images: int
    over: str


@dataclass(frozen=True)
class Readings:
    """Scores of images: ratings (images, readers), NaN where not rated; patient and case of each image."""

    ratings: np.ndarray
    patients: np.ndarray
    cases: np.ndarray

    @property
    def readers(self) -> int:
        return self.ratings.shape[1]

    @property
    def mean(self) -> np.ndarray:
        """Mean score of each image (images,), NaN where nobody rated it."""
        count = np.isfinite(self.ratings).sum(1)
        return np.divide(np.nansum(self.ratings, axis=1), count, out=np.full(len(count), np.nan), where=count > 0)

    def take(self, images: np.ndarray) -> Readings:
        """Those of `images` only (mask or indices)."""
        return Readings(self.ratings[images], self.patients[images], self.cases[images])


def correlations(x: np.ndarray, readings: Readings, confidence: float) -> Iterator[Statistic]:
    """SROCC, KROCC, PLCC and SROCC within cases of `x` (images,) with the mean score."""

    def values(sample: Sample) -> np.ndarray:
        mean, w = sample.mean_scores(readings.ratings)
        within = srocc_within(x, mean, readings.cases, w)
        return np.array([srocc(x, mean, w), krocc(x, mean, w), plcc(x, mean, w), within])

    jackknife = Jackknife(readings.patients, readings.readers)
    yield from _statistics(CORRELATIONS, jackknife.replicates(values), CORRELATION, confidence, jackknife, len(x))


def fitted(x: np.ndarray, readings: Readings, confidence: float, curve: int) -> Iterator[Statistic]:
    """PLCC after the logistic, which is fitted anew where patients are left out, and the outlier ratio.

    A reader left out changes the mean scores but not the curve. Outliers are those of ITU-T P.1401: outside the 95 %
    interval of the mean over these readers, so their ratio is theirs.
    """
    if len(np.unique(readings.patients)) < POLICY.patients_of_interval:
        return
    predicted = leaving_out(x, readings.mean, readings.patients, curve)

    def row(sample: Sample) -> np.ndarray:
        return np.nan_to_num(predicted[0 if sample.group is None else 1 + sample.group])

    def correlation(sample: Sample) -> float:
        mean, w = sample.mean_scores(readings.ratings)
        return plcc(row(sample), mean, w)

    jackknife = Jackknife(readings.patients, readings.readers, FOLDS)
    made = jackknife.replicates(correlation)
    yield from _statistics(("plcc_fit",), made, CORRELATION, confidence, jackknife, len(x))
    count = np.isfinite(readings.ratings).sum(1)
    some = count > 1
    if not some.any():
        return
    reach = stats.t.ppf(0.975, count[some] - 1) * np.nanstd(readings.ratings[some], axis=1, ddof=1)
    reach /= np.sqrt(count[some])

    def outliers(sample: Sample) -> float:
        w = sample.weights[some]
        out = np.abs(row(sample) - readings.mean)[some] > reach
        return float((w * out).sum() / w.sum()) if w.sum() else float("nan")

    fixed = Jackknife(readings.patients, 1, FOLDS)
    yield from _statistics(("outlier_ratio",), fixed.replicates(outliers), SHARE, confidence, fixed, len(x))


class PairTests:
    """Krasula's pairs of the images of a study, told apart by all readers and by all but one."""

    def __init__(self, readings: Readings):
        """Pairs within cases; readers are left out where enough remain to tell a pair apart."""
        self.patients = readings.patients
        self.all = pairs_of_images(readings.ratings, readings.cases)
        self.readers = readings.readers if readings.readers > POLICY.readers_of_pair_test else 1
        self.without: list[PairsOfImages] = [
            pairs_of_images(np.delete(readings.ratings, reader, axis=1), readings.cases)
            for reader in range(self.readers if self.readers > 1 else 0)
        ]

    def statistics(self, x: np.ndarray, confidence: float) -> Iterator[Statistic]:
        """AUCs and share of right order of metric `x` (images,), NaN where it has no value."""
        jackknife = Jackknife(self.patients, self.readers)

        def values(sample: Sample) -> np.ndarray:
            pairs = self.all
            if sample.readers is not None and not sample.readers.all():
                pairs = self.without[int(np.flatnonzero(~sample.readers)[0])]
            if not len(pairs):
                return np.full(len(PAIRWISE), np.nan)
            result = analyse(x, pairs, sample.weights[pairs.first])
            return np.array([result[name] for name in PAIRWISE])

        made = jackknife.replicates(values)
        yield from _statistics(PAIRWISE, made, SHARE, confidence, jackknife, len(self.all))


def _statistics(
    names: tuple[str, ...], made: Replicates, scale: Scale, confidence: float, jackknife: Jackknife, images: int
) -> Iterator[Statistic]:
    value, low, high = interval(made, scale, confidence, jackknife.patients)
    over = BOTH if jackknife.readers else PATIENTS
    for k, name in enumerate(names):
        yield Statistic(name, float(value[k]), float(low[k]), float(high[k]), images, over)
