"""The claims of arXiv:2511.00698 as hypotheses, each with an effect, an interval, a verdict and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ldct.statistics.arrays import nanmean, number
from ldct.statistics.bootstrap import HierarchicalBootstrap, interval
from ldct.statistics.dense import Dense
from ldct.statistics.home import is_perceptual, is_pixelwise
from ldct.statistics.panel import Panel
from ldct.statistics.power import SIZES, fewest, verdict_power
from ldct.statistics.ranks import kendall_w, ranks
from ldct.statistics.settings import Settings

Row = dict[str, Any]
# Fewest patients whose exact signed-rank test can reach 0.05, and for which the interval covers near its level.
LEAST_PATIENTS = 6
# Strong agreement in Schmidt's scale of W (1997, Decision Sciences 28:763).
STRONG_AGREEMENT = 0.7
# Half-way between chance (0.5) and a metric that follows every step of the loss (1).
CLOSE_CONCORDANCE = 0.75
# Half of the turning points that white noise has.
ERRATIC_RATE = 1 / 3
# Fewest epochs with three inner points, below which a reversal rate says little.
LEAST_EPOCHS = 5


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One reading of a claim for one network.

    `statistic` maps patient weights (draws, patients) to the effect of each draw.
    """

    claim: str
    part: str
    statement: str
    measure: str
    threshold: float
    supported_if: str
    says: str
    denies: str
    statistic: Callable[[np.ndarray], np.ndarray] | None
    patients: int
    draws: np.ndarray | None = None
    why_not: str = ""


def hypotheses(
    panels: list[Panel],
    draws: dict[str, np.ndarray],
    dense: Dense,
    courses: dict[str, np.ndarray],
    settings: Settings,
) -> tuple[list[Row], list[Row]]:
    """HYPOTHESES and POWER rows.

    `draws` holds mean goodness (draws, C, L) by network, `courses` the trajectory measures by patient.
    """
    rows: list[Row] = []
    power_rows: list[Row] = []
    for panel in panels:
        m = dense.models.index(panel.model) if panel.model in dense.models else None
        claims = [*_of_ranking(panel, draws[panel.model], settings)]
        if m is not None:
            claims += _of_training({name: values[:, m] for name, values in courses.items()}, dense, settings)
        for claim in sorted(claims, key=lambda one: (one.claim, one.part)):
            row, power = _answer(claim, panel.model, settings)
            rows.append(row)
            question = f"{claim.claim} {claim.part}"
            power_rows += [
                {"question": question, "model": panel.model, "patients": size, "power": value}
                for size, value in power.items()
            ]
    return rows, power_rows


def _answer(claim: Claim, model: str, settings: Settings) -> tuple[Row, dict[int, float]]:
    row: Row = {
        "claim": claim.claim,
        "part": claim.part,
        "model": model,
        "statement": claim.statement,
        "measure": claim.measure,
        "threshold": claim.threshold,
        "supported_if": claim.supported_if,
        "patients": claim.patients,
        "verdict": "cannot tell",
    }
    if claim.statistic is None:
        return row | {"sentence": f"Cannot tell: {claim.why_not}."}, {}
    n = claim.patients
    rng = settings.rng("claim", claim.claim, claim.part, model)
    effect = float(claim.statistic(np.ones((1, n)))[0])
    drawn = claim.draws
    if drawn is None:
        drawn = claim.statistic(HierarchicalBootstrap(np.arange(n), settings.draws, rng).weights)
    low, high = (float(end) for end in interval(drawn, n, settings.confidence))
    power = verdict_power(claim.statistic, n, claim.threshold, settings.confidence, rng)
    needed = fewest(power)
    above = claim.supported_if == "above"
    if n >= LEAST_PATIENTS and low > claim.threshold:
        row["verdict"] = "supported" if above else "contradicted"
    elif n >= LEAST_PATIENTS and high < claim.threshold:
        row["verdict"] = "contradicted" if above else "supported"
    row |= {"effect": number(effect), "effect_low": number(low), "effect_high": number(high)}
    # With so few patients their spread is not known, and a number of patients from it would mislead.
    row["patients_needed"] = needed if n >= 3 else None
    return row | {"sentence": _sentence(claim, row, settings)}, power if n >= 3 else {}


