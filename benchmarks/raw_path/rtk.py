"""itk-rtk as a referee: its analytic line integrals on a cylindrical detector, and its FDK backprojection."""

from __future__ import annotations

import time

import itk
import numpy as np
from itk import RTK

from ldct.projection.geometry import Detector, Geometry

IMAGE = itk.Image[itk.F, 3]


def line_integrals(geometry: Geometry, bodies: list) -> np.ndarray:
    """What itk-rtk projects of `bodies` (centre, half axes, density), (views, columns, rows), float32."""
    d = geometry.detector
    made = RTK.ThreeDCircularProjectionGeometry.New()
    made.SetRadiusCylindricalDetector(d.source_detector_mm)
    for phi, source, focal in zip(geometry.angle, geometry.source, geometry.focal_centre, strict=True):
        along = np.array([np.cos(phi), np.sin(phi), 0.0])
        middle = focal + d.source_detector_mm * np.array([np.sin(phi), -np.cos(phi), 0.0])
        if not made.AddProjection(*(list(map(float, v)) for v in (source, middle, along)), [0.0, 0.0, -1.0]):
            raise RuntimeError("itk-rtk refuses a view")
    total = np.zeros((len(geometry), d.rows, d.columns), np.float32)
    for centre, axes, density in bodies:
        project = RTK.RayEllipsoidIntersectionImageFilter[IMAGE, IMAGE].New()
        project.SetInput(_stack(np.zeros_like(total), d))
        project.SetGeometry(made)
        project.SetDensity(float(density))
        project.SetCenter(list(map(float, centre)))
        project.SetAxis(list(map(float, axes)))
        project.SetAngle(0.0)
        project.Update()
        total += itk.array_from_image(project.GetOutput())
    return np.ascontiguousarray(total.transpose(0, 2, 1))


def _stack(array: np.ndarray, d: Detector):
    stack = itk.image_from_array(array)
    stack.SetSpacing([d.column_spacing_mm, d.row_spacing_mm, 1.0])
    stack.SetOrigin([(1 - d.central_column) * d.column_spacing_mm, (1 - d.central_row) * d.row_spacing_mm, 0.0])
    return stack


def fdk_updates_per_second(detector: Detector, size: int, slices: int, pixel_mm: float, spacing_mm: float) -> float:
    """Voxel updates of one core-second of FDKBackProjectionImageFilter, every voxel in every view."""
    views = 12
    geometry = RTK.ThreeDCircularProjectionGeometry.New()
    for k in range(views):
        geometry.AddProjection(detector.source_isocentre_mm, detector.source_detector_mm, 360.0 * k / views)
    noise = np.random.default_rng(0).standard_normal((views, detector.rows, detector.columns)).astype(np.float32)
    volume = itk.image_from_array(np.zeros((size, slices, size), np.float32))
    volume.SetSpacing([pixel_mm, spacing_mm, pixel_mm])
    volume.SetOrigin([-(size - 1) / 2 * pixel_mm, -(slices - 1) / 2 * spacing_mm, -(size - 1) / 2 * pixel_mm])
    backproject = RTK.FDKBackProjectionImageFilter[IMAGE, IMAGE].New()
    backproject.SetInput(0, volume)
    backproject.SetInput(1, _stack(noise, detector))
    backproject.SetGeometry(geometry)
    backproject.SetNumberOfWorkUnits(1)
    start = time.process_time()
    backproject.Update()
    return size * size * slices * views / (time.process_time() - start)
