"""Patient means of a study whose variance components are known, drawn straight as the engine's arrays."""

from __future__ import annotations

import numpy as np

from ldct.anchors import IMAGES
from ldct.statistics.dense import Criterion, Dense
from ldct.statistics.inference.sample import Sample
from ldct.statistics.settings import Settings


def draw_sample(
    rng: np.random.Generator,
    *,
    patients: int = 10,
    folds: int = 2,
    seeds: int = 2,
    losses: int = 6,
    metrics: int = 12,
    slices: int = 6,
    correlation: float = 0.7,
    patient_sd: float = 1.0,
    patient_loss_sd: float = 0.3,
    slice_sd: float = 0.3,
    residual_sd: float = 0.1,
    run_sd: float = 0.2,
    better: float = 0.0,
    effects: np.ndarray | None = None,
    fold_of: np.ndarray | None = None,
) -> Sample:
    """A study of equal losses, but the second is `better`, or losses have `effects` (metrics, losses).

    Every effect is normal and correlated between metrics; runs have noise of their own per loss, fold and seed.
    """
    fold_of = np.arange(patients) % folds if fold_of is None else fold_of
    n = len(fold_of)

    def noise(sd: float, *shape: int) -> np.ndarray:
        common, own = rng.normal(size=(1, *shape)), rng.normal(size=(metrics, *shape))
        return sd * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)

    values = noise(patient_sd, 1, 1, n) + noise(patient_loss_sd, losses, 1, n)
    values = values + noise(run_sd, losses, seeds, int(fold_of.max()) + 1)[..., fold_of]
    values = values + noise(slice_sd / np.sqrt(slices), 1, 1, n)
    values = values + noise(residual_sd / np.sqrt(slices), losses, seeds, n)
    values[:, 1] += better
    if effects is not None:
        values += effects[:, :, None, None]
    return Sample(values, fold_of)


def dense_of(rng: np.random.Generator, sample: Sample, *, slices: int = 2, constructs: int = 4) -> Dense:
    """The study's values as the analysis reads them: metrics of one window, in `constructs` groups of equal size.

    Slices differ around the patient's mean and average to it, so that the patient means are those of `sample`.
    """
    metrics, losses, seeds, n = sample.values.shape
    spread = rng.normal(0, 0.3, (metrics, 1, 1, n, slices))
    values = sample.values[..., None] + spread - spread.mean(-1, keepdims=True)
    raw = values.reshape(metrics, 1, losses, seeds, n * slices)
    folds = int(sample.fold_of.max()) + 1
    names = ("fidelity", "structure", "features", "noise", "resolution", "task", "no_reference")
    criteria = [
        Criterion(
            metric=f"metric{c}",
            window="soft_tissue",
            label=f"metric {c}",
            family=names[c * constructs // metrics],
            direction="higher",
            unit="",
            reference=True,
            primary=True,
            home_of=(),
            construct=names[c * constructs // metrics],
        )
        for c in range(metrics)
    ]
    run = (1, losses, folds, seeds)
    seen = np.asarray(np.isfinite(sample.values).any(0))
    present = np.stack([seen[..., sample.fold_of == fold].any(-1) for fold in range(folds)], 1)[None]
    course = sample.values[:, None, :, :, None, :]
    return Dense(
        criteria=criteria,
        models=["network"],
        losses=[f"loss{i}" for i in range(losses)],
        untrained=list(IMAGES),
        seeds=list(range(seeds)),
        folds=folds,
        patients=[f"P{p:03d}" for p in range(n)],
        patient_of=np.repeat(np.arange(n), slices),
        whole=np.zeros(n * slices, bool),
        fold_of=sample.fold_of,
        epochs=np.array([1]),
        raw=raw,
        anchors=np.full((metrics, len(IMAGES), n * slices), np.nan),
        course_raw=course,
        course=course,
        selected=np.where(present, 1, -1).reshape(run),
        seen=present,
        unusable=np.zeros((metrics, losses), int),
        unmeasured=[],
    )


def settings_of(dense: Dense, draws: int, seed: int = 0) -> Settings:
    """Settings of an analysis of a simulated study; the first loss is the reference."""
    return Settings(
        losses=dense.losses,
        models=dense.models,
        seeds=dense.seeds,
        folds=dense.folds,
        reference_loss=dense.losses[0],
        primary_window="soft_tissue",
        draws=draws,
        confidence=0.95,
        seed=seed,
    )
