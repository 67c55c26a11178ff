"""How far readers agree with each other and with themselves."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ldct.readers.icc import clustered_bounds, icc
from ldct.readers.intervals import BOTH, CORRELATION, PATIENTS, interval
from ldct.readers.jackknife import Jackknife, Replicates
from ldct.readers.kappa import mean_kappa, pair_kappa, weighted_kappa
from ldct.statistics.policy.readers import POLICY

# Quantiles of fewer draws of an ICC wobble.
LEAST_DRAWS = 2000


def reliability(
    ratings: pd.DataFrame, clusters: pd.Series, draws: int, confidence: float, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """AGREEMENT rows of `ratings` (RATINGS columns); clusters: image -> patient.

    ICC on images that every reader rated; weighted kappa of each pair of readers and its mean; kappa of a reader with
    himself where images were rated in two sessions. Images of a patient are dependent: ICC by its clustered bounds
    (`draws` of them), kappa with patients left out in turn. ICC(2, .) speaks for readers at large, the others for these
    readers. One reader: no rows but the last kind.
    """
    table = first_session(ratings)
    rows: list[dict[str, Any]] = []
    scores, readers = table.to_numpy(float), list(table.columns)
    patients = clusters.loc[table.index].to_numpy()
    if len(readers) > 1:
        rows += _icc_rows(scores, patients, confidence, draws, rng)
        jackknife = Jackknife(patients)
        made = jackknife.replicates(lambda s: mean_kappa(scores, s.weights))
        rows.append(_row("kappa", "mean of pairs", made, jackknife, confidence, len(readers), len(scores)))
        for i, j in combinations(range(len(readers)), 2):
            both = np.isfinite(scores[:, [i, j]]).all(1)
            fixed = Jackknife(patients[both])
            made = fixed.replicates(lambda s, p=scores[both], i=i, j=j: pair_kappa(p, i, j, s.weights))
            name = f"{readers[i]} and {readers[j]}"
            rows.append(_row("kappa_pair", name, made, fixed, confidence, 2, int(both.sum())))
    for reader, own in ratings.groupby("reader", sort=True):
        again = own.pivot_table(index="image", columns="session", values="score", sort=True)
        again = again.dropna(thresh=2)
        if again.empty:
            continue
        pair = np.array([row[np.isfinite(row)][:2] for row in again.to_numpy(float)])
        fixed = Jackknife(clusters.loc[again.index].to_numpy())
        made = fixed.replicates(lambda s, p=pair: weighted_kappa(p[:, 0], p[:, 1], s.weights))
        rows.append(_row("kappa_self", str(reader), made, fixed, confidence, 1, len(pair)))
    return rows


def first_session(ratings: pd.DataFrame) -> pd.DataFrame:
    """Score of each image (rows) by each reader (columns) the first time he rated it; NaN where he did not."""
    first = ratings.sort_values("session", kind="stable").drop_duplicates(["reader", "image"])
    return first.pivot(index="image", columns="reader", values="score").sort_index().sort_index(axis=1)


def _icc_rows(
    scores: np.ndarray, patients: np.ndarray, confidence: float, draws: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    complete = np.isfinite(scores).all(1)
    if complete.sum() < 2:
        return []
    ratings, of = scores[complete], patients[complete]
    count = len(np.unique(of))
    bounds = clustered_bounds(ratings, of, confidence, max(draws, LEAST_DRAWS), rng)
    if count < POLICY.patients_of_interval:
        bounds = dict.fromkeys(bounds, (float("nan"), float("nan")))
    rows = []
    for item in icc(ratings, confidence):
        low, high = bounds[item.form]
        size = {"readers": ratings.shape[1], "images": len(ratings), "patients": count}
        # Forms (3, .) are of these readers by definition.
        over = BOTH if item.form.startswith("2") else PATIENTS
        estimate = {"value": item.value, "low": low, "high": high}
        rows.append({"kind": "icc", "name": f"ICC({item.form})", **estimate, **size, "over": over})
    return rows


def _row(
    kind: str, name: str, made: Replicates, jackknife: Jackknife, confidence: float, readers: int, images: int
) -> dict[str, Any]:
    value, low, high = (float(part[0]) for part in interval(made, CORRELATION, confidence, jackknife.patients))
    size = {"readers": readers, "images": images, "patients": jackknife.patients}
    return {"kind": kind, "name": name, "value": value, "low": low, "high": high, **size, "over": PATIENTS}
