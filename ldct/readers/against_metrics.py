"""How well metrics agree with readers, and which cannot be told from the best."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ldct.readers.agreement_of_metric import PairTests, Readings, Statistic, correlations, fitted
from ldct.readers.best import with_the_best
from ldct.readers.correlation import meng_p, srocc
from ldct.readers.intervals import BOTH, PATIENTS, SHARE, fisher_z, interval
from ldct.readers.jackknife import Jackknife, Sample
from ldct.statistics.policy.readers import METRIC, verdict
from ldct.statistics.wilcoxon import holm

# A correlation of fewer images is none.
LEAST_IMAGES = 4


def metric_rows(
    values: pd.DataFrame, scores: pd.DataFrame, draws: int, confidence: float, seed: int, curve: int = 4
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """METRICS and DIFFERENCES rows.

    values (images, criteria): each metric and window, a column named (metric, window), oriented so that more is better.
    scores: a row for each of these images with 'patient', 'case' and a column for each reader in 'readers', NaN where
    not rated. curve: parameters of the logistic. Images without a value are left out of that criterion, and of its
    differences to others.
    """
    readings = Readings(
        np.asarray(scores["readers"], float), scores["patient", ""].to_numpy(), scores["case", ""].to_numpy()
    )
    pairs = PairTests(readings) if readings.readers > 1 else None
    rows: list[dict[str, Any]] = []
    for criterion in values.columns:
        x = values[criterion].to_numpy(float)
        here = np.isfinite(x) & np.isfinite(readings.mean)
        if here.sum() < LEAST_IMAGES:
            continue
        present = readings.take(here)
        results = [*correlations(x[here], present, confidence), *fitted(x[here], present, confidence, curve)]
        if pairs is not None and len(pairs.all):
            results += pairs.statistics(x, confidence)
        patients = len(np.unique(present.patients))
        rows += [_row(criterion, result, patients, readings.readers) for result in results]
    return rows, differences(values, readings, draws, confidence, seed)


def choice_agreement(
    values: pd.DataFrame, pairs: pd.DataFrame, patients: pd.Series, confidence: float
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
        hit = np.where(d[here] > 0, 1.0, np.where(d[here] == 0, 0.5, 0.0))
        names, reader = np.unique(pairs["reader"].to_numpy()[here], return_inverse=True)
        jackknife = Jackknife(cluster[here], len(names))

        def share(sample: Sample, hit: np.ndarray = hit, reader: np.ndarray = reader) -> float:
            w = sample.weights if sample.readers is None else sample.weights * sample.readers[reader]
            return float((w * hit).sum() / w.sum()) if w.sum() else float("nan")

        value, low, high = (
            float(part[0]) for part in interval(jackknife.replicates(share), SHARE, confidence, jackknife.patients)
        )
        over = BOTH if jackknife.readers else PATIENTS
        rows.append(
            _row(criterion, Statistic("chosen", value, low, high, len(hit), over), jackknife.patients, len(names))
        )
    return rows


def differences(
    values: pd.DataFrame, readings: Readings, draws: int, confidence: float, seed: int
) -> list[dict[str, Any]]:
    """DIFFERENCES rows: each metric's srocc less that of the metric with the highest, on images that both have.

    values as in `metric_rows`; the same images in `readings`. The highest has no row: it cannot be told from the best.
    """
    known = np.isfinite(readings.mean)
    columns = {name: values[name].to_numpy(float) for name in values.columns}
    level = {}
    for name, x in columns.items():
        here = known & np.isfinite(x)
        level[name] = srocc(x[here], readings.mean[here]) if here.sum() >= LEAST_IMAGES else np.nan
    names = [name for name, value in level.items() if np.isfinite(value)]
    if len(names) < 2:
        return []
    table = np.stack([columns[name] for name in names], axis=1)
    shared = {pair: known & np.isfinite(table[:, list(pair)]).all(1) for pair in combinations(range(len(names)), 2)}
    top = int(np.argmax([level[name] for name in names]))
    jackknife = Jackknife(readings.patients, readings.readers)
    correlation = jackknife.replicates(lambda sample: _of_pairs(sample, table, readings.ratings, shared))
    count = len(names)

    def less(z: np.ndarray) -> np.ndarray:
        parts = z.reshape(*z.shape[:-1], count, count)
        return (parts - np.swapaxes(parts, -1, -2)).reshape(z.shape)

    middle = correlation.of(fisher_z).whole.reshape(count, count)
    middle = (middle + middle.T) / 2
    # Differences of Fisher's z, told in correlations around the middle of both.
    compared = with_the_best(
        correlation.of(fisher_z).of(less),
        draws,
        1 - confidence,
        np.random.default_rng(seed),
        lambda z: np.tanh(middle + z / 2) - np.tanh(middle - z / 2),
    )
    upper = np.triu_indices(count, 1)
    p_holm = np.full((count, count), np.nan)
    p_holm[upper] = holm(compared.p_pair[upper])
    p_holm.T[upper] = p_holm[upper]
    rows = []
    for k, name in enumerate(names):
        if k == top:
            continue
        here = shared[min(k, top), max(k, top)]
        if here.sum() < LEAST_IMAGES:
            continue
        x, y, score = table[here, k], table[here, top], readings.mean[here]
        r1, r2 = srocc(x, score), srocc(y, score)
        patients, p = len(np.unique(readings.patients[here])), float(compared.p[k])
        words = verdict(METRIC, -1.0, p, patients, readings.readers)
        rows.append(
            {
                "metric": name[0],
                "window": name[1],
                "against": f"{names[top][0]} ({names[top][1]})",
                "value": r1 - r2,
                "low": float(compared.low[k]),
                "high": float(compared.high[k]),
                "p": float(compared.p_pair[k, top]),
                "p_holm": float(p_holm[k, top]),
                "p_meng": meng_p(r1, r2, srocc(x, y), len(x)),
                "p_best": p,
                "best": words != METRIC.below,
                "verdict": words,
                "patients": patients,
                "readers": readings.readers,
            }
        )
    return rows


def _of_pairs(sample: Sample, table: np.ndarray, ratings: np.ndarray, shared: dict[tuple[int, int], Any]) -> np.ndarray:
    """srocc (K * K) of the row's metric on the images that it shares with the column's."""
    mean, weights = sample.mean_scores(ratings)
    count = table.shape[1]
    made = np.zeros((count, count))
    known: dict[tuple[bytes, int], float] = {}
    for (i, j), here in shared.items():
        mask = here.tobytes()
        for k, place in ((i, (i, j)), (j, (j, i))):
            if (mask, k) not in known:
                known[mask, k] = srocc(table[here, k], mean[here], weights[here]) if here.any() else np.nan
            made[place] = known[mask, k]
    return made.ravel()


def _row(criterion: Any, result: Statistic, patients: int, readers: int) -> dict[str, Any]:
    metric, window = criterion
    return {
        "metric": metric,
        "window": window,
        "statistic": result.name,
        "value": result.value,
        "low": result.low,
        "high": result.high,
        "images": result.images,
        "patients": patients,
        "readers": readers,
        "over": result.over,
    }
