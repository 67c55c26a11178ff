"""Two doses belong together by headers in classes and by their data; what dose the noise says is measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pydicom
import pytest

from ldct.data.achieved import measured_dose, off_target
from ldct.data.lost import check_lost
from ldct.data.naming import numbered
from ldct.data.pairing import check_headers
from ldct.dicom.headers import Header
from ldct.errors import InputError, LdctError
from ldct.reconstruction.insertion import LEAST_PHOTONS
from ldct.stages.cohort import Cohort
from ldct.tables import read_table
from ldct.tables.cohort import SERIES
from tests.data.test_ingest import body, dicom, ingest, stack
from tests.data.test_pairing import lungs, noisy

GENERATED = {"fraction": 0.25, "photons": None, "electronic_noise": 8.0, "seed": 3}


@pytest.mark.parametrize(
    ("name", "full", "low", "same"),
    [
        ("thickness", 0.625, 0.62500001, True),
        ("thickness", 0.6, 0.625, False),
        ("thickness", 3.0, 3.2, False),
        ("thickness", 3.0, None, True),
        ("kv", 120.0, 119.9, True),
        ("kv", 120.0, 120.4, True),
        ("kv", 120.0, 118.0, False),
        ("kv", 120.0, 125.0, False),
        ("kernel", "STANDARD", "standard", True),
        ("kernel", "Soft Tissue", "SOFT_TISSUE ", True),
        ("kernel", "Soft Tissue", "Sharp Plus", False),
        ("kernel", "B30f", "B30s", False),
        ("kernel", "Br40d\\3", "Br40d/3", True),
        ("kernel", "Br40d/3", "Br40d/2", False),
        ("kernel", "STANDARD", "STANDARD+", False),
        ("kernel", "B30f", None, True),
        ("frame_of_reference", "1.2.3", "1.2.3", True),
        ("frame_of_reference", "1.2.3", "1.2.30", False),
        ("frame_of_reference", "1.2.3", "", True),
    ],
)
def test_headers_contradict_each_other_in_what_they_say_not_in_how(name, full, low, same):
    a, b = (Header(**{name: value}) for value in (full, low))
    for one, other in ((a, b), (b, a)):
        if same:
            assert check_headers(one, other) == []
            continue
        with pytest.raises(InputError, match=rf"cohort\.accept: \[{name}\]") as caught:
            check_headers(one, other)
        assert "Soft" not in str(caught.value) and "1.2.3" not in str(caught.value)
        (note,) = check_headers(one, other, [name])
        assert "accepted" in note


def test_every_contradiction_stands_in_one_message_and_only_those_named_are_accepted():
    a, b = Header(kernel="B30f", kv=120.0, thickness=3.0), Header(kernel="B45f", kv=100.0, thickness=1.0)
    with pytest.raises(InputError) as caught:
        check_headers(a, b, ["kv"])
    assert "kernel B45f" in str(caught.value) and "slice thickness 1" in str(caught.value)
    assert "voltage" not in str(caught.value)


def low_dose(tmp_path, hu, **changes):
    """A full- and a low-dose folder whose low-dose headers are changed."""
    full, low = dicom(tmp_path / "f", stack(body())), dicom(tmp_path / "l", stack(hu, "low"))
    for path in low.glob("*.dcm"):
        dataset = pydicom.dcmread(path)
        for name, value in changes.items():
            setattr(dataset, name, value)
        dataset.save_as(path)
    return {"full": full, "low": low}


def test_a_phantom_scanned_twice_pairs_where_that_is_said(tmp_path):
    folders = low_dose(tmp_path, body(noise=20, seed=1), FrameOfReferenceUID="1.2.3")
    a, *_, refused = ingest(tmp_path, **folders)
    assert len(a) == 0 and "frame of reference" in refused[-1]["found"]
    a, _, series, refused = ingest(tmp_path, accept=("frame_of_reference",), **folders)
    assert len(a) == 4 and not refused
    assert "accepted by cohort.accept" in series[1]["note"]


@pytest.mark.parametrize("harm", ["moved", "brighter", "quieter"])
def test_what_is_accepted_by_its_header_is_still_judged_by_its_pixels(tmp_path, harm):
    hu = body(noise=20, seed=1)
    other = {"moved": np.roll(hu, 4, axis=1), "brighter": hu + np.int16(40), "quieter": body(noise=2, seed=1)}[harm]
    folders = low_dose(tmp_path, other, FrameOfReferenceUID="1.2.3", ConvolutionKernel="Sharp Plus")
    a, *_, refused = ingest(tmp_path, accept=("frame_of_reference", "kernel"), **folders)
    assert len(a) == 0 and refused


@pytest.mark.parametrize("anatomy", ["disc", "vessels"])
@pytest.mark.parametrize("dose", [0.5, 0.25, 0.1])
def test_the_measured_dose_is_that_of_the_noise_whatever_the_anatomy(dose, anatomy):
    clean = lungs(8, 192) if anatomy == "vessels" else body(8, size=128, noise=0.0).astype(float)
    full, low = (
        replace(stack(np.rint(noisy(clean, sd, seed)).astype(np.int16)), dose=name)
        for name, sd, seed in (("full", 10.0, 1), ("low", 10.0 / np.sqrt(dose), 2))
    )
    assert measured_dose(full, low, inserted=False) == pytest.approx(dose, rel=0.15)


@pytest.mark.parametrize("dose", [0.5, 0.1])
def test_noise_that_was_added_is_measured_beside_that_of_the_full_dose(dose):
    full = stack(body(8, size=128, noise=10.0))
    added = 10.0 * np.sqrt(1 / dose - 1) * np.random.default_rng(5).standard_normal(full.hu.shape)
    low = replace(full, hu=np.rint(full.hu + added).astype(np.int16))
    assert measured_dose(full, low, inserted=True) == pytest.approx(dose, rel=0.12)


def test_nothing_is_measured_where_there_is_no_tissue_or_no_noise():
    air = stack(np.full((4, 64, 64), -1000, np.int16))
    assert measured_dose(air, air, inserted=False) is None and measured_dose(air, air, inserted=True) is None
    same = stack(body())
    assert measured_dose(same, same, inserted=False) is None, "the same images have no noise of their own"
    assert measured_dose(same, same, inserted=True) == 1.0


def test_only_a_miss_of_more_than_the_tolerance_is_told():
    assert off_target(0.25, 0.21, 0.2) is None and off_target(0.25, None, 0.2) is None
    assert "19 %" in str(off_target(0.25, 0.19, 0.2)) and "31 %" in str(off_target(0.25, 0.31, 0.2))


def test_wanted_and_measured_dose_and_quanta_stand_in_the_series_table(tmp_path):
    made = stack(body(size=128))
    *_, series, _ = ingest(tmp_path, GENERATED, full=dicom(tmp_path / "f", replace(made, pixel_spacing_mm=(2.5, 2.5))))
    low = series[1]
    assert low["dose_fraction"] == 0.25
    assert low["dose_measured"] == pytest.approx(0.25, rel=0.2)
    assert low["quanta"] > LEAST_PHOTONS
    assert "wanted" not in low["note"]


def test_a_calibration_at_its_bound_and_the_dose_it_misses_are_told_or_rejected(tmp_path):
    """More noise than projections of a usable dose can have."""
    noisy = replace(stack(body(size=128, noise=300.0)), pixel_spacing_mm=(2.5, 2.5))
    folder = dicom(tmp_path / "f", noisy)
    *_, series, _ = ingest(tmp_path, GENERATED, full=folder)
    low = series[1]
    assert low["quanta"] == LEAST_PHOTONS and "bound of 10000 quanta" in low["note"]
    assert low["dose_measured"] > 1.2 * 0.25 and "25 % was wanted" in low["note"]
    a, *_, refused = ingest(tmp_path, GENERATED, reject_missed_dose=True, full=folder)
    assert len(a) == 0 and "25 % was wanted" in refused[-1]["found"]


def lossy_folder(tmp_path):
    """Five slices of which two are damaged."""
    folder = dicom(tmp_path / "f", stack(body(5)))
    for path in sorted(folder.glob("*.dcm"))[:2]:
        path.write_bytes(path.read_bytes()[:-3000])
    return folder


def test_lost_frames_are_a_share_that_can_reject_a_patient(tmp_path):
    folder = lossy_folder(tmp_path)
    a, _, series, _ = ingest(tmp_path, GENERATED, reject_lost=0.4, full=folder)
    assert len(a) == 3
    assert [(row["frames"], row["slices"]) for row in series] == [(5, 3), (5, 3)]
    assert series[0]["lost_share"] == pytest.approx(0.4)
    assert "2 of its 5 frames (40.0 %)" in series[0]["note"]
    a, *_, refused = ingest(tmp_path, GENERATED, reject_lost=0.39, full=folder)
    assert len(a) == 0 and "3 of 5 full-dose frames" in refused[-1]["found"]


def test_the_cohort_of_a_study_that_lost_too_much_is_refused(tmp_path):
    folder = lossy_folder(tmp_path)
    ingest(tmp_path, GENERATED, full=folder)
    member = {"patient": "p", "region": "chest", "kind": "dicom", "fold": 0}
    split = {"0": {"train": [], "validation": [], "test": ["p"]}}
    inputs = Cohort.Inputs(series=[tmp_path / "out/series"], rejections=[tmp_path / "out/rejections"])
    outputs = Cohort.Outputs(**{name: tmp_path / f"cohort/{name}.parquet" for name in Cohort.Outputs.model_fields})
    for limit in (0.4, 0.39):
        spec = Cohort.Spec.model_validate({"patients": [member], "split": split, "stop_lost": limit})
        if limit == 0.4:
            Cohort.run(spec, inputs, outputs)
            continue
        with pytest.raises(LdctError, match=r"cohort\.stop_lost"):
            Cohort.run(spec, inputs, outputs)


def test_a_frame_of_a_file_is_named_by_the_number_of_both(tmp_path):
    (tmp_path / "jane.dcm").write_bytes(b"")
    (tmp_path / "x (frame 1)").write_bytes(b"")
    names = ("jane.dcm (frame 12)", "x (frame 1)", "jane.dcm", "gone (frame 2)")
    errors = numbered([InputError(name, "f", "e", "a") for name in names], "low", tmp_path)
    assert [error.path for error in errors[::2]] == ["low, file 1 of 2 (frame 12)", "low, file 1 of 2"]
    assert all("jane" not in error.path and "gone" not in error.path for error in errors)


def test_lost_frames_of_a_cohort_can_stop_the_study(tmp_path):
    ingest(tmp_path, GENERATED, full=lossy_folder(tmp_path))
    some = tmp_path / "out/series"
    assert read_table(some, SERIES).num_rows == 2
    check_lost([some, some], 0.4)
    with pytest.raises(LdctError, match=r"cohort\.stop_lost"):
        check_lost([some, some], 0.39)
    ingest(tmp_path / "none", full=tmp_path / "nowhere")
    rejected = tmp_path / "none/out/series"
    check_lost([some, rejected], 0.7)
    with pytest.raises(LdctError, match="70 %"):
        check_lost([some, rejected], 0.69)
