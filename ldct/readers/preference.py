"""Which losses readers prefer: mean scores and pairwise choices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ldct.readers.bootstrap import PatientBootstrap
from ldct.readers.choices import bradley_terry
from ldct.readers.mrmc import compare, mean_score
from ldct.statistics.wilcoxon import holm


def loss_rows(ratings: pd.DataFrame, key: pd.DataFrame, reference_loss: str, confidence: float) -> list[dict[str, Any]]:
    """LOSSES rows: the mean score of each loss, and its difference to the reference loss of the same network.

    Scores of a reader are first averaged over the images of a patient, who is the case of the analysis. Patients whom
    some reader did not score for a loss are left out of that comparison.
    """
    joined = ratings.merge(key[["image", "patient", "model", "loss"]], on="image")
    cube = joined.groupby(["model", "loss", "reader", "patient"], sort=True)["score"].mean()
    tables: Any = {
        name: part.droplevel([0, 1]).unstack("patient") for name, part in cube.groupby(level=[0, 1], sort=True)
    }
    readers = sorted(joined["reader"].unique())
    rows: list[dict[str, Any]] = []
    for (model, loss), table in tables.items():
        complete = table.reindex(readers).dropna(axis=1)
        if complete.empty:
            continue
        value, low, high = mean_score(complete.to_numpy(), confidence)
        size = {"readers": len(readers), "patients": complete.shape[1]}
        rows.append({"model": model, "loss": loss, "against": "", "value": value, "low": low, "high": high, **size})
    for model in sorted({name for name, _ in tables if name != "anchor"}):
        against = tables.get((model, reference_loss))
        if against is None:
            continue
        found = []
        for (other, loss), table in tables.items():
            if (other not in (model, "anchor")) or (other == model and loss == reference_loss):
                continue
            common = (
                table.reindex(readers)
                .dropna(axis=1)
                .columns.intersection(against.reindex(readers).dropna(axis=1).columns)
            )
            if common.empty:
                continue
            made = compare(table.loc[readers, common].to_numpy(), against.loc[readers, common].to_numpy(), confidence)
            size = {"readers": len(readers), "patients": len(common)}
            estimate = {"value": made.difference, "low": made.low, "high": made.high, "p": made.p}
            found.append({"model": model, "loss": loss, "against": reference_loss, **estimate, **size})
        for row, adjusted in zip(found, holm(np.array([row["p"] for row in found])), strict=True):
            rows.append({**row, "p_holm": float(adjusted)})
    return rows


def choice_rows(
    pairs: pd.DataFrame, key: pd.DataFrame, draws: int, confidence: float, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """CHOICES rows: how often the images of each network and loss were preferred, with patients resampled."""
    if pairs.empty:
        return []
    image = key.set_index("image")
    items = sorted({(image.at[name, "model"], image.at[name, "loss"]) for name in [*pairs["left"], *pairs["right"]]})
    number = {item: k for k, item in enumerate(items)}

    def of(side: str) -> np.ndarray:
        return np.array([number[(image.at[name, "model"], image.at[name, "loss"])] for name in pairs[side]])

    left, right = of("left"), of("right")
    chosen_left = (pairs["choice"] == "left").to_numpy()
    won, lost = np.where(chosen_left, left, right), np.where(chosen_left, right, left)
    wins = np.zeros((len(items), len(items)))
    np.add.at(wins, (won, lost), 1)
    strength = bradley_terry(wins)
    patients = np.array([image.at[name, "patient"] for name in pairs["left"]])
    boot = PatientBootstrap(patients, draws, rng)
    rows = []
    for k, (model, loss) in enumerate(items):
        shown = (won == k) | (lost == k)

        def share(w: np.ndarray, k: int = k, shown: np.ndarray = shown) -> float:
            total = w[shown].sum()
            return float(w[won == k].sum() / total) if total else float("nan")

        low, high = boot.interval(boot.draws(share), confidence)
        estimate = {"value": share(np.ones(len(won))), "low": low, "high": high, "strength": float(strength[k])}
        rows.append({"model": model, "loss": loss, **estimate, "pairs": int(shown.sum())})
    return rows
