"""Patient axes are found against the scanner's images, whichever they are, or are said to be assumed."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from ldct.config.raw import Scanner
from ldct.data.axes import axes_of
from ldct.data.axes_job import search_axes
from ldct.dicom.write import write_series
from ldct.errors import InputError
from ldct.projection.ctpd.reader import open_series
from ldct.projection.patients import WATER, patient
from ldct.projection.simulate import simulate_patient
from ldct.reconstruction.axes import assumed_axes
from ldct.reconstruction.axis_search import find_axes
from ldct.reconstruction.helical import reconstruct
from ldct.stages.axes import Axes
from ldct.stages.images import Images
from ldct.stages.keys import PatientKey
from ldct.stages.simulate import Simulate
from ldct.study.code import reachable
from ldct.study.plan import Plan
from ldct.tables import read_table, write_table
from ldct.tables.axes import AXES
from ldct.tables.images import ImageStack

SEED = 11
SCANNER = Scanner(detector_columns=184, column_spacing_mm=5.1432, views_per_rotation=128).model_dump()
PIXEL, SPACING, SIZE, SLICES = 2.5, 3.0, 144, 16
SHIFT = (2 * PIXEL, -3 * PIXEL, SPACING)
SIGNS = list(itertools.product((1, -1), repeat=3))


@cache
def sampled(seed, region) -> np.ndarray:
    """The analytic body around the isocentre, HU, (z, y, x)."""
    side, z = ((np.arange(n) - (n - 1) / 2) * step for n, step in ((SIZE, PIXEL), (SLICES, SPACING)))
    hu = 1000 * (patient(region, seed).image(side, side, z, samples=2) / WATER - 1)
    return hu + np.random.default_rng(0).normal(0, 15, hu.shape)


def scanner_images(signs, shift=SHIFT, seed=SEED, region="abdomen") -> ImageStack:
    """Noisy slices of the patient as a scanner with these axes stores them, in LPS."""
    hu = sampled(seed, region)[:: signs[2], :: signs[1], :: signs[0]]
    x0, y0 = (offset - (SIZE - 1) / 2 * PIXEL for offset in shift[:2])
    z = shift[2] + (np.arange(SLICES) - (SLICES - 1) / 2) * SPACING
    return ImageStack(
        patient="p",
        dose="full",
        hu=np.rint(np.clip(hu, -1024, 3000)).astype(np.int16),
        position_mm=z,
        pixel_spacing_mm=(PIXEL, PIXEL),
        slice_thickness_mm=SPACING,
        origin_mm=np.stack([np.full(SLICES, x0), np.full(SLICES, y0), z], -1),
    )


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("axes") / "p"
    spec = {"patient": "p", "seed": SEED, "region": "abdomen", "fraction": 0.5, "scanner": SCANNER}
    simulate_patient(Simulate.Spec(**spec), folder)
    return folder / "full"


@pytest.fixture(scope="module")
def series(raw):
    return open_series(raw)


@pytest.mark.parametrize("signs", SIGNS, ids=lambda signs: "".join("+-"[s < 0] for s in signs))
def test_each_choice_of_signs_is_recovered(series, signs):
    found = find_axes(series, scanner_images(signs))
    assert found.signs == signs
    assert found.shift_mm == pytest.approx(SHIFT, abs=1.0)


def test_reconstruction_along_the_axes_lies_on_the_scanners_images(series):
    theirs = scanner_images((-1, 1, -1))
    settings = {"matrix": SIZE, "field_of_view_mm": SIZE * PIXEL, "kernel": "soft"}
    settings |= {"slice_thickness_mm": SPACING, "slice_spacing_mm": SPACING}
    ours = reconstruct(series, settings, axes=find_axes(series, theirs))
    # The scanner's pixels lie 2 columns and -3 rows from ours.
    slices = [np.searchsorted(stack.position_mm, np.arange(-6, 12, 3.0)) for stack in (ours, theirs)]
    values = [ours.hu_air[slices[0], 45:100, 45:100], theirs.hu_air[slices[1], 48:103, 43:98]]
    assert np.corrcoef(values[0].ravel(), values[1].ravel())[0, 1] > 0.8


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ({"seed": SEED + 1}, "best agreement"),
        ({"region": "chest"}, "best agreement"),
        ({"shift": (0.0, 0.0, 300.0)}, "nowhere near"),
    ],
    ids=["another patient", "another region", "another range"],
)
def test_images_of_another_scan_are_refused(series, images, words):
    with pytest.raises(InputError, match=words):
        find_axes(series, scanner_images((-1, -1, 1), **images))


def test_images_that_are_not_axial_are_refused(series):
    sagittal = replace(scanner_images((1, -1, 1)), orientation=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    with pytest.raises(InputError, match="not axial"):
        find_axes(series, sagittal)


def found_for(folder, images, raw, name="p") -> tuple:
    """The job's table of `name`, its rows."""
    path = folder / f"{name}.parquet"
    search_axes(Axes.Spec(patient=name, allow_lossy=False, files=""), raw, images, path)
    return path, read_table(path, AXES).to_pylist()


