"""A lower dose of measured projections: the variance, texture and mean that a scan at that dose has."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from ldct.config.raw import LowDose, Scanner
from ldct.data.ingest import build_images
from ldct.projection.ctpd.reader import open_series
from ldct.projection.ctpd.writer import SeriesInfo, Writer
from ldct.projection.geometry import Detector, helical
from ldct.projection.noise import acquire, bowtie
from ldct.projection.phantom import Phantom
from ldct.projection.reduced import own_noise, reduce_dose
from ldct.projection.simulate import simulate_patient
from ldct.reconstruction.wfbp import reconstruct_grid
from ldct.stages.images import Images
from ldct.stages.simulate import Simulate
from ldct.tables import read_table
from ldct.tables.cohort import REJECTIONS, SERIES
from ldct.tables.images import read_images

MU, PHOTONS, ELECTRONIC, FRACTION = 0.0192, 3e5, 8.0, 0.25
DETECTOR = Detector(
    columns=184,
    rows=16,
    column_spacing_mm=5.1432,
    row_spacing_mm=4.3788,
    source_isocentre_mm=595.0,
    source_detector_mm=1085.6,
    central_column=92.75,
    central_row=8.5,
)
INFO = SeriesInfo(
    study_uid="2.25.1",
    series_uid="2.25.2",
    frame_of_reference_uid="2.25.3",
    patient_id="water",
    views_per_rotation=288,
    pitch=0.9,
    water_attenuation=MU,
    slope=2e-4,
    intercept=-0.2,
)
AXIS, Z = np.arange(-64.0, 64.0), np.arange(-24.0, 24.1, 4.0)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """A water cylinder in a beam whose tube current changes: noise-free line integrals, and the measured series."""
    geometry = helical(DETECTOR, views_per_rotation=288, pitch=0.9, start_mm=-58, stop_mm=58, flying_focal_spot="FFSZ")
    phantom = Phantom()
    phantom.cylinder((0.0, 0.0), (110.0, 110.0), (-120.0, 120.0), MU)
    clean = phantom.line_integrals(geometry)
    current = 1 + 0.5 * np.sin(np.arange(len(geometry)) / 60)
    photons = (current[:, None] * bowtie(DETECTOR.fan_angle, PHOTONS, MU)).astype(np.float32)
    measured = acquire(clean, photons, 1.0, ELECTRONIC, np.random.default_rng(0))
    folder = tmp_path_factory.mktemp("water")
    codes = np.clip(np.rint((measured + 0.2) / 2e-4), 0, 65535).astype(np.uint16)
    Writer(folder, geometry, INFO, photons).write(0, codes)
    return clean, replace(open_series(folder), tube_current=200 * current)


def reduced(series, photons=None):
    return reduce_dose(series, fraction=FRACTION, photons=photons, electronic_noise=ELECTRONIC, seed=4)


def hu(codes, geometry, scale=(1.0, 0.0)):
    return 1000 / MU * reconstruct_grid(codes, geometry, AXIS, AXIS, Z, scale=scale, kernel="soft")


@pytest.fixture(scope="module")
def images(scanned):
    clean, series = scanned
    low, _ = reduced(series)
    direct = acquire(clean, series.photons, FRACTION, ELECTRONIC, np.random.default_rng(9))
    base = hu(clean, series.geometry)
    full = hu(series.codes, series.geometry, series.scale) - base
    return full, hu(low.codes, series.geometry) - base, hu(direct, series.geometry) - base


def power(noise):
    """Mean power in rings of 0.03 cycles/mm, to the Nyquist frequency of the detector."""
    spectrum = (np.abs(np.fft.fft2(noise * np.outer(np.hanning(128), np.hanning(128)))) ** 2).mean(0)
    nu = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128))
    return np.array([spectrum[(nu >= low) & (nu < low + 0.03)].mean() for low in (0.02, 0.05, 0.08, 0.11)])


def test_added_variance_is_one_over_a_minus_one_times_that_of_full(images):
    full, low, direct = images
    assert (low - full).var() / full.var() == pytest.approx(1 / FRACTION - 1, rel=0.05)
    assert low.std() == pytest.approx(direct.std(), rel=0.03)


def test_noise_power_rises_alike_at_all_frequencies(images):
    full, low, direct = images
    ratio = power(low - full) / power(full)
    assert ratio == pytest.approx(np.full(4, 1 / FRACTION - 1), rel=0.15)
    assert power(low) / power(direct) == pytest.approx(np.ones(4), rel=0.15)


def test_the_mean_stays(images):
    full, low, _ = images
    assert abs((low - full).mean()) < 1.0
    assert abs(low.mean()) < 1.0


def test_a_view_is_the_same_whichever_others_are_read(scanned):
    low, note = reduced(scanned[1])
    assert "PhotonStatistics" in note
    block = low.codes(20, 40)
    assert block.dtype == np.float32 and low.scale == (1.0, 0.0)
    assert np.array_equal(block[3:9:2], low.codes(23, 29, 2))
    assert np.array_equal(block[5:], low.views(25, 60).codes(0, 15))
    assert np.array_equal(low.views(10, 90).views(10, 50).codes(0, 20), block)
    assert not np.array_equal(low.codes(20, 21), low.codes(21, 22))


def test_the_scans_own_noise_is_measured(scanned):
    _, series = scanned
    assert own_noise(series, series.photons, ELECTRONIC) == pytest.approx(1, abs=0.05)
    assert own_noise(series, 2 * series.photons, ELECTRONIC) == pytest.approx(2, abs=0.15)


def test_a_hardened_beam_has_fewer_quanta_than_photon_statistics_say(scanned, caplog):
    _, series = scanned
    low, note = reduced(replace(series, photons=np.float32(1.15) * series.photons))
    assert low.incident == pytest.approx(series.photons, rel=0.05)
    assert "over 1.1" in note and not caplog.records
    low, _ = reduced(replace(series, photons=2 * series.photons))
    assert low.incident == pytest.approx(2 / 1.3 * series.photons, rel=1e-3)
    assert "PhotonStatistics" in caplog.text


def test_quanta_of_a_beam_without_photon_statistics_follow_bowtie_tube_current_and_noise(scanned):
    _, series = scanned
    low, note = reduced(replace(series, photons=None))
    assert low.incident == pytest.approx(series.photons, rel=0.06)
    assert "bowtie model" in note and "own noise" in note
    fixed, note = reduced(series, photons=1e5)
    assert fixed.incident.max(1).mean() == pytest.approx(1e5, rel=1e-3)
    assert "as set" in note


def test_the_low_dose_of_a_patient_comes_from_its_projections(tmp_path):
    scanner = Scanner(detector_columns=184, column_spacing_mm=5.1432, views_per_rotation=128).model_dump()
    spec = Simulate.Spec(patient="p", seed=3, region="abdomen", fraction=0.5, scanner=scanner)
    simulate_patient(spec, tmp_path)
    shutil.rmtree(tmp_path / "low")
    settings = {"matrix": 96, "field_of_view_mm": 360.0, "kernel": "soft"}
    settings |= {"slice_thickness_mm": 6.0, "slice_spacing_mm": 6.0}
    spec = {"patient": "p", "kind": "ctpd", "region": "abdomen", "allow_lossy": False, "reconstruction": settings}
    spec["low_dose"] = LowDose(fraction=0.25).model_dump()
    names = [tmp_path / name for name in ("full.parquet", "low.parquet", "series.parquet", "rejections.parquet")]
    build_images(Images.Spec(**spec), {"full": tmp_path / "full"}, *names)
    full, low = (read_images(path) for path in names[:2])
    rows = read_table(names[2], SERIES).to_pylist()
    assert not read_table(names[3], REJECTIONS).to_pylist()
    assert [row["source"] for row in rows] == ["ctpd", "inserted"]
    assert "PhotonStatistics" in rows[1]["note"] and "axes assumed" in rows[1]["note"]
    assert len(full) == len(low) > 3 and np.array_equal(full.position_mm, low.position_mm)
    assert rows[1]["dose_measured"] == pytest.approx(0.25, rel=0.2) and rows[1]["quanta"] > 1e4
    assert "a part of the scan" not in rows[0]["note"]
    for path in sorted((tmp_path / "full").iterdir())[:20]:
        path.unlink()
    build_images(Images.Spec(**spec), {"full": tmp_path / "full"}, *names)
    rows = read_table(names[2], SERIES).to_pylist()
    assert all("before number 21 are not there: a part of the scan" in row["note"] for row in rows)
    tissue = (np.abs(full.hu - 50.0) < 80) & low.valid
    difference = (low.hu.astype(float) - full.hu)[tissue]
    assert difference.std() > 8 and abs(difference.mean()) < 1.0
