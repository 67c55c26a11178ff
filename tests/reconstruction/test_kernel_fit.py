"""A kernel fitted to a scanner's images is the one they were made with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from ldct.config.raw import FittedKernel, Reconstruction
from ldct.errors import InputError
from ldct.projection.ctpd.reader import open_series
from ldct.projection.ctpd.writer import SeriesInfo, Writer
from ldct.projection.geometry import Detector, helical
from ldct.projection.noise import acquire
from ldct.projection.phantom import Phantom
from ldct.reconstruction.axes import Axes
from ldct.reconstruction.helical import reconstruct
from ldct.reconstruction.kernel_fit import fit_kernel, fit_window, measure_window
from ldct.reconstruction.kernels import Kernel, kernel_of
from ldct.reconstruction.wfbp import reconstruct_grid
from ldct.tables.images import ImageStack

MU = 0.0192
DETECTOR = Detector(
    columns=246,
    rows=16,
    column_spacing_mm=2.5716,
    row_spacing_mm=2.1894,
    source_isocentre_mm=595.0,
    source_detector_mm=1085.6,
    central_column=123.75,
    central_row=8.5,
)
INFO = SeriesInfo(
    study_uid="2.25.1",
    series_uid="2.25.2",
    frame_of_reference_uid="2.25.3",
    patient_id="texture",
    views_per_rotation=384,
    pitch=0.9,
    water_attenuation=MU,
    slope=2e-4,
    intercept=-0.2,
)
AXES = Axes((-1, 1, -1), (3.2, -1.5, 40.0))
HANN_LIKE = {"mtf50": 0.177, "order": 2.0, "boost": 0.0}
PIXEL, SIZE, THICKNESS = 1.2, 128, 3.0


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """Water with many small bodies of little contrast, and noise: power at all frequencies, as in tissue."""
    geometry = helical(DETECTOR, views_per_rotation=384, pitch=0.9, start_mm=-30, stop_mm=30)
    phantom, rng = Phantom(), np.random.default_rng(1)
    phantom.cylinder((0.0, 0.0), (90.0, 90.0), (-90.0, 90.0), MU)
    for _ in range(200):
        angle, radius = rng.uniform(0, 2 * np.pi), 75 * np.sqrt(rng.uniform())
        centre = (radius * np.cos(angle), radius * np.sin(angle), rng.uniform(-12, 12))
        phantom.ellipsoid(centre, rng.uniform(1, 5, 3), MU * rng.normal(0, 0.05))
    measured = acquire(phantom.line_integrals(geometry), np.full(246, 2e5), 1.0, 0.0, np.random.default_rng(2))
    folder = tmp_path_factory.mktemp("texture")
    Writer(folder, geometry, INFO, np.full(246, 2e5)).write(0, np.rint((measured + 0.2) / 2e-4).astype(np.uint16))
    return open_series(folder)


def vendor(series, kernel, noise=0.0) -> ImageStack:
    """Slices of `kernel`, 0.4 mm off along z and 0.3 mm in plane from where the axes say."""
    lps = (np.arange(SIZE) - (SIZE - 1) / 2) * PIXEL
    z_lps = AXES.shift_mm[2] + np.array([-2.0, 2.0])
    x, y = (AXES.signs[k] * (lps - AXES.shift_mm[k]) + 0.3 for k in (0, 1))
    images = []
    for z in z_lps:
        depth = AXES.signs[2] * (z - AXES.shift_mm[2]) + 0.4 + (np.arange(6) - 2.5) * THICKNESS / 6
        mu = reconstruct_grid(series.codes, series.geometry, x, y, depth, scale=series.scale, kernel=kernel)
        images.append(1000 * (np.nan_to_num(mu.mean(0)) / MU - 1))
    hu = np.stack(images) + noise * np.random.default_rng(3).standard_normal((len(z_lps), SIZE, SIZE))
    return ImageStack(
        patient="p",
        dose="full",
        hu=np.rint(hu).astype(np.int16),
        position_mm=z_lps,
        pixel_spacing_mm=(PIXEL, PIXEL),
        slice_thickness_mm=THICKNESS,
        origin_mm=np.stack([np.full(2, lps[0]), np.full(2, lps[0]), z_lps], -1),
    )


def test_the_kernel_of_images_is_recovered(series):
    kernel = Kernel(0.26, 3.0, 0.3)
    found, measured = fit_kernel(series, vendor(series, kernel), AXES)
    assert measured.coherence > 0.5
    nu = np.linspace(0, 0.3, 31)
    true, fitted = (k.window(nu, measured.nyquist) for k in (kernel, found))
    assert np.abs(true - fitted).max() < 0.03


def power(images):
    """Radial noise and texture power of the middle, to 0.3 cycles/mm."""
    middle = images[:, 16:-16, 16:-16].astype(float)
    middle = (middle - middle.mean((1, 2), keepdims=True)) * np.outer(np.hanning(96), np.hanning(96))
    nu = np.hypot(np.fft.fftfreq(96, PIXEL)[:, None], np.fft.fftfreq(96, PIXEL))
    spectrum = (np.abs(np.fft.fft2(middle)) ** 2).mean(0)
    return np.array([spectrum[(nu >= low) & (nu < low + 0.05)].mean() for low in (0.05, 0.1, 0.15, 0.2)])


def test_images_of_the_fitted_kernel_have_the_power_of_the_scanners(series):
    theirs = vendor(series, Kernel(0.20, 2.0), noise=4.0)
    found, _ = fit_kernel(series, theirs, AXES)
    clean = vendor(series, Kernel(0.20, 2.0))
    assert power(vendor(series, found).hu) / power(clean.hu) == pytest.approx(np.ones(4), rel=0.06)
    assert abs(found.mtf50 / 0.20 - 1) < 0.06, "noise of the scanner's images alone does not shift the fit"


def test_the_window_of_images_filtered_by_other_means(series):
    """The plain ramp's images smoothed by scipy: a Gaussian's transfer, known in closed form."""
    sigma = 1.0
    plain = vendor(series, "ramp")
    smooth = np.stack([ndimage.gaussian_filter(image.astype(float), sigma / PIXEL) for image in plain.hu])
    measured = measure_window(series, replace(plain, hu=np.rint(smooth).astype(np.int16)), AXES)
    true = np.exp(-2 * (np.pi * sigma * measured.frequency) ** 2)
    assert measured.response == pytest.approx(true, abs=0.03)
    assert fit_window(measured).mtf50 == pytest.approx(np.sqrt(np.log(2) / 2) / np.pi, rel=0.05)


def test_other_images_give_no_kernel(series):
    theirs = vendor(series, "hann")
    shuffled = replace(theirs, hu=np.ascontiguousarray(theirs.hu[:, ::-1, ::-1]))
    with pytest.raises(InputError, match="explain"):
        fit_kernel(series, shuffled, AXES)
    with pytest.raises(InputError, match="blocks of soft tissue"):
        fit_kernel(series, replace(theirs, hu=theirs.hu - np.int16(600)), AXES)


def test_a_fitted_kernel_is_a_setting(series):
    settings = {"matrix": 64, "field_of_view_mm": 64.0, "slice_thickness_mm": 3.0, "slice_spacing_mm": 6.0}
    by_name, fitted = (reconstruct(series, {**settings, "kernel": kernel}) for kernel in ("hann", HANN_LIKE))
    assert np.abs(by_name.hu.astype(int) - fitted.hu).max() < 0.2 * np.abs(by_name.hu.astype(int)).max()
    chosen = Reconstruction(kernel=FittedKernel(**HANN_LIKE)).model_dump()["kernel"]
    assert kernel_of(chosen) == Kernel(**HANN_LIKE)
