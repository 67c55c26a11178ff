"""From a folder of DICOM-CT-PD files, helical or axial, to slices in HU."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from ldct.errors import InputError
from ldct.projection.ctpd.reader import Series, open_series
from ldct.projection.geometry import FOCAL_SPOTS, Geometry
from ldct.reconstruction.axes import Axes, assumed_axes
from ldct.reconstruction.kernels import Kernel, kernel_of
from ldct.reconstruction.rebinning import parallel_grid, spirals
from ldct.reconstruction.wfbp import reconstruct_grid
from ldct.tables.images import INVALID_HU, ImageStack

log = logging.getLogger("ldct")
SAME_PLACE_MM = 0.1
MEMORY = 3 << 28  # bytes of rebinned projections held at once, and of the images made of them


def reconstruct(
    source: Series | str | Path,
    reconstruction: dict,
    *,
    patient: str = "",
    dose: str = "",
    axes: Axes | None = None,
    rejected: list[InputError] | None = None,
) -> ImageStack:
    """Reconstruct a series, or a folder of one, into axial slices, int16 HU, INVALID_HU where not measured.

    A helical scan, or axial views at one table position: a full turn or more, or a short scan.

    `reconstruction` holds matrix, field_of_view_mm, slice_thickness_mm, slice_spacing_mm and kernel, as in the
    configuration. Slices cover the range that every direction measured within the field of view. Rows run towards
    the patient's back, columns towards the left, slices towards the head: ImageOrientationPatient
    1\\0\\0\\0\\1\\0, and `origin_mm` is the centre of the first pixel in LPS; the images are centred on (0, 0) there.
    `axes` lead from the DICOM-CT-PD frame to LPS; by default those of the patient position, which are assumed.
    Raises InputError for a series that cannot be used; files that are no DICOM go to `rejected` where given.
    """
    series = source if isinstance(source, Series) else open_series(source, rejected)
    name = patient if isinstance(source, Series) else Path(source).name
    if not series.geometry.helical and np.ptp(series.geometry.position) > SAME_PLACE_MM:
        found = "axial rotations at several table positions"
        raise InputError(name, found, "a helical scan, or one position", "Give each rotation a folder of its own.")
    pixel = reconstruction["field_of_view_mm"] / reconstruction["matrix"]
    axes = axes or assumed_axes(series.acquisition.patient_position)
    lps = (np.arange(reconstruction["matrix"]) - (reconstruction["matrix"] - 1) / 2) * pixel
    x, y = (axes.signs[k] * (lps - axes.shift_mm[k]) for k in (0, 1))
    thickness, spacing = reconstruction["slice_thickness_mm"], reconstruction["slice_spacing_mm"]
    radius = 0.5 * reconstruction["field_of_view_mm"] + float(np.hypot(*axes.shift_mm[:2]))
    radius = min(radius, series.geometry.detector.field_radius_mm - pixel)
    low, high = covered_range(series.geometry, radius)
    count = int(np.floor((high - low - thickness) / spacing + 1e-6)) + 1
    if count < 1:
        raise InputError(
            name, f"{high - low:.1f} mm measured completely", f"at least {thickness} mm", "Use a longer scan."
        )
    middle = (low + high) / 2
    z = middle + (np.arange(count) - (count - 1) / 2) * spacing
    z_lps = np.sort(axes.signs[2] * z + axes.shift_mm[2])
    z = axes.signs[2] * (z_lps - axes.shift_mm[2])
    hu = _slabs(series, x, y, z, thickness, spacing, kernel_of(reconstruction["kernel"]))
    log.info("%s: %d slices of %d x %d from %d views", patient or name, count, len(lps), len(lps), len(series))
    return ImageStack(
        patient=patient,
        dose=dose,
        hu=hu,
        position_mm=z_lps,
        pixel_spacing_mm=(pixel, pixel),
        slice_thickness_mm=float(thickness),
        origin_mm=np.stack([np.full(count, lps[0]), np.full(count, lps[0]), z_lps], -1),
    )


def _slabs(series: Series, x, y, z, thickness: float, spacing: float, kernel: str | Kernel) -> np.ndarray:
    """Slices z (evenly spaced, either direction), thickness averaged, a slab at a time to bound memory."""
    g, d = series.geometry, series.geometry.detector
    native = d.collimation_mm / d.rows
    parts = max(1, int(np.ceil(spacing / (0.75 * min(native, thickness)))))
    fine = spacing / parts
    margin = int(np.ceil((0.5 * thickness - 0.5 * fine) / fine - 1e-6))
    out = np.empty((len(z), len(y), len(x)), np.int16)
    ascending = z if len(z) < 2 or z[1] > z[0] else z[::-1]
    reach, spots = _reach(g), FOCAL_SPOTS[g.flying_focal_spot]
    views_per_mm = len(g) / spots / np.ptp(g.position) if g.helical else 0.0
    slabs_mm = MEMORY / (4 * d.columns * d.rows) / max(views_per_mm, 1e-9) - 2 * reach - thickness
    per_slice = 9 * len(x) * len(y) * parts  # float32 of the tiles and of the whole, and whether it is complete
    per_slab = int(np.clip(min(slabs_mm / spacing, MEMORY / per_slice), 1, 64))
    water = series.acquisition.water_attenuation
    for start in range(0, len(z), per_slab):
        own = ascending[start : start + per_slab]
        depth = own[0] + (np.arange(-margin, (len(own) - 1) * parts + margin + 1)) * fine
        part = near_views(series, depth[0], depth[-1])
        mu = reconstruct_grid(part.codes, part.geometry, x, y, depth, scale=series.scale, kernel=kernel)
        weights = _box(parts, margin, fine, thickness)
        for i in range(len(own)):
            out[start + i] = to_hu(np.tensordot(weights, mu[i * parts : i * parts + 2 * margin + 1], 1), water)
    return out if ascending is z else out[::-1]


def near_views(series: Series, low: float, high: float) -> Series:
    """The views that slices from `low` to `high` (mm, DICOM-CT-PD frame) need, beginning with the first focal spot."""
    g = series.geometry
    near = np.flatnonzero((g.position > low - _reach(g)) & (g.position < high + _reach(g)))
    if not len(near):
        return series
    return series.views(near[0] - near[0] % FOCAL_SPOTS[g.flying_focal_spot], near[-1] + 1)


def _box(parts: int, margin: int, fine: float, thickness: float) -> np.ndarray:
    """Share of a box of the slice's thickness that each fine slice holds."""
    centre = np.arange(-margin, margin + 1) * fine
    low, high = np.maximum(centre - fine / 2, -thickness / 2), np.minimum(centre + fine / 2, thickness / 2)
    weights = np.maximum(high - low, 0.0)
    return (weights / weights.sum()).astype(np.float32)


