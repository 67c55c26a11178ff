"""A synthetic patient: simulated, written as DICOM-CT-PD, read back and reconstructed."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from ldct.config.raw import Scanner
from ldct.errors import InputError
from ldct.projection.simulate import simulate_patient
from ldct.reconstruction.helical import reconstruct
from ldct.reconstruction.noise_level import noise_sd
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
    simulate_patient(SPEC, folder)
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
    simulate_patient(SPEC, tmp_path / "again")
    assert digest(tmp_path / "again") == digest(raw)


def test_a_missing_view_is_refused(raw, tmp_path):
    simulate_patient(SPEC, tmp_path / "gap")
    sorted((tmp_path / "gap/low").glob("*.dcm"))[30].unlink()
    with pytest.raises(InputError):
        reconstruct(tmp_path / "gap/low", SETTINGS)
