"""Claims about the ranking of losses, read off the networks at their selected epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np
from scipy import stats

from ldct.statistics.arrays import nanmean
from ldct.statistics.claims import Claim, weighted_means
from ldct.statistics.dense import Criterion
from ldct.statistics.evidence import Verdicts
from ldct.statistics.home import is_perceptual
from ldct.statistics.inference.common_order import judged_ranks
from ldct.statistics.policy.thresholds import LEAST_FOLDS_AS_REPLICATES, STRONG_AGREEMENT
from ldct.statistics.ranks import kendall_w, ranks
from ldct.statistics.votes import voters


def claims_of_ranking(verdicts: Verdicts, confidence: float) -> Iterator[Claim]:
    """Claims a, b and d of one network; `confidence` is that of one claim's interval."""
    primary = sorted(c for group in voters(verdicts.panel, verdicts.settings).values() for c in group)
    yield _disagreement(verdicts, confidence)
    yield _coherence(verdicts, primary)
    yield _informed_choice(verdicts, primary, confidence)


def is_perceptual_metric(criterion: Criterion) -> bool:
    """Full-reference metrics of structure or appearance, which the paper calls perceptual."""
    return criterion.reference and criterion.family in ("structure", "perceptual")


def _disagreement(verdicts: Verdicts, confidence: float) -> Claim:
    panel = verdicts.panel
    # The W of the first page: one vote a construct.
    judges = list(voters(panel, verdicts.settings).values())
    n = len(panel.patients)

    def w_of(weights: np.ndarray) -> np.ndarray:
        return kendall_w(judged_ranks(ranks(weighted_means(panel.by_patient, weights)), judges))

    doubt = ends = None
    enough = len(judges) > 1 and len(panel.losses) > 2
    if enough:
        found = verdicts.agreement(judges, confidence)
        ends = (found.w.low, found.w.high)
        if not found.p_agreed <= 1 - confidence:
            doubt = (
                "the losses differ so little against the noise of patients and trainings that metrics of one mind "
                f"would show a W of {found.ceiling:.2f} (p = {found.p_agreed:.3f})"
            )
    drawn = kendall_w(judged_ranks(ranks(verdicts.draws), judges)) if enough else None
    return Claim(
        claim="a",
        part="ranking",
        statement="Metrics do not agree about which loss is better",
        measure="Kendall's W of the rankings of the losses, one vote a construct of metrics",
        threshold=STRONG_AGREEMENT,
        supported_if="below",
        says="the metrics agree less than strongly about the losses",
        denies="the metrics agree strongly about the losses",
        statistic=w_of if enough else None,
        draws=drawn,
        run_sd=_run_sd(drawn, w_of, verdicts) if drawn is not None else 0.0,
        patients=n,
        clusters=verdicts.clusters,
        why_not="it takes metrics of at least two constructs and three losses",
        doubt=doubt,
        evidence=verdicts.standing,
        ends=ends,
    )


def _coherence(verdicts: Verdicts, primary: list[int]) -> Claim:
    panel, settings = verdicts.panel, verdicts.settings
    deep = [i for i, loss in enumerate(panel.losses) if is_perceptual(loss, settings.terms)]
    own = {panel.losses[i] for i in deep}
    away = [c for c in primary if not own & set(panel.criteria[c].home_of)]
    likeness = [c for c in away if is_perceptual_metric(panel.criteria[c])]
    fidelity = [c for c in primary if panel.criteria[c].family == "fidelity"]

    def gained(weights: np.ndarray) -> np.ndarray:
        return places(weighted_means(panel.by_patient, weights))

    def places(level: np.ndarray) -> np.ndarray:
        place = ranks(level)[..., deep]
        return place[:, fidelity].mean((1, 2)) - place[:, likeness].mean((1, 2))

    able = bool(deep and likeness and fidelity)
    drawn = places(verdicts.draws) if able else None
    return Claim(
        claim="b",
        part="ranking",
        statement="A deep-feature loss stands better by full-reference perceptual metrics than by pixel fidelity",
        measure="the number of places that deep-feature losses gain (metrics that they optimise left out)",
        threshold=0.0,
        supported_if="above",
        says="deep-feature losses stand better by perceptual metrics than by fidelity",
        denies="deep-feature losses stand worse by perceptual metrics than by fidelity",
        statistic=gained if able else None,
        draws=drawn,
        run_sd=_run_sd(drawn, gained, verdicts) if drawn is not None else 0.0,
        patients=len(panel.patients),
        clusters=verdicts.clusters,
        evidence=verdicts.standing,
        why_not="it takes a deep-feature loss, a fidelity metric and a perceptual metric not at home with the loss",
    )


