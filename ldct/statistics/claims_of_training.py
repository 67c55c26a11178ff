"""Claims about the course of training: patient-mean courses, with trainings as replicates and a noise ceiling."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ldct.statistics.arrays import nanmean
from ldct.statistics.ceiling import Courses
from ldct.statistics.claims import Claim
from ldct.statistics.claims_of_ranking import is_perceptual_metric
from ldct.statistics.course_summary import FollowedLoss
from ldct.statistics.dense import Dense
from ldct.statistics.evidence import ask
from ldct.statistics.home import is_perceptual, is_pixelwise
from ldct.statistics.inference.contrasts import contrasts
from ldct.statistics.inference.sample import Sample
from ldct.statistics.policy import Evidence, Reason
from ldct.statistics.policy.thresholds import ERRATIC_RATE, LEAST_EPOCHS
from ldct.statistics.settings import Settings

# Half-way between chance (0.5) and a metric that follows every step of the loss (1).
CLOSE_CONCORDANCE = 0.75


def claims_of_training(courses: Courses, dense: Dense, m: int, settings: Settings) -> Iterator[Claim]:
    """Claims a to d of network `m`."""
    asked = _Asked(courses, dense, m, settings)
    yield asked.following()
    yield asked.following_deep()
    yield asked.turning()
    yield asked.choosing()


class _Asked:
    """The claims of one network; all values by run, (C, L, S, P), the patients of a fold share what is of a run."""

    def __init__(self, courses: Courses, dense: Dense, m: int, settings: Settings):
        self.dense, self.settings = dense, settings
        self.followed = FollowedLoss(dense, courses, m, settings)
        self.regret = courses.held_out_regret[:, m]
        self.voting = [c for c, one in enumerate(dense.criteria) if one.primary and one.metric not in settings.voteless]
        # A loss says nothing of the metric that it optimises.
        self.away = np.array([[loss not in one.home_of for loss in dense.losses] for one in dense.criteria])
        self.enough = len(dense.epochs) >= LEAST_EPOCHS
        self.few = f"no run has at least {LEAST_EPOCHS} evaluated epochs with a training history"

    def following(self) -> Claim:
        """Whether metrics follow the loss, and the positive control does."""
        by_run = self._over_metrics(self.followed.concordance)
        short = self._over_metrics(self.followed.concordance - self.followed.least)
        controlled = self.enough and self.followed.control_follows()
        _, high = self._ends(short)
        least = float(nanmean((by_run - short).ravel(), 0))
        return self._claim(
            by_run,
            able=controlled,
            why_not=f"{Reason.CONTROL} (concordance {float(nanmean(self.followed.control.ravel(), 0)):.2f})",
            doubt=None if high < 0 else f"noise alone may bring a metric that follows the loss down to {least:.2f}",
            claim="a",
            statement="During training a metric does not follow the loss that is optimised",
            measure="the share of steps between evaluated epochs in which loss and metric improve or worsen together",
            threshold=CLOSE_CONCORDANCE,
            supported_if="below",
            says="metrics follow the loss less than half-way between chance and always, beyond noise",
            denies="metrics follow the loss more than half-way between chance and always",
        )

    def following_deep(self) -> Claim:
        """Whether deep-feature losses and pixel losses are followed alike."""
        dense, terms = self.dense, self.settings.terms
        deep = [i for i, loss in enumerate(dense.losses) if is_perceptual(loss, terms)]
        pixel = [i for i, loss in enumerate(dense.losses) if is_pixelwise(loss, terms)]
        likeness = [c for c in self.voting if is_perceptual_metric(dense.criteria[c]) and self.away[c, deep].all()]
        able = bool(deep and pixel and likeness)
        weights = np.zeros(len(dense.losses))
        if able:
            weights[deep], weights[pixel] = 1 / len(deep), -1 / len(pixel)
        # What noise takes from both kinds differs; only beyond that is it the losses.
        by_loss, least = (
            nanmean(values[likeness], 0) if able else np.full(values.shape[1:], np.nan)
            for values in (self.followed.concordance, self.followed.least)
        )
        low = self._ends(by_loss - least, weights)[0] if able else np.nan
        return self._claim(
            by_loss,
            weights,
            able=able,
            why_not="it takes a deep-feature loss, a pixel loss and a perceptual metric not at home",
            doubt=None if low > 0 else "noise may take as much from the pixel losses",
            claim="b",
            statement="A deep-feature loss follows full-reference perceptual metrics more closely than pixel losses do",
            measure="the difference in the share of concordant steps (deep-feature minus pixel losses, not at home)",
            threshold=0.0,
            supported_if="above",
            says="the deep-feature loss follows perceptual metrics more closely",
            denies="the deep-feature loss follows perceptual metrics less closely",
        )

    def turning(self) -> Claim:
        """Whether most metrics turn back often, beyond the turns of the loss and noise."""
        turns, excess = (
            _median(nanmean(values[self.voting], 1))
            for values in (self.followed.reversals, self.followed.reversals - self.followed.most)
        )
        low, _ = self._ends(excess)
        most = float(nanmean((turns - excess).ravel(), 0))
        return self._claim(
            turns,
            doubt=None if low > 0 else f"noise and the turns of the loss alone may make up {most:.2f}",
            claim="c",
            part="reversals",
            statement="Most metrics behave erratically over training",
            measure="the median over metrics of the share of inner points at which a course turns (white noise: 0.67)",
            threshold=ERRATIC_RATE,
            supported_if="above",
            says="most metrics turn back often, beyond noise",
            denies="most metrics turn back seldom",
        )

    def choosing(self) -> Claim:
        """Whether an epoch chosen by a metric on other folds is better."""
        return self._claim(
            nanmean(self.regret[self.voting], (0, 1)),
            claim="d",
            part="checkpoint",
            statement="Choosing the epoch by metrics on other patients beats choosing it by validation loss",
            measure="the mean gain in between-seed SDs",
            threshold=0.0,
            supported_if="above",
            says="an epoch chosen by the metric of interest is better on new patients",
            denies="an epoch chosen by the metric of interest is worse on new patients than the one chosen by loss",
            why_not="it takes two seeds and two folds",
        )

    def _over_metrics(self, values: np.ndarray) -> np.ndarray:
        """(S, P) mean over the metrics that vote and the losses that they are not at home with."""
        values = np.where(self.away[..., None, None], values, np.nan)[self.voting]
        return nanmean(values, (0, 1)) if self.voting else np.full(values.shape[2:], np.nan)

    def _ends(self, by_run: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float]:
        """Interval of the mean of `by_run` (S, P), or of a contrast of (L, S, P); NaN where there is none."""
        return self._level(by_run, weights)[:2]

    def _level(self, by_run: np.ndarray, weights: np.ndarray | None) -> tuple[float, float, float, Evidence]:
        values = by_run[None, None] if weights is None else by_run[None]
        results = contrasts(Sample(values, self.dense.fold_of), np.ones((1, 1)) if weights is None else weights[None])
        low, high = (float(end[0, 0]) for end in results.interval(self.settings.confidence))
        if not results.variance[0, 0] > 0:
            # Runs that agree to the last digit, in shares of a few steps, say nothing of the noise between them.
            low = high = np.nan
        evidence = ask(results, np.zeros(1), 0, np.random.default_rng(0)).evidence(0, 0)
        return low, high, float(results.estimate[0, 0]), evidence

    def _claim(
        self,
        by_run: np.ndarray,
        weights: np.ndarray | None = None,
        *,
        able: bool = True,
        why_not: str = "",
        part: str = "training",
        **text: object,
    ) -> Claim:
        if not able:
            # Levels instead of a contrast that cannot be formed: only the counts are read.
            by_run, weights = nanmean(by_run, 0) if by_run.ndim == 3 else by_run, None
        low, high, effect, evidence = self._level(by_run, weights)
        usable = able and self.enough and bool(np.isfinite(effect))
        return Claim(
            **text,  # type: ignore[arg-type]
            part=part,
            statistic=(lambda patients: np.full(len(patients), effect)) if usable else None,
            draws=np.zeros(0) if usable else None,
            patients=evidence.patients,
            clusters=evidence.runs,
            why_not=self.few if not self.enough or evidence.patients == 0 else why_not or self.few,
            evidence=evidence,
            ends=(low, high),
            powered=False,
        )


def _median(values: np.ndarray) -> np.ndarray:
    """Median over the first axis, NaN left out; NaN where there is nothing."""
    known = np.isfinite(values).any(0)
    out = np.full(values.shape[1:], np.nan)
    if len(values):
        out[known] = np.nanmedian(values[:, known], 0)
    return out
