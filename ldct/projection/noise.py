"""Quantum and electronic noise of line integrals at full and at reduced dose.

`photons` is N0, the noise-equivalent quanta of the unattenuated full-dose beam per detector element
(PhotonStatistics); `electronic` is the variance of the electronic noise in quanta squared; `fraction` is the dose
relative to full dose. Line integrals p are dimensionless and logarithmic: p = -ln(I / N0).
"""

from __future__ import annotations

import numpy as np

MINIMUM_QUANTA = 1.0  # what a detector reports at least, so that the logarithm exists
FEW_QUANTA = 50.0  # below, the logarithm is biased and the Gaussian model fails


def acquire(
    projections: np.ndarray, photons: np.ndarray, fraction: float, electronic: float, rng: np.random.Generator
) -> np.ndarray:
    """Line integrals measured at a dose, float32, from noise-free ones: the counts model.

    I = Poisson(a N0 exp(-p)) + N(0, electronic), at least one quantum; p = -ln(I / (a N0)). `projections` is
    (views, columns, rows); `photons` broadcasts to (views, columns).
    """
    incident = (fraction * np.asarray(photons, np.float32))[..., None]
    expected = incident * np.exp(-projections.astype(np.float32))
    counts = rng.poisson(expected).astype(np.float32)
    counts += np.float32(np.sqrt(electronic)) * rng.standard_normal(counts.shape, np.float32)
    return np.log(incident) - np.log(np.maximum(counts, np.float32(MINIMUM_QUANTA)))


def inserted_sd(projections: np.ndarray, photons: np.ndarray, fraction: float, electronic: float) -> np.ndarray:
    """SD of the noise to add to full-dose line integrals for a dose of `fraction` (Yu 2012, eq. 5).

    sqrt((1 - a) / a * e^p / N0 * (1 + (1 + a) / a * Ne e^p / N0)); arguments broadcast.
    """
    inverse = np.exp(projections) / photons
    relative = (1 - fraction) / fraction * inverse * (1 + (1 + fraction) / fraction * electronic * inverse)
    return np.sqrt(relative)


def insert(
    projections: np.ndarray, photons: np.ndarray, fraction: float, electronic: float, rng: np.random.Generator
) -> np.ndarray:
    """Low-dose line integrals, float32, from measured full-dose ones.

    The Gaussian of `inserted_sd` where at least 50 quanta remain at the lower dose. Below, in the counts domain:
    the measured counts are thinned to their dose and the electronic noise is raised to its full variance, so that
    the skewness of few quanta is kept and no noise is counted twice. Shapes as in `acquire`.
    """
    p = projections.astype(np.float32)
    full = np.broadcast_to(np.asarray(photons, np.float32)[..., None], p.shape)
    out = p + inserted_sd(p, full, fraction, electronic).astype(np.float32) * rng.standard_normal(p.shape, np.float32)
    measured = full * np.exp(-p)
    few = fraction * measured < FEW_QUANTA
    if few.any():
        # Thinning keeps a^2 of the electronic variance of the measured counts; add what is missing.
        counts = rng.binomial(np.rint(measured[few]).astype(np.int64), fraction).astype(np.float32)
        missing = electronic * (1 - fraction**2)
        counts += np.float32(np.sqrt(missing)) * rng.standard_normal(counts.shape, np.float32)
        out[few] = np.log(fraction * full[few]) - np.log(np.maximum(counts, np.float32(MINIMUM_QUANTA)))
    return out


def bowtie(fan_angle: np.ndarray, photons: float, water_attenuation: float) -> np.ndarray:
    """Incident quanta behind a body bowtie filter, (columns,), float32; `photons` is the value at the centre.

    The filter equalises a water cylinder of 320 mm partly: it adds up to 12 cm of water at the edge of the fan.
    """
    depth = 120.0 * np.minimum((fan_angle / np.deg2rad(26.0)) ** 2, 1.0)
    return (photons * np.exp(-water_attenuation * depth)).astype(np.float32)
