"""What the engine works on: patient means of goodness, by criterion, loss, seed and patient."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ldct.statistics.bootstrap import means_over_patients


@dataclass(frozen=True)
class Sample:
    """Patient means of goodness, NaN where there is none.

    A run is a training (loss, fold, seed); all patients of a fold share it. Axes: C criteria, L losses, S seeds, P
    patients.
    """

    values: np.ndarray  # (C, L, S, P)
    fold_of: np.ndarray  # (P,)

    @property
    def losses(self) -> int:
        return self.values.shape[1]

    @property
    def folds(self) -> list[np.ndarray]:
        """Places of the patients of each fold that has any; one empty fold without patients."""
        return [np.flatnonzero(self.fold_of == fold) for fold in np.unique(self.fold_of)] or [np.zeros(0, int)]

    def of(self, criteria: np.ndarray | list[int]) -> Sample:
        """With these criteria only."""
        return replace(self, values=self.values[np.asarray(criteria, int)])

    def runs(self) -> np.ndarray:
        """(C, L, F, S) bool: whether a run has a value of a criterion."""
        return np.stack([np.isfinite(self.values[..., fold]).any(-1) for fold in self.folds], axis=2)


def paired_means(good: np.ndarray, patient_of: np.ndarray, patients: int) -> np.ndarray:
    """Patient means (C, L, S, P) of goodness `good` (C, L, S, I), over images that the runs of a patient share.

    A run counts for a patient and a criterion where it has values for at least half of the images that any run has;
    an image counts where all these runs have a value. So a run that failed takes nothing from the others, and a
    difference of two losses is never one of two sets of slices.
    """
    out = np.full((*good.shape[:3], patients), np.nan)
    for p in range(patients):
        block = good[..., patient_of == p]
        known = np.isfinite(block)
        if known.all():
            out[..., p] = block.mean(-1) if block.shape[-1] else np.nan
            continue
        most = known.any((1, 2)).sum(-1)[:, None, None]
        counted = known.any(-1) & (2 * known.sum(-1) >= most)
        shared = (known | ~counted[..., None]).all((1, 2)) & known.any((1, 2))
        kept = known & counted[..., None] & shared[:, None, None, :]
        out[..., p] = means_over_patients(np.where(kept, block, np.nan), np.zeros(block.shape[-1], int), 1)[..., 0]
    return out
