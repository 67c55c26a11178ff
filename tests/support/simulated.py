"""Patient means of a study whose variance components are known, drawn straight as the engine's arrays."""

from __future__ import annotations

import numpy as np

from ldct.statistics.inference.sample import Sample


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
