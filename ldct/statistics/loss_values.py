"""Level of every loss by every criterion, and its gain over the low-dose input."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import mean_of, nanmean, number, sd_of
from ldct.statistics.bootstrap import HierarchicalBootstrap, interval, means_over_patients, over_seeds
from ldct.statistics.dense import Dense
from ldct.statistics.evidence import Question
from ldct.statistics.gains import gain_question, untrained_question
from ldct.statistics.panel import Coverage
from ldct.statistics.ranks import ranks
from ldct.statistics.settings import Settings

Row = dict[str, Any]


def loss_values(dense: Dense, covers: list[Coverage], settings: Settings) -> list[Row]:
    """LOSS_VALUES rows of every network: each loss on all its own patients, gains on those of the low-dose anchor."""
    rows: list[Row] = []
    good, low = dense.good(dense.raw), dense.good(dense.anchors)
    boot = HierarchicalBootstrap(dense.patient_of, settings.draws, settings.rng("loss values"), dense.whole)
    patients = len(dense.patients)
    over_low = untrained_question(low - low[:, :1], dense.patient_of, patients)
    anchors = [_anchor_level(dense, low, a, boot, over_low, settings) for a in range(len(dense.untrained))]
    for m, cover in enumerate(covers):
        if cover.model == "all":
            raw_model, good_model = dense.raw.mean(1), good.mean(1)
        else:
            raw_model, good_model = dense.raw[:, m], good[:, m]
        gains = gain_question(good_model - low[:, None, None, 0], dense.patient_of, dense.fold_of)
        for loss, name in enumerate(dense.losses):
            level = raw_model[:, loss], good_model[:, loss], low[:, 0]
            rows += _loss_level(dense, cover.model, name, loss, *level, gains, boot, settings)
        rows += [row | {"model": cover.model} for part in anchors for row in part]
    return rows


def _loss_level(
    dense: Dense,
    model: str,
    name: str,
    loss: int,
    raw: np.ndarray,
    good: np.ndarray,
    low: np.ndarray,
    gains: Question,
    boot: HierarchicalBootstrap,
    settings: Settings,
) -> list[Row]:
    """Rows of one loss from its values and goodness (C, S, I)."""
    patients = len(dense.patients)
    raw = np.where(np.isfinite(good), raw, np.nan)
    raw_mean, good_mean = nanmean(raw, 1), nanmean(good, 1)
    by_patient = means_over_patients(raw_mean, dense.patient_of, patients)
    gain = good_mean - low
    gain_by_patient = means_over_patients(gain, dense.patient_of, patients)
    seeds_of_patient = means_over_patients(raw, dense.patient_of, patients)
    draws = boot.means(raw_mean)
    gain_low, gain_high = gains.results.interval(settings.confidence)
    c_count, seeds = raw.shape[:2]
    seed_draws = boot.means(raw.reshape(c_count * seeds, -1)).reshape(-1, c_count, seeds)
    mixed = over_seeds(seed_draws, settings.rng("seeds", model, name))
    rows = []
    for c, criterion in enumerate(dense.criteria):
        n = int(np.isfinite(by_patient[c]).sum())
        if n == 0:
            continue
        lo, hi = interval(draws[:, c], n, settings.confidence)
        answer = settings.policy.compare(gains.evidence(c, loss))
        slo, shi = interval(mixed[:, c], n, settings.confidence)
        per_seed = nanmean(seeds_of_patient[c], 1)
        per_seed = per_seed[np.isfinite(per_seed)]
        rows.append(
            {
                "model": model,
                "loss": name,
                "anchor": False,
                "metric": criterion.metric,
                "window": criterion.window,
                "mean": mean_of(by_patient[c]),
                "mean_low": number(lo),
                "mean_high": number(hi),
                "low_seeds": number(slo) if len(per_seed) > 1 else None,
                "high_seeds": number(shi) if len(per_seed) > 1 else None,
                "patient_sd": sd_of(by_patient[c]),
                "seed_sd": sd_of(per_seed),
                "goodness": mean_of(means_over_patients(good_mean[c], dense.patient_of, patients)),
                "gain": mean_of(gain_by_patient[c]),
                "gain_low": number(gain_low[c, loss]),
                "gain_high": number(gain_high[c, loss]),
                "against_low_dose": answer.verdict,
                "reason": answer.why,
                "patients": n,
                "slices": int(np.isfinite(raw_mean[c]).sum()),
                "seeds": len(per_seed),
            }
        )
    return rows


def _anchor_level(
    dense: Dense, low: np.ndarray, a: int, boot: HierarchicalBootstrap, gains: Question, settings: Settings
) -> list[Row]:
    """Rows of an anchor, without the model they are listed under."""
    good = low[:, a]
    raw = np.where(np.isfinite(good), dense.anchors[:, a], np.nan)
    patients = len(dense.patients)
    draws = boot.means(raw)
    gain_low, gain_high = gains.results.interval(settings.confidence)
    by_patient = means_over_patients(raw, dense.patient_of, patients)
    gain = means_over_patients(good - low[:, 0], dense.patient_of, patients)
    rows = []
    for c, criterion in enumerate(dense.criteria):
        n = int(np.isfinite(by_patient[c]).sum())
        if n == 0:
            continue
        lo, hi = interval(draws[:, c], n, settings.confidence)
        answer = settings.policy.compare(gains.evidence(c, a))
        rows.append(
            {
                "loss": dense.untrained[a],
                "anchor": True,
                "metric": criterion.metric,
                "window": criterion.window,
                "mean": mean_of(by_patient[c]),
                "mean_low": number(lo),
                "mean_high": number(hi),
                "patient_sd": sd_of(by_patient[c]),
                "goodness": mean_of(means_over_patients(good[c], dense.patient_of, patients)),
                "gain": mean_of(gain[c]),
                "gain_low": number(gain_low[c, a]),
                "gain_high": number(gain_high[c, a]),
                "against_low_dose": answer.verdict if a else "itself",
                "reason": answer.why if a else "",
                "patients": n,
                "slices": int(np.isfinite(raw[c]).sum()),
                "seeds": 1,
            }
        )
    return rows


def patient_values(dense: Dense, covers: list[Coverage]) -> list[Row]:
    """PATIENT_VALUES rows: the patient means on which every test stands."""
    rows: list[Row] = []
    patients = len(dense.patients)
    good, low = dense.good(dense.raw), dense.good(dense.anchors)
    slices_of = np.bincount(dense.patient_of[~dense.whole], minlength=patients)
    sources = []
    for m, cover in enumerate(covers):
        if cover.model == "all":
            continue
        raw = np.where(np.isfinite(good[:, m]), dense.raw[:, m], np.nan)
        means = means_over_patients(nanmean(raw, 2), dense.patient_of, patients)
        goods = means_over_patients(nanmean(good[:, m], 2), dense.patient_of, patients)
        by_seed = np.isfinite(means_over_patients(raw, dense.patient_of, patients)).sum(2)
        rank = np.full(goods.shape, np.nan)
        chosen = np.flatnonzero(cover.ranked)
        if len(chosen) > 1:
            ranked = np.moveaxis(ranks(np.moveaxis(goods[:, chosen], 1, -1)), -1, 1)
            whole = np.isfinite(goods[:, chosen]).all(1, keepdims=True)
            rank[:, chosen] = np.where(whole, ranked, np.nan)
        sources.append((cover.model, dense.losses, means, goods, rank, by_seed))
    raw = np.where(np.isfinite(low), dense.anchors, np.nan)
    means = means_over_patients(raw, dense.patient_of, patients)
    goods = means_over_patients(low, dense.patient_of, patients)
    sources.append(
        ("anchor", dense.untrained, means, goods, np.full(means.shape, np.nan), np.isfinite(means).astype(int))
    )
    for model, names, means, goods, rank, seeds in sources:
        for c, loss, p in zip(*np.nonzero(np.isfinite(goods)), strict=True):
            rows.append(
                {
                    "model": model,
                    "loss": names[loss],
                    "metric": dense.criteria[c].metric,
                    "window": dense.criteria[c].window,
                    "patient": dense.patients[p],
                    "mean": float(means[c, loss, p]),
                    "goodness": float(goods[c, loss, p]),
                    "rank": number(rank[c, loss, p]),
                    "slices": int(slices_of[p]),
                    "seeds": int(seeds[c, loss, p]),
                }
            )
    return rows


def run_values(dense: Dense) -> list[Row]:
    """RUN_VALUES rows: patient means of every run, from which studies are compared."""
    patients = len(dense.patients)
    good = dense.good(dense.raw)
    raw = np.where(np.isfinite(good), dense.raw, np.nan)
    means, goods = (means_over_patients(values, dense.patient_of, patients) for values in (raw, good))
    return [
        {
            "model": dense.models[m],
            "loss": dense.losses[loss],
            "fold": int(dense.fold_of[p]),
            "seed": dense.seeds[s],
            "metric": dense.criteria[c].metric,
            "window": dense.criteria[c].window,
            "patient": dense.patients[p],
            "mean": float(means[c, m, loss, s, p]),
            "goodness": float(goods[c, m, loss, s, p]),
        }
        for c, m, loss, s, p in zip(*np.nonzero(np.isfinite(goods)), strict=True)
    ]
