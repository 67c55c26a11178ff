"""How well metrics agree with readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ldct.readers.bootstrap import PatientBootstrap, two_sided_p
from ldct.readers.correlation import krocc, meng_p, plcc, srocc, srocc_within
from ldct.readers.krasula import analyse, pairs_of_images
from ldct.readers.logistic import out_of_fold
from ldct.statistics.wilcoxon import holm


def metric_rows(
    values: pd.DataFrame, scores: pd.DataFrame, draws: int, confidence: float, seed: int, curve: int = 4
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """METRICS and DIFFERENCES rows.

    values (images, criteria): each metric and window, a column named (metric, window), oriented so that more is better.
    scores: a row for each of these images with 'patient', 'case' and a column for each reader in 'readers', NaN where
    not rated. curve: parameters of the logistic. Images without a value are left out of that criterion; differences
    use images that have all.
    """
    ratings = np.asarray(scores["readers"], float)
    mean = np.nanmean(ratings, axis=1)
    patients, cases = scores["patient", ""].to_numpy(), scores["case", ""].to_numpy()
    pairs = pairs_of_images(ratings, cases) if ratings.shape[1] > 1 else None
    rows: list[dict[str, Any]] = []
    for criterion in values.columns:
        x = values[criterion].to_numpy(float)
        here = np.isfinite(x) & np.isfinite(mean)
        if here.sum() < 4:
            continue
        found = _statistics(x[here], mean[here], ratings[here], patients[here], cases[here], curve)
        boot = PatientBootstrap(patients[here], draws, np.random.default_rng(seed))
        for name, statistic in found.items():
            low, high = boot.interval(boot.draws(statistic), confidence)
            rows.append(_row(criterion, name, statistic(np.ones(int(here.sum()))), low, high, int(here.sum()), boot))
        if pairs is None or not len(pairs):
            continue
        boot = PatientBootstrap(patients[pairs.first], draws, np.random.default_rng(seed))
        spread = [analyse(x, pairs, boot.of_images(draw)) for draw in range(draws)]
        for name, value in analyse(x, pairs).items():
            low, high = boot.interval(np.array([item[name] for item in spread]), confidence)
            rows.append(_row(criterion, name, value, low, high, len(pairs), boot))
    return rows, _differences(values, mean, patients, draws, confidence, seed)


def choice_agreement(
    values: pd.DataFrame, pairs: pd.DataFrame, patients: pd.Series, draws: int, confidence: float, seed: int
) -> list[dict[str, Any]]:
    """METRICS rows 'chosen': share of pairwise choices in which the metric prefers the same image; ties count half."""
    rows = []
    left, right = values.reindex(pairs["left"]), values.reindex(pairs["right"])
    sign = np.where(pairs["choice"] == "left", 1, -1)
    cluster = patients.loc[pairs["left"]].to_numpy()
    for criterion in values.columns:
        d = (left[criterion].to_numpy(float) - right[criterion].to_numpy(float)) * sign
        here = np.isfinite(d)
        if not here.any():
            continue
        right_way = np.where(d[here] > 0, 1.0, np.where(d[here] == 0, 0.5, 0.0))
        boot = PatientBootstrap(cluster[here], draws, np.random.default_rng(seed))

        def share(w: np.ndarray, hit: np.ndarray = right_way) -> float:
            return float((w * hit).sum() / w.sum())

        low, high = boot.interval(boot.draws(share), confidence)
        rows.append(_row(criterion, "chosen", share(np.ones(len(right_way))), low, high, len(right_way), boot))
    return rows


def _statistics(
    x: np.ndarray, mean: np.ndarray, ratings: np.ndarray, patients: np.ndarray, cases: np.ndarray, curve: int
) -> dict[str, Callable[[np.ndarray], float]]:
    """Statistics as functions of the images' weights."""
    found: dict[str, Callable[[np.ndarray], float]] = {
        "srocc": lambda w: srocc(x, mean, w),
        "krocc": lambda w: krocc(x, mean, w),
        "plcc": lambda w: plcc(x, mean, w),
        "srocc_within": lambda w: srocc_within(x, mean, cases, w),
    }
    if len(np.unique(patients)) < 2:
        return found
    fitted = out_of_fold(x, mean, patients, curve)
    found["plcc_fit"] = lambda w: plcc(fitted, mean, w)
    count = np.isfinite(ratings).sum(1)
    if (count > 1).any():
        # ITU-T P.1401: an outlier lies outside the 95 % interval of the mean score.
        some = count > 1
        spread = np.nanstd(ratings[some], axis=1, ddof=1) / np.sqrt(count[some])
        out = np.zeros(len(x))
        out[some] = np.abs(fitted - mean)[some] > stats.t.ppf(0.975, count[some] - 1) * spread
        found["outlier_ratio"] = lambda w: float((w * out)[some].sum() / w[some].sum()) if w[some].sum() else np.nan
    return found


def _differences(
    values: pd.DataFrame, mean: np.ndarray, patients: np.ndarray, draws: int, confidence: float, seed: int
) -> list[dict[str, Any]]:
    """Each metric's srocc less that of the metric with the highest, on images for which both have values."""
    known = np.isfinite(mean)
    level = {}
    for criterion in values.columns:
        x = values[criterion].to_numpy(float)
        here = known & np.isfinite(x)
        level[criterion] = srocc(x[here], mean[here]) if here.sum() > 3 else np.nan
    finite = {name: value for name, value in level.items() if np.isfinite(value)}
    if len(finite) < 2:
        return []
    best = max(finite, key=lambda name: finite[name])
    rows = []
    for criterion in finite:
        if criterion == best:
            continue
        x, y = values[criterion].to_numpy(float), values[best].to_numpy(float)
        here = known & np.isfinite(x) & np.isfinite(y)
        x, y, score = x[here], y[here], mean[here]
        boot = PatientBootstrap(patients[here], draws, np.random.default_rng(seed))
        spread = boot.draws(lambda w, x=x, y=y, s=score: srocc(x, s, w) - srocc(y, s, w))
        low, high = boot.interval(spread, confidence)
        r1, r2 = srocc(x, score), srocc(y, score)
        rows.append(
            {
                "metric": criterion[0],
                "window": criterion[1],
                "against": f"{best[0]} ({best[1]})",
                "value": r1 - r2,
                "low": low,
                "high": high,
                "p": two_sided_p(spread) if boot.patients > 1 else float("nan"),
                "p_meng": meng_p(r1, r2, srocc(x, y), len(x)),
            }
        )
    adjusted = holm(np.array([row["p"] for row in rows]))
    return [{**row, "p_holm": float(p)} for row, p in zip(rows, adjusted, strict=True)]


def _row(
    criterion: Any, statistic: str, value: float, low: float, high: float, images: int, boot: PatientBootstrap
) -> dict[str, Any]:
    estimate = {"value": value, "low": low, "high": high}
    metric, window = criterion
    return {
        "metric": metric,
        "window": window,
        "statistic": statistic,
        **estimate,
        "images": images,
        "patients": boot.patients,
    }
