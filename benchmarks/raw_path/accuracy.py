"""Errors of water and inserts in slices of 3 mm through the phantom, all in the range of its beads."""

from __future__ import annotations

import numpy as np

from benchmarks.raw_path.scanner import HALF, MU, phantom
from ldct.projection.geometry import Geometry, helical
from ldct.reconstruction.wfbp import reconstruct_grid

AXIS = np.arange(-150.0, 151.0, 2.0)
FINE_MM, THICKNESS_MM, SLICES = 0.6, 3.0, 5
START_ANGLES = (0.3, 1.9, 3.5, 5.1)


def scan(mode: str = "FFSZ", pitch: float = 0.8, start_angle: float = 0.3) -> Geometry:
    half = 30 + 20 * pitch
    return helical(
        HALF,
        views_per_rotation=576,
        pitch=pitch,
        start_mm=-half,
        stop_mm=half,
        flying_focal_spot=mode,
        start_angle=start_angle,
    )


def errors(geometry: Geometry, projections: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest error over regions, HU, of each slice: of water (a disc and three rings), and of both inserts."""
    parts = round(THICKNESS_MM / FINE_MM)
    z = (np.arange(SLICES * parts) - (SLICES * parts - 1) / 2) * FINE_MM
    fine = reconstruct_grid(projections, geometry, AXIS, AXIS, z)
    slices = 1000 * (fine.reshape(SLICES, parts, len(AXIS), len(AXIS)).mean(1) / MU - 1)
    x, y = AXIS[None, :], AXIS[:, None]
    dense, light = np.hypot(x - 60, y - 10), np.hypot(x + 55, y + 20)
    r, away = np.hypot(x, y), (dense > 34) & (light > 44)
    rings = [(r < low + 20) & (r >= low) & away for low in (0, 20, 40, 60)]
    water = np.array([max(abs(float(image[ring].mean())) for ring in rings) for image in slices])
    inserts = np.array([(image[dense < 14].mean() - 50, image[light < 16].mean() + 900) for image in slices])
    return water, np.abs(inserts).max(1)


def report() -> None:
    """The cone artefacts of the beads turn with the scan's start, so each figure is the largest of several starts."""
    made = phantom()
    for mode, pitch in (("FFSZ", 0.8), ("FFSNONE", 0.5), ("FFSXYZ", 1.0), ("FFSXY", 1.4)):
        water, inserts = [], []
        for start in START_ANGLES if mode == "FFSZ" else START_ANGLES[:1]:
            geometry = scan(mode, pitch, start)
            found = errors(geometry, made.line_integrals(geometry, (2, 2)))
            water.append(found[0])
            inserts.append(found[1])
        water, inserts = np.array(water), np.array(inserts)
        if mode == "FFSZ":
            print(f"hu water_error {water[:, SLICES // 2].max():.2f}")
            print(f"hu insert_error {inserts[:, SLICES // 2].max():.2f}")
        print(f"{mode} pitch {pitch}, {SLICES} slices: water {_spread(water)}; inserts {_spread(inserts)}")


def _spread(values: np.ndarray) -> str:
    return f"{values.mean():.2f} HU on average, {values.max():.2f} at most"
