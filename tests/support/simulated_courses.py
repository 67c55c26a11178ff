"""Courses of training whose truth is known: every metric is a function of the loss, or moves on its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ldct.statistics.dense import Dense
from ldct.statistics.settings import Settings
from ldct.statistics.trajectories import Histories
from tests.support.simulated import dense_of, draw_sample, settings_of

EPOCHS = (1, 2, 4, 6, 8, 10)


def draw_courses(
    rng: np.random.Generator,
    *,
    patients: int = 8,
    folds: int = 2,
    seeds: int = 3,
    losses: int = 6,
    metrics: int = 12,
    epochs: tuple[int, ...] = EPOCHS,
    correlation: float = 0.7,
    run_sd: float = 0.2,
    slices: int = 6,
    slice_sd: float = 0.3,
    loss_wobble: float = 0.05,
    validation_noise: float = 0.05,
    wobble: float = 0.0,
) -> tuple[Dense, Histories]:
    """A study's table and histories.

    The loss of a run falls from epoch to epoch with a wobble of its own (a share of it), and is measured on validation
    patients with noise. A metric is a function of the true loss, each its own, plus patient, patient x loss, run and,
    at every epoch anew, slice noise. With `wobble` every metric but the first also moves on its own, alike in all
    patients of a run. The first metric equals the first loss.
    """
    sample = draw_sample(
        rng, patients=patients, folds=folds, seeds=seeds, losses=losses, metrics=metrics, run_sd=run_sd, slices=slices
    )
    dense = dense_of(rng, sample)
    k = np.array(epochs)
    fall = 1 + 4 * np.exp(-k / 3)
    true = fall * np.exp(rng.normal(0, loss_wobble, (losses, folds, seeds, len(k))))
    measured = true * np.exp(rng.normal(0, validation_noise, true.shape))
    power = rng.uniform(0.5, 2, metrics)
    # Steep or flat in the loss, on the same scale of 2 from the first epoch to the last.
    by_run = -2 * (true[None] / 5) ** power[:, None, None, None, None]
    own = rng.normal(0, 1, by_run.shape) * wobble
    own[0] = 0
    course = np.moveaxis((by_run + own)[:, :, dense.fold_of], 2, 4)  # (C, L, S, K, P)
    common, alone = rng.normal(size=(1, *course.shape[1:])), rng.normal(size=course.shape)
    noise = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * alone
    course = course + sample.values[:, :, :, None] + slice_sd / np.sqrt(slices) * noise
    dense = replace(dense, epochs=k, course=course[:, None], course_raw=course[:, None])
    dense = replace(dense, selected=np.where(dense.selected > 0, k[-1], -1))
    keys = {
        ("network", f"loss{lo}", fold, seed): (lo, fold, seed)
        for lo in range(losses)
        for fold in range(folds)
        for seed in range(seeds)
    }
    histories = Histories(
        epochs=dict.fromkeys(keys, k),
        loss={key: measured[at] for key, at in keys.items()},
        rmse={key: 100 * np.sqrt(measured[at]) for key, at in keys.items()},
        unread={},
    )
    return dense, histories


def course_settings(dense: Dense, draws: int, seed: int = 0, **changes: Any) -> Settings:
    """Settings of its analysis: the first loss is one term that the first metric equals, the others name no metric."""
    term = {"use": "mse", "deep": False, "pixelwise": True}
    equals = {dense.losses[0]: ["metric0"]}
    terms = {loss: [{**term, "optimises": equals.get(loss, [])}] for loss in dense.losses}
    return settings_of(dense, draws, seed).model_copy(update={"terms": terms, **changes})
