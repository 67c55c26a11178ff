"""How far readers agree with each other and with themselves."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ldct.readers.bootstrap import PatientBootstrap
from ldct.readers.icc import icc
from ldct.readers.kappa import mean_kappa, pair_kappa, weighted_kappa


def reliability(
    ratings: pd.DataFrame, clusters: pd.Series, draws: int, confidence: float, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """AGREEMENT rows of `ratings` (RATINGS columns); clusters: image -> patient.

    ICC on images that every reader rated; weighted kappa of each pair of readers and its mean; kappa of a reader with
    himself where images were rated in two sessions. Intervals of kappa resample patients. One reader: no rows but the
    last kind.
    """
    table = first_session(ratings)
    rows: list[dict[str, Any]] = []
    scores, readers = table.to_numpy(float), list(table.columns)
    boot = PatientBootstrap(clusters.loc[table.index].to_numpy(), draws, rng)
    if len(readers) > 1:
        complete = scores[np.isfinite(scores).all(1)]
        if len(complete) > 1:
            size = {"readers": len(readers), "images": len(complete)}
            for found in icc(complete, confidence):
                rows.append({"kind": "icc", "name": f"ICC({found.form})", **_bounds(found), **size})
        spread = boot.draws(lambda w: mean_kappa(scores, w))
        rows.append(_row("kappa", "mean of pairs", mean_kappa(scores), spread, boot, confidence, len(readers), scores))
        for i, j in combinations(range(len(readers)), 2):
            spread = boot.draws(lambda w, i=i, j=j: pair_kappa(scores, i, j, w))
            name, value = f"{readers[i]} and {readers[j]}", pair_kappa(scores, i, j)
            both = scores[np.isfinite(scores[:, [i, j]]).all(1)]
            rows.append(_row("kappa_pair", name, value, spread, boot, confidence, 2, both))
    for reader, own in ratings.groupby("reader", sort=True):
        again = own.pivot_table(index="image", columns="session", values="score", sort=True)
        again = again.dropna(thresh=2)
        if again.empty:
            continue
        pair = np.array([row[np.isfinite(row)][:2] for row in again.to_numpy(float)])
        own_boot = PatientBootstrap(clusters.loc[again.index].to_numpy(), draws, rng)
        spread = own_boot.draws(lambda w, p=pair: weighted_kappa(p[:, 0], p[:, 1], w))
        value = weighted_kappa(pair[:, 0], pair[:, 1])
        rows.append(_row("kappa_self", str(reader), value, spread, own_boot, confidence, 1, pair))
    return rows


def first_session(ratings: pd.DataFrame) -> pd.DataFrame:
    """Score of each image (rows) by each reader (columns) the first time he rated it; NaN where he did not."""
    first = ratings.sort_values("session", kind="stable").drop_duplicates(["reader", "image"])
    return first.pivot(index="image", columns="reader", values="score").sort_index().sort_index(axis=1)


def _row(
    kind: str,
    name: str,
    value: float,
    spread: np.ndarray,
    boot: PatientBootstrap,
    confidence: float,
    readers: int,
    scores: np.ndarray,
) -> dict[str, Any]:
    low, high = boot.interval(spread, confidence)
    estimate = {"value": value, "low": low, "high": high}
    return {"kind": kind, "name": name, **estimate, "readers": readers, "images": len(scores)}


def _bounds(found: Any) -> dict[str, float]:
    return {"value": found.value, "low": found.low, "high": found.high}
