"""Model observers on the regions of one run, each patient judged by templates trained on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from ldct.lesions.declared import CHANNELS
from ldct.lesions.measures import of_ball
from ldct.observers.hotelling import template
from ldct.tables.lesions import NONE, REAL


@dataclass(frozen=True, eq=False)
class Region:
    """A place of the LESIONS table, and its region in one run: HU with and without the lesion, None where absent."""

    place: Mapping[str, Any]
    spacing_mm: tuple[float, float]
    present: np.ndarray | None
    absent: np.ndarray | None

    @property
    def key(self) -> tuple[str, int]:
        return self.place["patient"], self.place["lesion"]


@dataclass(frozen=True)
class Detection:
    """d' and AUC of one lesion against the backgrounds of its patient."""

    dprime: float
    auc: float


def channels(name: str, shape: tuple[int, int], spacing_mm: tuple[float, float], diameter_mm: float) -> np.ndarray:
    """Channels times the pixel's area, so that outputs do not depend on the pixel; blind to the local level."""
    weights = CHANNELS.load(name)(shape, spacing_mm, diameter_mm)
    return _blind(weights, shape, spacing_mm, diameter_mm) * (spacing_mm[0] * spacing_mm[1])


def _blind(
    weights: np.ndarray, shape: tuple[int, int], spacing_mm: tuple[float, float], diameter_mm: float
) -> np.ndarray:
    """Weights (pixels, ...) of the region minus the mean of a ring about the lesion, where its tissue is sure."""
    ring = of_ball(shape, spacing_mm, diameter_mm).ring.ravel()
    return weights - (ring / ring.sum())[:, None] * weights.sum(axis=0)


def detect_cho(name: str, regions: Sequence[Region], internal_noise: float = 0.0) -> dict[tuple[str, int], Detection]:
    """Detection of every inserted lesion by the CHO with channels `name`; lesions without training are left out.

    A lesion's template is (K + c diag K)^-1 s. s is the mean change that lesions of its type make (of its kind and
    diameter where no other patient has the type) and K the covariance of channel outputs at places without a lesion in
    its tissue, within patients; both from the other patients of the run, or where there are none from the patient's
    other lesions and backgrounds. Its statistic is compared with those of its patient's own backgrounds.
    """
    found: dict[tuple[str, int], Detection] = {}
    lesions = [r for r in regions if r.present is not None and r.absent is not None and r.place["kind"] != REAL]
    backgrounds = [r for r in regions if r.place["kind"] == NONE]
    for diameter in sorted({r.place["diameter_mm"] for r in lesions}):
        made: dict[tuple, np.ndarray] = {}

        def output(region: Region, hu: np.ndarray, diameter: float = diameter, made: dict = made) -> np.ndarray:
            shape = (hu.shape[0], hu.shape[1])
            key = (shape, region.spacing_mm)
            if key not in made:
                made[key] = channels(name, shape, region.spacing_mm, diameter)
            return hu.ravel().astype(np.float64) @ made[key]

        outputs = {r.key: output(r, r.absent) for r in backgrounds if r.absent is not None}
        own = [r for r in lesions if r.place["diameter_mm"] == diameter]
        change = {
            r.key: output(r, r.present) - output(r, r.absent)
            for r in own
            if not (r.present is None or r.absent is None)
        }
        scored = {r.key: output(r, r.present) for r in own if r.present is not None}
        for region in own:
            patient, tissue = region.place["patient"], region.place["tissue"]
            alike = [b for b in backgrounds if b.place["tissue"] == tissue]
            test = np.array([outputs[b.key] for b in alike if b.place["patient"] == patient])
            others = [b for b in alike if b.place["patient"] != patient]
            several = bool(others)
            train = others if several else [b for b in alike if b.place["patient"] == patient]
            signal = _signal(region, own, change, several)
            covariance = _within(train, outputs)
            if signal is None or covariance is None or len(test) < 2:
                continue
            w = template(signal, covariance, internal_noise)
            extra = internal_noise * float(np.sum(w**2 * np.diag(covariance)))
            found[region.key] = _judge(float(w @ scored[region.key]), float(w @ change[region.key]), test @ w, extra)
    return found


def detect_npw(
    regions: Sequence[Region], signals: Mapping[tuple[str, int], np.ndarray]
) -> dict[tuple[str, int], Detection]:
    """Detection by the matched filter whose template is the lesion as the full dose shows it: `signals`, HU by key."""
    found: dict[tuple[str, int], Detection] = {}
    backgrounds = [r for r in regions if r.place["kind"] == NONE and r.absent is not None]
    for region in regions:
        if region.present is None or region.absent is None or region.place["kind"] == REAL:
            continue
        shape = (region.present.shape[0], region.present.shape[1])
        own = signals[region.key].reshape(-1, 1).astype(np.float64)
        w = _blind(own, shape, region.spacing_mm, region.place["diameter_mm"])[:, 0]
        alike = [b.absent for b in backgrounds if b.place["patient"] == region.place["patient"]
                 and b.place["tissue"] == region.place["tissue"]]  # fmt: skip
        if len(alike) < 2:
            continue
        test = np.array([hu.ravel() for hu in alike if hu is not None], np.float64) @ w
        present, absent = (hu.ravel().astype(np.float64) for hu in (region.present, region.absent))
        found[region.key] = _judge(float(present @ w), float((present - absent) @ w), test, 0.0)
    return found


def _judge(score: float, change: float, test: np.ndarray, extra: float) -> Detection:
    """d' = change / SD of the backgrounds; AUC: share of backgrounds below, with the variance `extra` of own noise."""
    spread = float(np.sqrt(test.var(ddof=1) + extra))
    dprime = change / spread if spread > 0 else np.nan
    if extra > 0:
        return Detection(dprime, float(stats.norm.cdf((score - test) / np.sqrt(2 * extra)).mean()))
    return Detection(dprime, float(np.mean(score > test) + 0.5 * np.mean(score == test)))


def _signal(
    region: Region, own: Sequence[Region], change: Mapping[tuple[str, int], np.ndarray], several: bool
) -> np.ndarray | None:
    """Mean change over training lesions of the same type, else of the same kind; the change goes as the contrast."""
    place = region.place
    if several:
        train = [r for r in own if r.place["patient"] != place["patient"]]
    else:
        train = [r for r in own if r.key != region.key]
    same = [r for r in train if r.place["kind"] == place["kind"] and r.place["tissue"] == place["tissue"]]
    exact = [r for r in same if r.place["contrast_hu"] == place["contrast_hu"]]
    chosen = exact or same
    return np.mean([change[r.key] / r.place["contrast_hu"] for r in chosen], axis=0) if chosen else None


def _within(train: Sequence[Region], outputs: Mapping[tuple[str, int], np.ndarray]) -> np.ndarray | None:
    """Pooled covariance of channel outputs within patients; None with too few for the channels."""
    rows, groups = [], 0
    for patient in sorted({b.place["patient"] for b in train}):
        block = np.array([outputs[b.key] for b in train if b.place["patient"] == patient])
        rows.append(block - block.mean(axis=0))
        groups += 1
    centred = np.concatenate(rows) if rows else np.zeros((0, 1))
    freedom = len(centred) - groups
    return centred.T @ centred / freedom if freedom > centred.shape[1] else None
