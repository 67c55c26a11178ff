"""The channelised Hotelling observer (CHO)."""

from __future__ import annotations

import numpy as np


def pooled_covariance(present: np.ndarray, absent: np.ndarray) -> np.ndarray:
    """Mean of the two classes' sample covariances weighted by their degrees of freedom, (p, p).

    present and absent: (images, p) channel outputs. Raises ValueError with fewer than two images of a class.
    """
    n1, n0 = len(present), len(absent)
    if min(n1, n0) < 2:
        raise ValueError(f"a covariance needs at least two images of each class; found {n1} and {n0}")
    centred = np.concatenate([present - present.mean(0), absent - absent.mean(0)])
    return centred.T @ centred / (n1 + n0 - 2)


def template(signal: np.ndarray, covariance: np.ndarray, internal_noise: float = 0.0) -> np.ndarray:
    """Hotelling template (p,): (K + c diag(K))^-1 s, for the mean signal s and covariance K of channel outputs.

    internal_noise is c, the variance of independent noise in each channel over the channel's own variance; it lowers
    the observer to human performance. (Brankov 2013, PMB 58:7159) A singular K is inverted on its range.
    """
    noisy = covariance + internal_noise * np.diag(np.diag(covariance))
    scale = np.sqrt(np.maximum(np.diag(noisy), np.finfo(float).tiny))
    correlation = noisy / np.outer(scale, scale)
    return np.linalg.pinv(correlation, rcond=1e-10, hermitian=True) @ (signal / scale) / scale


def detectability(weights: np.ndarray, signal: np.ndarray, covariance: np.ndarray) -> float:
    """d' of a linear template: w^T s / sqrt(w^T K w); in channels or in pixels."""
    return float(weights @ signal / np.sqrt(weights @ covariance @ weights))


def internal_scores(
    scores: np.ndarray, weights: np.ndarray, covariance: np.ndarray, internal_noise: float, rng: np.random.Generator
) -> np.ndarray:
    """Test statistics with the internal noise added: variance c w^T diag(K) w."""
    spread = np.sqrt(internal_noise * np.sum(weights**2 * np.diag(covariance)))
    return scores + spread * rng.standard_normal(scores.shape)


def leave_one_out(
    present: np.ndarray, absent: np.ndarray, internal_noise: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Test statistics of each image by a template trained without it: present (n1,) and absent (n0,).

    No image judges itself, so that unlike resubstitution d' is not too high; training on a finite sample makes it
    rather a little too low. Internal noise enters the template only; add it to the scores with `internal_scores`.
    """
    scores = []
    for own, other, sign in ((present, absent, 1.0), (absent, present, -1.0)):
        values = np.empty(len(own))
        for i in range(len(own)):
            rest = np.delete(own, i, axis=0)
            signal = sign * (rest.mean(0) - other.mean(0))
            values[i] = own[i] @ template(signal, pooled_covariance(rest, other), internal_noise)
        scores.append(values)
    return scores[0], scores[1]