def dicom(folder, stack):
    write_series(stack, folder, key=b"t", description="test", derivation="test", kvp=120.0, kernel="B30f")
    return folder


def test_the_job_stores_what_it_found_and_the_ingest_says_so(raw, series, tmp_path):
    path, rows = found_for(tmp_path, dicom(tmp_path / "images", scanner_images((-1, -1, -1))), raw)
    assert [tuple(row[f"sign_{axis}"] for axis in "xyz") for row in rows] == [(-1, -1, -1)]
    axes, note = axes_of("p", series.acquisition, [path])
    assert axes.signs == (-1, -1, -1) and axes.shift_mm == pytest.approx(SHIFT, abs=1.0)
    assert "found against the scanner's images" in note


def test_the_job_of_a_wrong_scan_stores_nothing_and_axes_are_assumed(raw, series, tmp_path):
    path, rows = found_for(tmp_path, dicom(tmp_path / "images", scanner_images((1, 1, 1), seed=3)), raw)
    assert rows == []
    axes, note = axes_of("p", series.acquisition, [path])
    assert axes == assumed_axes("HFS")
    assert "assumed" in note and "no match" in note


def stored(folder, *rows) -> list:
    """Tables of other patients: (name, manufacturer, position, signs)."""
    paths = []
    for name, manufacturer, position, signs in rows:
        row = {"patient": name, "manufacturer": manufacturer, "position": position, "score": 0.95, "second": 0.8}
        row |= {f"sign_{axis}": sign for axis, sign in zip("xyz", signs, strict=True)}
        row |= {f"shift_{axis}_mm": 3.0 for axis in "xyz"}
        paths.append(folder / f"{name}.parquet")
        write_table(paths[-1], pa.Table.from_pylist([row], AXES), AXES)
    return paths


@pytest.mark.parametrize(
    ("others", "signs", "words"),
    [
        ([("a", "Siemens", "FFS", (1, 1, -1))], (1, 1, -1), "found for 1 others"),
        ([("a", "Siemens", "FFS", (1, 1, -1)), ("b", "Siemens", "FFS", (-1, -1, -1))], (-1, -1, -1), "differ"),
        ([("a", "GE", "FFS", (1, 1, -1)), ("b", "Siemens", "HFS", (1, 1, 1))], (-1, -1, -1), "assumed"),
        ([], (-1, -1, -1), "no images of the scanner"),
    ],
    ids=["alike", "alike but at odds", "not alike", "none"],
)
def test_signs_serve_others_of_the_manufacturer_and_position(series, tmp_path, others, signs, words):
    acquisition = series.acquisition._replace(manufacturer="SIEMENS", patient_position="FFS")
    axes, note = axes_of("p", acquisition, stored(tmp_path, *others))
    assert axes.signs == signs and words in note
    assert axes.shift_mm == (0, 0, 0), "another patient's table position says nothing of this one's"


def test_jobs_of_axes_read_no_more_than_they_need(tmp_path):
    """A new patient reruns no reconstruction of one with images of its own; the low dose has no part in the search."""
    for name in ("a/full", "a/low", "a/images", "b/full", "c/full", "c/images", "d/full", "e/full"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "1.dcm").write_bytes(b"1")
    lines = [
        "patient,kind,full,low,images",
        "a,ctpd,a/full,a/low,a/images",
        *(f"{name},ctpd,{name}/full,," for name in "bde"),
    ]

    def plan(*more):
        (tmp_path / "manifest.csv").write_text("\n".join([*lines, *more]))
        study = {"cohort": {"manifest": str(tmp_path / "manifest.csv"), "folds": 2}}
        return Plan.load(study, root=tmp_path, weights_dir=tmp_path)

    def specs(of):
        return [stage.spec(of, PatientKey("a")) for stage in (Axes, Images)]

    def tables(of, name):
        return [str(path) for path in Images.inputs(of, PatientKey(name)).axes]

    before = plan()
    first = specs(before)
    after = plan("c,ctpd,c/full,,c/images")
    assert tables(before, "a") == tables(after, "a") == ["results/axes/a.parquet"]
    assert tables(before, "b") == ["results/axes/a.parquet"]
    assert tables(after, "b") == ["results/axes/a.parquet", "results/axes/c.parquet"]
    assert first == specs(after)
    (tmp_path / "a/low/2.dcm").write_bytes(b"2")
    changed = specs(plan())
    assert [new == old for new, old in zip(changed, first, strict=True)] == [True, False]
    (tmp_path / "a/images/2.dcm").write_bytes(b"2")
    again = specs(plan())
    assert [new == old for new, old in zip(again, changed, strict=True)] == [False, True]


def test_the_search_runs_again_when_its_code_changes_and_the_ingest_does_not():
    search, ingest = (
        {part.partition(":")[0].rpartition(".")[2] for part in reachable(name)}
        for name in ("ldct.data.axes_job:search_axes", "ldct.data.ingest:build_images")
    )
    assert {"axes", "axis_search", "wfbp", "backprojection", "reader", "series"} <= search
    assert {"axes", "reduced", "wfbp"} <= ingest and "axis_search" not in ingest
