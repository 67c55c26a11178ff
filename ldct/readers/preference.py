"""Which losses readers prefer: mean scores and pairwise choices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ldct.readers.choices import bradley_terry
from ldct.readers.intervals import BOTH, PATIENTS, PLAIN, SHARE, interval
from ldct.readers.jackknife import Jackknife, Sample
from ldct.readers.mrmc import compare, mean_score
from ldct.statistics.policy.readers import LOSS, verdict
from ldct.statistics.wilcoxon import holm


def loss_rows(ratings: pd.DataFrame, key: pd.DataFrame, reference_loss: str, confidence: float) -> list[dict[str, Any]]:
    """LOSSES rows: the mean score of each loss, and its difference to the reference loss of the same network.

    Scores of a reader are first averaged over the images of a patient, who is the case of the analysis. Patients whom
    some reader did not score for a loss are left out of that comparison.
    """
    tables, readers = score_tables(ratings, key)
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
            words = verdict(LOSS, row["value"], float(adjusted), row["patients"], row["readers"])
            rows.append({**row, "p_holm": float(adjusted), "verdict": words})
    return rows


def score_tables(ratings: pd.DataFrame, key: pd.DataFrame) -> tuple[Any, list[str]]:
    """Mean score by reader (rows) and patient (columns) of each (model, loss), and all readers."""
    joined = ratings.merge(key[["image", "patient", "model", "loss"]], on="image")
    cube = joined.groupby(["model", "loss", "reader", "patient"], sort=True)["score"].mean()
    tables = {name: part.droplevel([0, 1]).unstack("patient") for name, part in cube.groupby(level=[0, 1], sort=True)}
    return tables, sorted(joined["reader"].unique())


def choice_rows(pairs: pd.DataFrame, key: pd.DataFrame, confidence: float) -> list[dict[str, Any]]:
    """CHOICES rows: how often the images of each network and loss were preferred, and their Bradley-Terry strength.

    Patients, and readers where there are two or more, are left out in turn.
    """
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
    names, reader = np.unique(pairs["reader"].to_numpy(), return_inverse=True)
    patients = np.array([image.at[name, "patient"] for name in pairs["left"]])

    def wins(sample: Sample) -> np.ndarray:
        weights = sample.weights if sample.readers is None else sample.weights * sample.readers[reader]
        table = np.zeros((len(items), len(items)))
        np.add.at(table, (won, lost), weights)
        return table

    def shares(sample: Sample) -> np.ndarray:
        table = wins(sample)
        shown = table.sum(1) + table.sum(0)
        return np.divide(table.sum(1), shown, out=np.full(len(items), np.nan), where=shown > 0)

    jackknife = Jackknife(patients, len(names))
    strengths = jackknife.replicates(lambda sample: bradley_terry(wins(sample)))
    share, low, high = interval(jackknife.replicates(shares), SHARE, confidence, jackknife.patients)
    strength, weakest, strongest = interval(strengths, PLAIN, confidence, jackknife.patients)
    size = {"patients": jackknife.patients, "readers": len(names), "over": BOTH if jackknife.readers else PATIENTS}
    rows = []
    for k, (model, loss) in enumerate(items):
        estimate = {"value": float(share[k]), "low": float(low[k]), "high": float(high[k])}
        power = {"strength": float(strength[k])}
        power |= {"strength_low": float(weakest[k]), "strength_high": float(strongest[k])}
        shown = int(((won == k) | (lost == k)).sum())
        rows.append({"model": model, "loss": loss, **estimate, **power, "pairs": shown, **size})
    return rows
