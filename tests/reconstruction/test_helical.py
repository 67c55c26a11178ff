"""A synthetic patient: simulated, written as DICOM-CT-PD, read back and reconstructed."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from ldct.config.raw import Scanner
from ldct.errors import InputError
from ldct.projection.ctpd.writer import SeriesInfo, Writer
from ldct.projection.geometry import Detector, helical
from ldct.projection.phantom import Phantom
from ldct.projection.simulate import simulate_patient
from ldct.reconstruction import helical as helical_module
from ldct.reconstruction.helical import reconstruct
from ldct.reconstruction.noise_level import noise_sd
from ldct.stages.simulate import Simulate
from ldct.tables.images import INVALID_HU

SPEC = {
    "patient": "synth",
    "seed": 11,
    "region": "abdomen",
    "fraction": 0.1,
    "scanner": Scanner(
        detector_columns=184, column_spacing_mm=5.1432, detector_rows=16, views_per_rotation=128
    ).model_dump(),
}
SETTINGS = {
    "matrix": 96,
    "field_of_view_mm": 360.0,
    "slice_thickness_mm": 6.0,
    "slice_spacing_mm": 6.0,
    "kernel": "soft",
}


def digest(folder):
    made = hashlib.sha256()
    for path in sorted(folder.rglob("*.dcm")):
        made.update(path.name.encode() + path.read_bytes())
    return made.hexdigest()


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw") / "synth"
    simulate_patient(Simulate.Spec(**SPEC), folder)
    return folder


def test_low_dose_is_the_same_anatomy_with_more_noise(raw):
    full, low = (reconstruct(raw / dose, SETTINGS, patient="synth", dose=dose) for dose in ("full", "low"))
    assert full.hu.shape == low.hu.shape and len(full) > 3
    assert full.position_mm.tolist() == low.position_mm.tolist()
    assert np.allclose(np.diff(full.position_mm), 6.0)
    k = len(full) // 2
    assert noise_sd(low.hu[k]) > 1.1 * noise_sd(full.hu[k])
    both = (full.hu != INVALID_HU) & (low.hu != INVALID_HU) & (full.hu > -100) & (full.hu < 200)
    difference = (low.hu.astype(float) - full.hu)[both]
    assert abs(difference.mean()) < 3
    assert difference.std() > 15
    assert 0.2 < (full.hu[k] > -200).mean() < 0.9


def test_equal_specs_give_equal_files(raw, tmp_path):
    simulate_patient(Simulate.Spec(**SPEC), tmp_path / "again")
    assert digest(tmp_path / "again") == digest(raw)


def test_a_missing_view_is_refused(raw, tmp_path):
    simulate_patient(Simulate.Spec(**SPEC), tmp_path / "gap")
    sorted((tmp_path / "gap/low").glob("*.dcm"))[30].unlink()
    with pytest.raises(InputError):
        reconstruct(tmp_path / "gap/low", SETTINGS)


def profile_width(z, values):
    """Full width at half maximum of a peak, by linear interpolation."""
    above = np.flatnonzero(values > values.max() / 2)
    first, last = above[0], above[-1]
    rise = z[first - 1] + (values.max() / 2 - values[first - 1]) / (values[first] - values[first - 1]) * (z[1] - z[0])
    fall = z[last] + (values[last] - values.max() / 2) / (values[last] - values[last + 1]) * (z[1] - z[0])
    return fall - rise


@pytest.fixture(scope="module")
def disc_series(tmp_path_factory):
    """A disc of 0.3 mm in water, seen by rows of 0.6 mm: the slice sensitivity profile is the slice's own."""
    detector = Detector(
        columns=92,
        rows=32,
        column_spacing_mm=2.5716,
        row_spacing_mm=1.0947,
        source_isocentre_mm=595.0,
        source_detector_mm=1085.6,
        central_column=46.75,
        central_row=16.5,
    )
    geometry = helical(detector, views_per_rotation=288, pitch=0.9, start_mm=22, stop_mm=-22, flying_focal_spot="FFSZ")
    phantom = Phantom()
    phantom.cylinder((0.0, 0.0), (40.0, 40.0), (-90.0, 90.0), 0.0192)
    phantom.cylinder((0.0, 0.0), (15.0, 15.0), (-0.15, 0.15), 0.05)
    info = SeriesInfo(
        study_uid="2.25.1",
        series_uid="2.25.2",
        frame_of_reference_uid="2.25.3",
        patient_id="disc",
        views_per_rotation=288,
        pitch=0.9,
        water_attenuation=0.0192,
        slope=1e-4,
        intercept=-0.2,
    )
    folder = tmp_path_factory.mktemp("disc")
    codes = np.rint((phantom.line_integrals(geometry, (1, 3)) + 0.2) / 1e-4).astype(np.uint16)
    Writer(folder, geometry, info, np.full(92, 1e5)).write(0, codes)
    return folder


@pytest.mark.parametrize("thickness", [1.5, 3.0, 5.0])
def test_slices_are_as_thick_as_asked(disc_series, thickness):
    settings = {"matrix": 32, "field_of_view_mm": 40.0, "slice_spacing_mm": 0.25, "kernel": "hann"}
    stack = reconstruct(disc_series, {**settings, "slice_thickness_mm": thickness})
    profile = stack.hu[:, 12:20, 12:20].mean((1, 2))
    assert profile_width(stack.position_mm, profile) == pytest.approx(thickness, rel=0.05)
    assert stack.position_mm[profile > profile.max() / 2].mean() == pytest.approx(0, abs=0.13)
    assert np.median(profile) == pytest.approx(0, abs=1)


def test_memory_is_bounded_by_slabs(disc_series, monkeypatch):
    """The same slices, whether views are rebinned for all of them or for a few at a time."""
    settings = {"matrix": 32, "field_of_view_mm": 40.0, "slice_spacing_mm": 1.0, "kernel": "hann"}
    whole = reconstruct(disc_series, {**settings, "slice_thickness_mm": 1.0})
    monkeypatch.setattr(helical_module, "MEMORY", 1 << 20)
    parts = reconstruct(disc_series, {**settings, "slice_thickness_mm": 1.0})
    assert np.abs(whole.hu.astype(int) - parts.hu).max() <= 2