def _informed_choice(verdicts: Verdicts, primary: list[int], confidence: float) -> Claim:
    panel, settings = verdicts.panel, verdicts.settings
    n, folds = len(panel.patients), np.unique(panel.fold_of)
    constructs = {panel.criteria[c].construct for c in primary}
    able = settings.reference_loss in panel.losses and len(constructs) > 1 and len(folds) >= LEAST_FOLDS_AS_REPLICATES
    score, ends, spread = np.full(n, np.nan), None, 0.0
    if able:
        reference, sample = panel.losses.index(settings.reference_loss), panel.ranked_sample.of(primary)
        judges = other_constructs([panel.criteria[c] for c in primary])
        score = choice_scores(sample.values, reference, panel.fold_of, judges)
        means = np.array([nanmean(score[panel.fold_of == fold], 0) for fold in folds])
        spread = float(means.std(ddof=1) / np.sqrt(len(folds)))
        reach = float(stats.t.ppf((1 + confidence) / 2, len(folds) - 1)) * spread
        ends = (float(nanmean(score, 0)) - reach, float(nanmean(score, 0)) + reach)

    def share(weights: np.ndarray) -> np.ndarray:
        return weighted_means(score, weights)

    return Claim(
        claim="d",
        part="choice",
        statement="Choosing the loss by the metric of interest beats the reference loss for new patients and trainings",
        measure="the share of patients and of metrics of other constructs by which the chosen loss beats the reference",
        threshold=0.5,
        supported_if="above",
        says="a loss chosen by one metric is better by others for new patients and trainings",
        denies="a loss chosen by one metric is worse by others for new patients and trainings",
        statistic=share if able else None,
        draws=np.zeros(0) if able else None,
        patients=n,
        clusters=len(folds),
        why_not=f"it takes the reference loss, two constructs and at least {LEAST_FOLDS_AS_REPLICATES} folds",
        run_sd=spread,
        evidence=verdicts.standing,
        ends=ends,
    )


def choice_scores(
    values: np.ndarray, reference: int, fold_of: np.ndarray, judges: np.ndarray | None = None
) -> np.ndarray:
    """How often the loss that is best in other folds and seeds beats the reference: (P,) from `values` (C, L, S, P).

    Each criterion chooses on whole other folds, and with two seeds or more on other seeds; the left-out fold and seed
    is judged by the criteria that `judges` (C, C) marks in its row, by itself where it is not given. Other folds have
    other patients and other trainings, so what is chosen there owes nothing to the luck that it is judged by: for equal
    losses the mean is 1/2. 1 for better, 0.5 where the reference itself is chosen or ties, 0 for worse; mean over
    choosers, judges and seeds, NaN where none can be asked.
    """
    criteria, _, seeds, patients = values.shape
    judges = np.eye(criteria, dtype=bool) if judges is None else judges
    scores = np.full((seeds, patients), np.nan)
    for fold, seed in product(np.unique(fold_of), range(seeds)):
        inside, others = fold_of == fold, [s for s in range(seeds) if s != seed] or [seed]
        level = nanmean(values[:, :, others][..., ~inside], (2, 3))
        able = np.asarray(np.isfinite(level).any(1))
        pick = np.where(np.isfinite(level), level, -np.inf).argmax(1)
        gain = values[:, pick, seed][..., inside] - values[:, reference, seed, inside][:, None]
        won = np.where(np.isfinite(gain), (np.sign(gain) + 1) / 2, np.nan)  # (judge, chooser, P)
        won[~(judges & able[:, None]).T] = np.nan
        scores[seed, inside] = nanmean(won, (0, 1))
    return nanmean(scores, 0)


def other_constructs(criteria: Sequence[Criterion]) -> np.ndarray:
    """(C, C) bool: criteria of another construct, which share neither the quantity nor its noise with the first."""
    names = np.array([one.construct for one in criteria])
    return names[:, None] != names[None, :]


def _run_sd(drawn: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray], verdicts: Verdicts) -> float:
    """Spread of an effect that trainings add to that of patients: draws hold both, resampled patients only these."""
    n = len(verdicts.panel.patients)
    rng = verdicts.settings.rng("claims", verdicts.panel.model)
    alone = statistic(rng.multinomial(n, np.full(n, 1 / n), size=min(verdicts.settings.draws, 500)).astype(float))
    return float(np.sqrt(max(np.nanvar(drawn) - np.nanvar(alone), 0.0)))
