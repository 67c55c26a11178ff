"""A low-dose partner for a series of images: noise inserted in the projection domain.

Each slice is projected through a fan beam of a clinical scanner, the noise that a lower dose adds is drawn there, and
the noise alone is reconstructed and added to the slice: its anatomy, kernel and own noise stay as they are.
(Yu et al. 2012, doi 10.1097/RCT.0b013e31826a1b5d, for the noise; images take the place of measured projections.)
"""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from ldct.projection.noise import bowtie, insert
from ldct.reconstruction.fan import FanBeam, backproject, project
from ldct.reconstruction.kernels import Kernel
from ldct.reconstruction.noise_level import calm, residual
from ldct.tables.images import INVALID_HU, ImageStack

log = logging.getLogger("ldct")
WATER = 0.0192  # 1/mm at the effective energy of 120 kVp
SCANNER = FanBeam()
START_PHOTONS = 1e6
CALIBRATION_SLICES, CALIBRATION_ROUNDS = 5, 2
# Fewer quanta leave too few behind a patient for the noise of a logarithm; more are none that a tube gives.
LEAST_PHOTONS, MOST_PHOTONS = 1e4, 1e8
# The projections only set the variance of the noise, which varies slowly: coarser ones serve.
COARSE_VIEWS, COARSE_COLUMNS, COARSE_PIXELS = 4, 2, 2


def insert_noise(
    stack: ImageStack,
    *,
    fraction: float,
    photons: float | None,
    electronic_noise: float,
    seed: int,
    kernel: str | Kernel = "soft",
) -> ImageStack:
    """The stack as it would look at `fraction` of its dose, int16 HU; unmeasured pixels stay unmeasured.

    `photons` is the quanta behind the bowtie filter at full dose, per detector element and view; None takes as many as
    make var(low - full) = (1 / fraction - 1) var(full) in the flat soft tissue of the stack, which follows tube current
    and slice thickness. `electronic_noise` is a variance in quanta squared. Each slice has its own generator, of
    `seed` and its index, so the result does not depend on which other slices are there. Outside the scanner's field of
    view nothing is added.
    """
    if photons is None:
        photons = calibrate(stack, fraction=fraction, electronic_noise=electronic_noise, seed=seed, kernel=kernel)
        log.info("%s: noise of the images corresponds to %.3g quanta", stack.patient, photons)
    incident = bowtie(SCANNER.gamma, photons, WATER)
    hu = stack.hu.copy()
    for number, (index, valid) in enumerate(zip(stack.index, stack.valid, strict=True)):
        rng = np.random.default_rng([seed, int(index)])
        noise = _noise(stack.hu_air[number], stack.pixel_spacing_mm, incident, fraction, electronic_noise, rng, kernel)
        noisy = np.rint(hu[number] + noise)
        hu[number] = np.where(valid, np.clip(noisy, INVALID_HU + 1, 32767), INVALID_HU).astype(np.int16)
        if (number + 1) % 20 == 0:
            log.info("%s: noise inserted in %d of %d slices", stack.patient, number + 1, len(stack))
    return replace(stack, hu=hu, dose="low")


def calibrate(
    stack: ImageStack, *, fraction: float, electronic_noise: float, seed: int, kernel: str | Kernel = "soft"
) -> float:
    """Quanta at which the inserted noise has (1 / fraction - 1) times the variance of the images' own.

    Measured on a few slices where soft tissue is flat; inserted variance goes as 1 / quanta. Without soft tissue the
    starting value is returned.
    """
    photons = START_PHOTONS
    slices = np.unique(np.linspace(0, len(stack) - 1, CALIBRATION_SLICES + 2).round().astype(int)[1:-1])
    for _ in range(CALIBRATION_ROUNDS):
        incident = bowtie(SCANNER.gamma, photons, WATER)
        ratios = []
        for number in slices:
            hu = stack.hu_air[number]
            where = calm(hu)
            if where.any():
                rng = np.random.default_rng([seed, int(number)])
                noise = _noise(hu, stack.pixel_spacing_mm, incident, fraction, electronic_noise, rng, kernel)
                wanted = (1 / fraction - 1) * np.median(residual(hu)[where] ** 2)
                ratios.append(np.median(residual(noise)[where] ** 2) / max(wanted, 1e-3))
        if not ratios:
            return START_PHOTONS
        photons = float(np.clip(photons * np.median(ratios), LEAST_PHOTONS, MOST_PHOTONS))
    return photons


def at_bound(photons: float) -> bool:
    """Whether a calibration ended at its bound, so that the inserted noise misses its aim."""
    return photons in (LEAST_PHOTONS, MOST_PHOTONS)


def _noise(
    hu: np.ndarray,
    pixel_mm: tuple[float, float],
    incident: np.ndarray,
    fraction: float,
    electronic: float,
    rng: np.random.Generator,
    kernel: str | Kernel,
) -> np.ndarray:
    """HU to add to one slice."""
    step = COARSE_PIXELS
    rows, columns = (size - size % step for size in hu.shape)
    small = hu[:rows, :columns].reshape(rows // step, step, columns // step, step).mean(axis=(1, 3))
    mu = np.maximum(WATER * (1 + small / 1000), 0)
    beam = SCANNER.coarse(COARSE_VIEWS, COARSE_COLUMNS)
    coarse = project(mu, (pixel_mm[0] * step, pixel_mm[1] * step), beam)
    p = _refine(coarse, SCANNER.views, SCANNER.columns)
    noise = (insert(p[..., None], incident, fraction, electronic, rng) - p[..., None])[..., 0]
    return 1000 / WATER * backproject(noise, hu.shape, pixel_mm, SCANNER, kernel, unmeasured=0.0)


def _refine(coarse: np.ndarray, views: int, columns: int) -> np.ndarray:
    """Linear interpolation to `views` (periodic) and `columns`, float32."""
    factor = columns // coarse.shape[1]
    at = np.clip((np.arange(columns) - (factor - 1) / 2) / factor, 0, coarse.shape[1] - 1)
    left = np.minimum(at.astype(int), coarse.shape[1] - 2)
    share = (at - left).astype(np.float32)
    wide = coarse[:, left] * (1 - share) + coarse[:, left + 1] * share
    at = np.arange(views) * coarse.shape[0] / views
    first = at.astype(int)
    share = (at - first).astype(np.float32)[:, None]
    return wide[first] * (1 - share) + wide[(first + 1) % len(wide)] * share
