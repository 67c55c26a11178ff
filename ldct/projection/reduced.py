"""A measured series as it would be at a lower dose: noise inserted in its line integrals as they are read."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, fields, replace

import numpy as np

from ldct.projection.ctpd.reader import Series
from ldct.projection.geometry import FOCAL_SPOTS
from ldct.projection.noise import bowtie, insert

log = logging.getLogger("ldct")
SAMPLES = 48  # places along the scan where its own noise is looked at
BODY = 1.0  # least line integral of a ray through the patient
# PhotonStatistics are quanta of the beam in air. Behind a patient it is harder and has up to a fifth fewer quanta than
# its signal tells; less noise than theirs, or much more, has other causes and is only reported.
HARDENED = (1.0, 1.3)


@dataclass(frozen=True, eq=False)
class ReducedSeries(Series):
    """`Series` whose codes are line integrals (scale 1, 0), float32, at `fraction` of its dose.

    `incident` is (views, columns), quanta of the full-dose beam; `electronic_noise` a variance in quanta squared. Each
    view has its own generator, of `seed` and its number, so that a view is the same whichever others are read.
    """

    incident: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    fraction: float = 1.0
    electronic_noise: float = 0.0
    seed: int = 0
    first: int = 0

    @property
    def scale(self) -> tuple[float, float]:
        return 1.0, 0.0

    def views(self, start: int, stop: int) -> ReducedSeries:
        own = super().views(start, stop)
        return replace(own, incident=self.incident[start:stop], first=self.first + start)  # type: ignore[return-value]

    def codes(self, start: int = 0, stop: int | None = None, step: int = 1) -> np.ndarray:
        """Noisy line integrals of views start..stop, float32 (views, columns, rows)."""
        stored = super().codes(start, stop, step)
        slope, intercept = np.float32(self.acquisition.slope), np.float32(self.acquisition.intercept)
        out = np.empty(stored.shape, np.float32)
        for i, number in enumerate(range(len(self))[start:stop:step]):
            rng = np.random.default_rng([self.seed, self.first + number])
            p = stored[i : i + 1] * slope + intercept
            out[i] = insert(p, self.incident[number : number + 1], self.fraction, self.electronic_noise, rng)[0]
        return out


def reduce_dose(
    series: Series, *, fraction: float, photons: float | None, electronic_noise: float, seed: int
) -> tuple[ReducedSeries, str]:
    """The series at `fraction` of its dose, and a note on where its quanta come from.

    Those of the files (PhotonStatistics, of each view and column) where `photons` is None and the files carry them,
    lowered by what the scan's own noise exceeds theirs, as a hardened beam's does; else a body bowtie filter in a beam
    that follows the tube current, with `photons` behind its centre on average, or as many as give the scan's own noise.
    """
    if photons is None and series.photons is not None:
        own = own_noise(series, series.photons, electronic_noise)
        factor = float(np.clip(own, *HARDENED))
        incident = (series.photons / factor).astype(np.float32)
        note = f"noise inserted in projections by PhotonStatistics over {factor:.2f}; own variance {own:.2f} of theirs"
        if not 0.8 < own < HARDENED[1]:
            log.warning("the variance of the projections is %.2f of what PhotonStatistics say", own)
    else:
        current = np.asarray(series.tube_current, float)
        relative = current / current.mean() if np.all(current > 0) else np.ones(len(series))
        water = series.acquisition.water_attenuation
        shape = relative[:, None] * bowtie(series.geometry.detector.fan_angle, 1.0, water)
        source = "as set"
        if photons is None:
            # Twice, as the share of the electronic noise depends on the level.
            photons, source = 1e5, "of the scan's own noise"
            for _ in range(2):
                photons /= own_noise(series, photons * shape, electronic_noise)
        incident = (photons * shape).astype(np.float32)
        note = f"noise inserted in projections by a bowtie model of {photons:.3g} quanta, {source}"
    plain = {f.name: getattr(series, f.name) for f in fields(Series)}
    reduced = ReducedSeries(**plain, incident=incident, fraction=fraction, electronic_noise=electronic_noise, seed=seed)
    return reduced, note


def own_noise(series: Series, incident: np.ndarray, electronic_noise: float) -> float:
    """Variance of the line integrals relative to that of `incident` quanta (views, columns), in rays through the body.

    Measured in `SAMPLES` places along the scan, by `relative_noise`.
    """
    spots = FOCAL_SPOTS[series.geometry.flying_focal_spot]
    found = []
    for start in np.unique(np.linspace(0, max(len(series) - 2 * spots - 1, 0), SAMPLES).astype(int)):
        p = series.line_integrals(start, start + 2 * spots + 1)[::spots]
        if len(p) == 3:
            found.append(relative_noise(p, incident[start], electronic_noise))
    return variance(np.concatenate(found)) if found else 1.0


def relative_noise(p: np.ndarray, incident: np.ndarray, electronic_noise: float) -> np.ndarray:
    """Noise of three successive views of one focal spot, (3, columns, rows), over the SD of `incident` quanta, (rays,).

    Second differences over the views and over three rows, in which anatomy hardly remains, of the rays through the body
    (line integrals above 1; of all where there are none).
    """
    difference = (p[0] - 2 * p[1] + p[2]) / np.sqrt(6)
    mean = p.mean(0)
    if mean.shape[1] > 2:
        difference = (difference[:, :-2] - 2 * difference[:, 1:-1] + difference[:, 2:]) / np.sqrt(6)
        mean = (mean[:, :-2] + mean[:, 1:-1] + mean[:, 2:]) / 3
    inverse = np.exp(mean) / incident[:, None]
    relative = difference / np.sqrt(inverse * (1 + electronic_noise * inverse))
    body = mean > BODY
    return relative[body] if body.any() else relative.ravel()


def variance(noise: np.ndarray) -> float:
    """Variance of a normal distribution by the median of its absolute values, which edges hardly move."""
    return float((np.median(np.abs(noise)) / 0.6745) ** 2)