def _reach(g: Geometry) -> float:
    """Views farther from a slice than this (mm) do not contribute to it, filtering margins included."""
    d = g.detector
    edge = d.rows * d.row_spacing_mm * (d.source_isocentre_mm + d.field_radius_mm) / d.source_detector_mm
    half_turn = 0.5 * abs(g.feed_mm)
    return edge / 2 + half_turn * (0.5 + 2 * np.abs(d.fan_angle).max() / np.pi) + 2 * np.abs(g.axial_shift).max()


def to_hu(attenuation: np.ndarray, water: float) -> np.ndarray:
    """int16 HU of attenuation in 1/mm; NaN becomes INVALID_HU."""
    valid = np.isfinite(attenuation)
    hu = np.clip(np.rint(1000.0 * (np.where(valid, attenuation, water) / water - 1.0)), -32767, 32767)
    return np.where(valid, hu, INVALID_HU).astype(np.int16)


def covered_range(g: Geometry, radius_mm: float) -> tuple[float, float]:
    """The z range (low, high) in which all points within `radius_mm` are measured from every direction."""
    d = g.detector
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    x, y = radius_mm * np.cos(angle), radius_mm * np.sin(angle)
    low, high = -np.inf, np.inf
    for spiral in spirals(g):
        grid = parallel_grid(spiral, d.column_spacing_mm * d.source_isocentre_mm / d.source_detector_mm)
        if grid.count < grid.half_turn:
            return 0.0, 0.0
        edges = (d.central_row - 1) * d.row_spacing_mm, (d.central_row - d.rows) * d.row_spacing_mm
        theta = grid.first + grid.step * np.arange(grid.count)[:, None]
        t, depth = x * np.cos(theta) + y * np.sin(theta), x * np.sin(theta) - y * np.cos(theta)
        gamma = np.arcsin(t / spiral.rho_mm)
        z_source = spiral.z_at_zero + spiral.slope * (theta - gamma)
        length = (depth + spiral.rho_mm * np.cos(gamma)) / d.source_detector_mm
        first = z_source + (min(edges) - spiral.axial_shift) * length
        last = z_source + (max(edges) - spiral.axial_shift) * length
        # A direction's coverage is the union over its half turns; consecutive intervals overlap up to pitch 1.5.
        direction = np.arange(grid.count) % grid.half_turn
        for j in range(grid.half_turn):
            low = max(low, first[direction == j].min(0).max())
            high = min(high, last[direction == j].max(0).min())
    return float(low), float(high)
