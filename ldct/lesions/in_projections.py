"""Lesions in measured projections, and what they change in the reconstructed image."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, fields, replace

import numpy as np

from ldct.projection.ctpd.reader import Series
from ldct.projection.noise import MINIMUM_QUANTA
from ldct.projection.phantom import Phantom
from ldct.projection.reduced import ReducedSeries

SUBRAYS = (2, 2)


def added(
    projections: np.ndarray, lesion: np.ndarray, photons: np.ndarray | None, electronic: float, rng: np.random.Generator
) -> np.ndarray:
    """What a lesion adds to measured line integrals, float32, with the noise that its own attenuation adds.

    `lesion` is its line integral, >= 0, of the shape of `projections`; photons (views, columns) are the incident quanta
    of this dose. The lesion lets a share exp(-lesion) of the quanta pass: counts are thinned to it (a thinned Poisson
    count is the Poisson count behind the denser object), and electronic noise, thinned with them, is made up. The noise
    that was there stays, so that images with and without the lesion are a pair. Without `photons` the line integral
    alone is added.
    """
    out = lesion.astype(np.float32)
    hit = out > 0
    if photons is None or not hit.any():
        return out
    p = projections[hit].astype(np.float64)
    incident = np.broadcast_to(np.asarray(photons, np.float64)[..., None], projections.shape)[hit]
    measured = np.maximum(incident * np.exp(-p), MINIMUM_QUANTA)
    passed = np.exp(-out[hit].astype(np.float64))
    whole = np.floor(measured)
    whole += rng.random(whole.shape) < measured - whole
    counts = rng.binomial(whole.astype(np.int64), passed)
    counts = counts + np.sqrt(electronic * (1 - passed**2)) * rng.standard_normal(whole.shape)
    out[hit] = np.log(measured) - np.log(np.maximum(counts, MINIMUM_QUANTA))
    return out


@dataclass(frozen=True, eq=False)
class Difference(Series):
    """A series whose line integrals are only what `lesions` (in the series' own frame) add to those of `measured`.

    Reconstruction is linear in line integrals: the image of this series is the image with lesions minus the image
    without. The noise of a view is seeded by its file, so that a view read twice is the same.
    """

    measured: Series | None = None
    lesions: Phantom = field(default_factory=Phantom)
    electronic: float = 0.0
    seed: int = 0

    @classmethod
    def of(cls, measured: Series, lesions: Phantom, electronic: float, seed: int) -> Difference:
        """`measured` may be of a lower dose that is made as it is read; its quanta are then those of that dose."""
        plain = {f.name: getattr(measured, f.name) for f in fields(Series)}
        if isinstance(measured, ReducedSeries):
            plain["photons"] = measured.incident * np.float32(measured.fraction)
        return cls(**plain, measured=measured, lesions=lesions, electronic=electronic, seed=seed)

    @property
    def scale(self) -> tuple[float, float]:
        return 1.0, 0.0

    def views(self, start: int, stop: int) -> Difference:
        assert self.measured is not None
        own = super().views(start, stop)
        return replace(own, measured=self.measured.views(start, stop))  # type: ignore[return-value]

    def codes(self, start: int = 0, stop: int | None = None, step: int = 1) -> np.ndarray:
        """Line integrals that the lesions add, float32 (views, columns, rows), of views start..stop."""
        assert self.measured is not None
        own = slice(start, stop, step)
        lesion = self.lesions.line_integrals(self.geometry.views(own), SUBRAYS)
        near = np.flatnonzero(lesion.any(axis=(1, 2)))
        numbers = np.arange(len(self))[own]
        for i in near:
            view = int(numbers[i])
            measured = self.measured.line_integrals(view, view + 1)
            source = self.sources[view]
            rng = np.random.default_rng([self.seed, zlib.crc32(source.path.name.encode()), source.frame])
            photons = None if self.photons is None else self.photons[view : view + 1]
            lesion[i : i + 1] = added(measured, lesion[i : i + 1], photons, self.electronic, rng)
        return lesion
