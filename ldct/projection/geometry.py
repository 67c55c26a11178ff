"""Acquisition geometry in the DICOM-CT-PD frame (Chen 2015; Moen 2021, Table IV): mm and rad, left-handed.

z points from the table towards the gantry; x is right and y up for a viewer at the table side; an angle of 0 has
the focal spot at 12 o'clock and grows counter-clockwise. The frame is fixed to the patient.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

FocalSpotMode = Literal["FFSNONE", "FFSZ", "FFSXY", "FFSDIAG", "FFSXYZ"]
FOCAL_SPOTS: dict[str, int] = {"FFSNONE": 1, "FFSZ": 2, "FFSXY": 2, "FFSDIAG": 2, "FFSXYZ": 4}


@dataclass(frozen=True, kw_only=True)
class Detector:
    """A third-generation detector; `central_column` and `central_row` are 1-based and may be fractional."""

    columns: int
    rows: int
    column_spacing_mm: float
    row_spacing_mm: float
    source_isocentre_mm: float
    source_detector_mm: float
    central_column: float
    central_row: float
    shape: str = "CYLINDRICAL"

    @cached_property
    def fan_angle(self) -> np.ndarray:
        """Angle of each column seen from the focal centre, rad, (columns,)."""
        arc = (np.arange(1, self.columns + 1) - self.central_column) * self.column_spacing_mm
        return arc / self.source_detector_mm

    @property
    def collimation_mm(self) -> float:
        """Total row width at the isocentre."""
        return self.rows * self.row_spacing_mm * self.source_isocentre_mm / self.source_detector_mm

    @property
    def field_radius_mm(self) -> float:
        """Radius of the circle that every view measures."""
        edge = min(abs(self.fan_angle[0]), abs(self.fan_angle[-1]))
        return float(self.source_isocentre_mm * np.sin(edge))


@dataclass(frozen=True, kw_only=True, eq=False)
class Geometry:
    """Views of one acquisition: focal centre (`angle` phi0, `position` z0) and focal spot shifts, each (views,)."""

    detector: Detector
    angle: np.ndarray
    position: np.ndarray
    angle_shift: np.ndarray
    radial_shift: np.ndarray
    axial_shift: np.ndarray
    flying_focal_spot: str = "FFSNONE"
    helical: bool = True

    def __len__(self) -> int:
        return len(self.angle)

    def views(self, selection: slice | np.ndarray) -> Geometry:
        """The same geometry with only the selected views."""
        names = ("angle", "position", "angle_shift", "radial_shift", "axial_shift")
        return replace(self, **{name: getattr(self, name)[selection] for name in names})

    @property
    def focal_centre(self) -> np.ndarray:
        """F, (views, 3)."""
        rho = self.detector.source_isocentre_mm
        return np.stack([-rho * np.sin(self.angle), rho * np.cos(self.angle), self.position], -1)

    @property
    def source(self) -> np.ndarray:
        """True focal spot S, (views, 3)."""
        rho = self.detector.source_isocentre_mm + self.radial_shift
        angle = self.angle + self.angle_shift
        return np.stack([-rho * np.sin(angle), rho * np.cos(angle), self.position + self.axial_shift], -1)

    def elements(self, view: int) -> np.ndarray:
        """Centres of the detector elements of one view, (columns, rows, 3)."""
        d, focal = self.detector, self.focal_centre[view]
        phi = self.angle[view]
        if d.shape == "FLAT":
            along = d.fan_angle * d.source_detector_mm
            x = focal[0] + d.source_detector_mm * np.sin(phi) + along * np.cos(phi)
            y = focal[1] - d.source_detector_mm * np.cos(phi) + along * np.sin(phi)
        else:
            x = focal[0] + d.source_detector_mm * np.sin(phi + d.fan_angle)
            y = focal[1] - d.source_detector_mm * np.cos(phi + d.fan_angle)
        z = focal[2] - (np.arange(1, d.rows + 1) - d.central_row) * d.row_spacing_mm
        return np.stack(np.broadcast_arrays(x[:, None], y[:, None], z[None, :]), -1)

    @property
    def feed_mm(self) -> float:
        """Table feed of one rotation from a line fit of z over the unwrapped angle; its sign is the direction."""
        if len(self) < 2:
            return 0.0
        return float(np.polyfit(np.unwrap(self.angle), self.position, 1)[0] * 2 * np.pi)


def focal_spot_shifts(detector: Detector, mode: str) -> np.ndarray:
    """(angle, radial, axial) shift of each focal spot of `mode`, (spots, 3).

    Quarter-sampling amplitudes of Flohr 2005 with a 7 degree anode: the axial spots lie half a row apart, the
    in-plane spots half a column apart, at the isocentre.
    """
    d0, rho0, anode = detector.source_detector_mm, detector.source_isocentre_mm, np.deg2rad(7.0)
    row = detector.row_spacing_mm * rho0 / d0
    radial = d0 * row / (4 * (d0 - rho0) * np.tan(anode))
    axial = radial * np.tan(anode)
    angular = d0 * np.sin(detector.column_spacing_mm / d0) / (4 * (d0 - rho0))
    axial_pair = [(0.0, radial, axial), (0.0, -radial, -axial)]
    in_plane_pair = [(angular, 0.0, 0.0), (-angular, 0.0, 0.0)]
    spots = {
        "FFSNONE": [(0.0, 0.0, 0.0)],
        "FFSZ": axial_pair,
        "FFSXY": in_plane_pair,
        "FFSDIAG": [(p[0], a[1], a[2]) for a, p in zip(axial_pair, in_plane_pair, strict=True)],
        "FFSXYZ": [(p[0], a[1], a[2]) for a in axial_pair for p in in_plane_pair],
    }
    return np.array(spots[mode])


def helical(
    detector: Detector,
    *,
    views_per_rotation: int,
    pitch: float,
    start_mm: float,
    stop_mm: float,
    flying_focal_spot: str = "FFSNONE",
    start_angle: float = 0.0,
) -> Geometry:
    """A helix from `start_mm` to `stop_mm` (either direction); `pitch` is feed over total collimation."""
    step = pitch * detector.collimation_mm / views_per_rotation
    count = int(np.ceil(abs(stop_mm - start_mm) / step)) + 1
    index = np.arange(count)
    shifts = focal_spot_shifts(detector, flying_focal_spot)[index % FOCAL_SPOTS[flying_focal_spot]]
    return Geometry(
        detector=detector,
        angle=start_angle + 2 * np.pi * index / views_per_rotation,
        position=start_mm + np.sign(stop_mm - start_mm) * step * index,
        angle_shift=shifts[:, 0],
        radial_shift=shifts[:, 1],
        axial_shift=shifts[:, 2],
        flying_focal_spot=flying_focal_spot,
    )


def axial(detector: Detector, *, views: int, position_mm: float = 0.0, start_angle: float = 0.0) -> Geometry:
    """One full rotation without table motion."""
    zero = np.zeros(views)
    return Geometry(
        detector=detector,
        angle=start_angle + 2 * np.pi * np.arange(views) / views,
        position=np.full(views, position_mm),
        angle_shift=zero,
        radial_shift=zero,
        axial_shift=zero,
        helical=False,
    )
