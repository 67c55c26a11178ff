"""Hierarchical bootstrap (patients, then slices within a patient) by multinomial weights, and its intervals."""

from __future__ import annotations

import numpy as np
from scipy import stats


class HierarchicalBootstrap:
    """Weights of `draws` resamples of a sample of patients, each with its slices.

    A patient drawn k times has its n slices resampled k times over, so its slice weights are multinomial(k n) / n;
    this equals resampling indices (Davison & Hinkley 1997, section 3.8, strategy with replacement at both levels)
    at a fraction of the cost. A value of a whole patient has no slices to resample: its weight is the patient's.
    """

    def __init__(self, patient_of: np.ndarray, draws: int, rng: np.random.Generator, whole: np.ndarray | None = None):
        """`patient_of` (images,) holds patient indices 0..P-1, each at least once; `whole` (images,) bool marks values
        of whole patients among them."""
        self.patient_of = np.asarray(patient_of)
        self.patients = int(self.patient_of.max()) + 1 if len(self.patient_of) else 0
        self.draws = draws
        self.rows = [np.flatnonzero(self.patient_of == p) for p in range(self.patients)]
        p = self.patients
        self.weights = rng.multinomial(p, np.full(p, 1 / p), size=draws).astype(float) if p else np.zeros((draws, 0))
        whole = np.zeros(len(self.patient_of), bool) if whole is None else whole
        self.slice_weights = [self._within(self.weights[:, q], whole[rows], rng) for q, rows in enumerate(self.rows)]

    @staticmethod
    def _within(times: np.ndarray, whole: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Weights (draws, images) of a patient's images, the patient being drawn `times` (draws,)."""
        slices = int((~whole).sum())
        out = np.repeat(times[:, None], len(whole), axis=1)
        if slices:
            out[:, ~whole] = rng.multinomial((times * slices).astype(int), np.full(slices, 1 / slices)) / slices
        return out

    def means(self, values: np.ndarray) -> np.ndarray:
        """Mean over patients of patient means of `values` (K, images), NaN allowed, in every draw: (draws, K)."""
        total = np.zeros((self.draws, len(values)))
        if np.isfinite(values).all():
            for rows, weight in zip(self.rows, self.slice_weights, strict=True):
                total += weight @ values[:, rows].T
            return total / max(self.patients, 1)
        present = np.zeros_like(total)
        for q, (rows, weight) in enumerate(zip(self.rows, self.slice_weights, strict=True)):
            block = values[:, rows].T
            finite = np.isfinite(block)
            filled = np.where(finite, block, 0.0)
            known = weight @ finite
            count = self.weights[:, q, None] * (known > 0)
            total += count * np.divide(weight @ filled, known, out=np.zeros_like(known), where=known > 0)
            present += count
        return np.divide(total, present, out=np.full_like(total, np.nan), where=present > 0)

    def patient_means(self, values: np.ndarray) -> np.ndarray:
        """Mean over patients of `values` (K, patients), NaN allowed, in every draw: (draws, K)."""
        finite = np.isfinite(values)
        total = self.weights @ np.where(finite, values, 0.0).T
        count = self.weights @ finite.T.astype(float)
        return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def means_over_patients(values: np.ndarray, patient_of: np.ndarray, patients: int) -> np.ndarray:
    """Patient means of `values` (..., images), NaN left out: (..., patients)."""
    out = np.full((*values.shape[:-1], patients), np.nan)
    for p in range(patients):
        block = values[..., patient_of == p]
        finite = np.isfinite(block)
        count = finite.sum(-1)
        total = np.where(finite, block, 0.0).sum(-1)
        out[..., p] = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return out


def interval(draws: np.ndarray, patients: int, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Expanded percentile interval along the first axis of `draws`; NaN with fewer than two patients.

    Plain percentiles are too narrow for few patients, since resampling n of n has variance (n - 1) / n and the
    normal stands for Student's t; the percentiles are moved out to Phi(+-sqrt(n / (n - 1)) t) (Hesterberg 2015,
    Am. Stat. 69:371, section 5.3).
    """
    if patients < 2 or len(draws) == 0:
        missing = np.full(np.shape(draws)[1:], np.nan)
        return missing, missing.copy()
    t = stats.t.ppf((1 + confidence) / 2, patients - 1)
    tail = stats.norm.sf(np.sqrt(patients / (patients - 1)) * t)
    quantile = np.nanquantile if np.isnan(draws).any() else np.quantile
    finite = np.isfinite(draws).any(axis=0)
    with np.errstate(invalid="ignore"):
        low, high = quantile(np.where(finite, draws, 0.0), [tail, 1 - tail], axis=0)
    return np.where(finite, low, np.nan), np.where(finite, high, np.nan)


def over_seeds(draws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mean over resampled seeds of `draws` (D, ..., S), NaN left out, seeds drawn anew for each entry: (D, ...).

    Resampling S of S seeds has (S - 1) / S of their variance, so deviations from the mean of all are widened to match.
    """
    seeds = draws.shape[-1]
    known = np.isfinite(draws)
    filled = np.where(known, draws, 0.0)
    count = known.sum(-1)
    mean = np.divide(filled.sum(-1), count, out=np.full(count.shape, np.nan), where=count > 0)
    weights = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws.shape[:-1]) * known
    mass = weights.sum(-1)
    drawn = np.divide((weights * filled).sum(-1), mass, out=mean.copy(), where=mass > 0)
    return mean + (drawn - mean) * np.sqrt(count / np.maximum(count - 1, 1))