def _sentence(claim: Claim, row: Row, settings: Settings) -> str:
    level = f"{100 * settings.confidence:g} %"
    found = f"{claim.measure} is {_show(row['effect'])}"
    found += f" ({level} interval {_show(row['effect_low'])} to {_show(row['effect_high'])}, {claim.patients} patients)"
    if row["verdict"] == "supported":
        return f"Supported: {claim.says}; {found}."
    if row["verdict"] == "contradicted":
        return f"Contradicted: {claim.denies}; {found}."
    needed = row["patients_needed"]
    if claim.patients < LEAST_PATIENTS:
        reason = f"{claim.patients} patients are too few for any verdict (at least {LEAST_PATIENTS})"
    else:
        reason = f"the interval contains {_show(claim.threshold)}"
    if needed is not None:
        enough = f"about {max(needed, LEAST_PATIENTS)} patients like these would do"
    elif claim.patients < 3:
        enough = "how many would do cannot be said from so few"
    else:
        enough = f"not even {SIZES[-1]} patients like these would do, so near is the effect to that value"
    return f"Cannot tell: {found}; {reason}; {enough}."


def _show(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted means over patients of `values` (..., P), NaN left out: (draws, ...)."""
    finite = np.isfinite(values)
    flat = np.where(finite, values, 0.0).reshape(-1, values.shape[-1])
    known = finite.reshape(flat.shape).astype(float)
    count = weights @ known.T
    mean = np.divide(weights @ flat.T, count, out=np.full(count.shape, np.nan), where=count > 0)
    return mean.reshape(len(weights), *values.shape[:-1])


def _of_ranking(panel: Panel, draws: np.ndarray, settings: Settings) -> Iterator[Claim]:
    """Claims about the ranking of the selected networks."""
    n = len(panel.patients)
    primary = [c for c, criterion in enumerate(panel.criteria) if criterion.primary]
    chosen = [c for c in primary if not panel.criteria[c].home_of]
    chosen = chosen if len(chosen) > 1 else primary

    def w_of(weights: np.ndarray) -> np.ndarray:
        return kendall_w(ranks(_weighted(panel.by_patient[chosen], weights)))

    enough = len(chosen) > 1 and len(panel.losses) > 2
    yield Claim(
        claim="a",
        part="ranking",
        statement="Metrics do not agree about which loss is better",
        measure="Kendall's W of the metrics' rankings of the losses, home metrics left out,",
        threshold=STRONG_AGREEMENT,
        supported_if="below",
        says="the metrics agree less than strongly about the losses",
        denies="the metrics agree strongly about the losses",
        statistic=w_of if enough else None,
        draws=kendall_w(ranks(draws[:, chosen])) if enough else None,
        patients=n,
        why_not="it takes at least two metrics and three losses",
    )
    yield _coherent_ranking(panel, settings)
    yield _informed_choice(panel, primary, settings)


def _coherent_ranking(panel: Panel, settings: Settings) -> Claim:
    perceptual = [i for i, loss in enumerate(panel.losses) if is_perceptual(loss, settings.terms)]
    own = {panel.losses[i] for i in perceptual}
    likeness = [
        c
        for c, criterion in enumerate(panel.criteria)
        if criterion.primary and is_perceptual_metric(criterion) and not own & set(criterion.home_of)
    ]
    fidelity = [c for c, one in enumerate(panel.criteria) if one.primary and one.family == "fidelity"]

    def gained(weights: np.ndarray) -> np.ndarray:
        place = ranks(_weighted(panel.by_patient, weights))[..., perceptual]
        return place[:, fidelity].mean((1, 2)) - place[:, likeness].mean((1, 2))

    return Claim(
        claim="b",
        part="ranking",
        statement="A deep-feature loss stands better by full-reference perceptual metrics than by pixel fidelity",
        measure="the number of places that the deep-feature losses gain, home metrics left out,",
        threshold=0.0,
        supported_if="above",
        says="deep-feature losses stand better by perceptual metrics than by fidelity",
        denies="deep-feature losses stand worse by perceptual metrics than by fidelity",
        statistic=gained if perceptual and likeness and fidelity else None,
        patients=len(panel.patients),
        why_not="it takes a deep-feature loss, a fidelity metric and a perceptual metric not at home with the loss",
    )


def _informed_choice(panel: Panel, primary: list[int], settings: Settings) -> Claim:
    n = len(panel.patients)
    known = settings.reference_loss in panel.losses
    score = choice_scores(panel.by_patient[primary], panel.losses.index(settings.reference_loss)) if known else None
    return Claim(
        claim="d",
        part="choice",
        statement="Choosing the loss by the metric of interest beats the reference loss on patients not used to choose",
        measure="the share of patients and metrics for which the chosen loss beats the reference (half for ties)",
        threshold=0.5,
        supported_if="above",
        says="a loss chosen by the metric of interest is better on new patients",
        denies="a loss chosen by the metric of interest is not better on new patients",
        statistic=(lambda weights: _weighted(score, weights)) if score is not None and primary and n > 2 else None,
        patients=n,
        why_not="it takes the reference loss and at least three patients",
    )


def choice_scores(values: np.ndarray, reference: int) -> np.ndarray:
    """How often the loss that is best in the other patients beats the reference: `values` (C, L, P) -> (P,).

    1 for better, 0.5 where the reference itself is chosen or ties, 0 for worse; mean over criteria.
    """
    n = values.shape[2]
    others = (np.nansum(values, axis=2, keepdims=True) - np.where(np.isfinite(values), values, 0.0)) / max(n - 1, 1)
    pick = others.argmax(1)[:, None, :]
    gain = np.take_along_axis(values, pick, axis=1)[:, 0] - values[:, reference]
    return nanmean(np.where(np.isfinite(gain), (np.sign(gain) + 1) / 2, np.nan), 0)


def is_perceptual_metric(criterion: Any) -> bool:
    """Full-reference metrics of structure or appearance, which the paper calls perceptual."""
    return criterion.reference and criterion.family in ("structure", "perceptual")


def _of_training(courses: dict[str, np.ndarray], dense: Dense, settings: Settings) -> Iterator[Claim]:
    """Claims about the course of training, from measures (C, L, S, P)."""
    by_seed = {name: nanmean(values, 2) for name, values in courses.items()}
    primary = [c for c, criterion in enumerate(dense.criteria) if criterion.primary]
    follow = by_seed["concordance"]
    seen = np.isfinite(follow).any((0, 1)) if primary else np.zeros(len(dense.patients), bool)
    n = int(seen.sum())
    few = f"no run has at least {LEAST_EPOCHS} evaluated epochs with a training history"
    ready = n > 0 and len(dense.epochs) >= LEAST_EPOCHS

    def over_patients(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray] | None:
        values = values[seen]
        return (lambda weights: _weighted(values, weights)) if ready and np.isfinite(values).any() else None

    yield Claim(
        claim="a",
        part="training",
        statement="During training a metric does not follow the loss that is optimised",
        measure="the share of steps between evaluated epochs in which loss and metric improve or worsen together",
        threshold=CLOSE_CONCORDANCE,
        supported_if="below",
        says="metrics follow the loss less than half-way between chance and always",
        denies="metrics follow the loss more than half-way between chance and always",
        statistic=over_patients(nanmean(follow[primary], (0, 1))),
        patients=n,
        why_not=few,
    )
    deep = [i for i, loss in enumerate(dense.losses) if is_perceptual(loss, settings.terms)]
    pixel = [i for i, loss in enumerate(dense.losses) if is_pixelwise(loss, settings.terms)]
    own = {dense.losses[i] for i in deep}
    likeness = [
        c for c in primary if is_perceptual_metric(dense.criteria[c]) and not own & set(dense.criteria[c].home_of)
    ]
    able = bool(deep and pixel and likeness)
    excess = nanmean(follow[np.ix_(likeness, deep)], (0, 1)) - nanmean(follow[np.ix_(likeness, pixel)], (0, 1))
    yield Claim(
        claim="b",
        part="training",
        statement="A deep-feature loss follows full-reference perceptual metrics more closely than pixel losses do",
        measure="the difference in the share of concordant steps (deep-feature minus pixel losses, no home metrics)",
        threshold=0.0,
        supported_if="above",
        says="the deep-feature loss follows perceptual metrics more closely",
        denies="the deep-feature loss follows perceptual metrics less closely",
        statistic=over_patients(excess) if able else None,
        patients=n,
        why_not=few
        if able
        else "it takes a deep-feature loss, a pixel loss and a perceptual metric at home with neither",
    )
    rate = nanmean(by_seed["reversal_rate"][primary], 1)[:, seen]

    def erratic_share(weights: np.ndarray) -> np.ndarray:
        mean = _weighted(rate, weights)
        return nanmean(np.where(np.isfinite(mean), (mean > ERRATIC_RATE).astype(float), np.nan), 1)

    yield Claim(
        claim="c",
        part="reversals",
        statement="Most metrics behave erratically over training",
        measure="the share of metrics that turn at more than a third of their inner points (white noise: two thirds)",
        threshold=0.5,
        supported_if="above",
        says="most metrics turn back often",
        denies="most metrics turn back seldom",
        statistic=erratic_share if ready and np.isfinite(rate).any() else None,
        patients=n,
        why_not=few,
    )
    yield Claim(
        claim="d",
        part="checkpoint",
        statement="The epoch chosen by validation loss costs more than one between-seed SD of the metrics' best",
        measure="the mean regret in between-seed SDs",
        threshold=1.0,
        supported_if="above",
        says="choosing the epoch by loss costs more than seeds differ",
        denies="choosing the epoch by loss costs less than seeds differ",
        statistic=over_patients(nanmean(by_seed["regret"][primary], (0, 1))),
        patients=n,
        why_not=f"{few}, or there is one seed only",
    )
