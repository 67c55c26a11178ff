"""Inserted lesions have the contrast, size, blur and noise that they would have had in the patient."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from ldct.config.lesions import Insertion
from ldct.config.raw import LowDose, Reconstruction, Scanner
from ldct.errors import InputError
from ldct.lesions.in_images import centre_mm, pixel, signal
from ldct.lesions.in_projections import added
from ldct.lesions.insert import build_lesions
from ldct.lesions.masks import read_mask
from ldct.lesions.places import APART_MM, draw, tissue_mask
from ldct.lesions.shapes import Lesion, bodies
from ldct.projection import simulate
from ldct.projection.noise import acquire
from ldct.reconstruction.helical import reconstruct
from ldct.reconstruction.insertion import insert_noise
from ldct.stages.lesions import Lesions
from ldct.stages.simulate import Simulate
from ldct.tables import read_table
from ldct.tables.images import ImageStack, read_images, write_images
from ldct.tables.lesions import LESIONS

DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo"
WATER = 0.0192


def stack(hu: np.ndarray, pixel_mm: float = 1.0, thickness: float = 3.0) -> ImageStack:
    n, rows, columns = hu.shape
    origin = [[-(columns - 1) / 2 * pixel_mm, -(rows - 1) / 2 * pixel_mm, k * thickness] for k in range(n)]
    return ImageStack(
        patient="p",
        dose="full",
        hu=hu.astype(np.int16),
        position_mm=np.array([point[2] for point in origin]),
        pixel_spacing_mm=(pixel_mm, pixel_mm),
        slice_thickness_mm=thickness,
        origin_mm=np.array(origin),
    )


def body(n: int = 4, size: int = 200, seed: int = 0) -> ImageStack:
    """A disc of soft tissue at 50 HU in air with noise of 10 HU."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    hu = np.where(np.hypot(x, y) < 0.45 * size, 50.0, -1000.0)
    return stack(hu + np.random.default_rng(seed).normal(0, 10, (n, size, size)))


@pytest.mark.parametrize("electronic", [0.0, 30.0])
def test_thinned_counts_are_those_of_the_denser_object(electronic):
    """Mean and variance of measured + added against an acquisition of the object with the lesion in it."""
    rng, photons = np.random.default_rng(0), np.array([4000.0])
    clean, lesion = np.full((60_000, 1, 1), 3.0, np.float32), np.full((60_000, 1, 1), 0.4, np.float32)
    without = acquire(clean, photons, 1.0, electronic, rng)
    present = without + added(without, lesion, photons, electronic, rng)
    expected = acquire(clean + lesion, photons, 1.0, electronic, rng)
    error = expected.std() / np.sqrt(30_000)
    assert present.mean() == pytest.approx(expected.mean(), abs=4 * error)
    assert present.var() == pytest.approx(expected.var(), rel=0.03)
    # The pair shares its noise: less differs than between two acquisitions.
    assert np.corrcoef(present.ravel(), without.ravel())[0, 1] > 0.75
    assert np.array_equal(added(without, lesion, None, 0.0, rng), lesion)
    assert not added(without, 0 * lesion, photons, electronic, rng).any()


def test_shapes_have_their_mass_and_reach():
    axis = np.arange(-7, 7.01, 0.1)
    for kind in ("sphere", "spiculated"):
        phantom = bodies([Lesion(0, kind, 12.0, 100.0, (0.0, 0.0, 0.0))], WATER)
        mu = phantom.image(axis, axis, axis)
        z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
        radius = np.sqrt(x**2 + y**2 + z**2)[mu > 0]
        assert radius.max() == pytest.approx(6.0, abs=0.25)
        assert np.median(mu[mu > 0]) == pytest.approx(0.1 * WATER)
        if kind == "sphere":
            assert mu.sum() * 0.001 == pytest.approx(4 / 3 * np.pi * 216 * 0.1 * WATER, rel=0.01)
        else:
            surface = (np.abs(np.sqrt(x**2 + y**2 + z**2) - 4.6) < 0.1) & (mu > 0)
            assert 0 < surface.sum() < 0.2 * (np.abs(np.sqrt(x**2 + y**2 + z**2) - 4.6) < 0.1).sum()
    with pytest.raises(ValueError, match="sphere and spiculated"):
        bodies([Lesion(0, "cube", 4.0, 1.0, (0.0, 0.0, 0.0))], WATER)


def test_image_signal_has_contrast_partial_volume_and_blur():
    empty = stack(np.zeros((3, 180, 180)), pixel_mm=0.8)
    large = signal(empty, 1, [Lesion(0, "sphere", 40.0, 60.0, centre_mm(empty, 1, 90, 70))])
    assert large[85:96, 65:76].mean() == pytest.approx(60, rel=0.02)
    lesion = Lesion(1, "sphere", 6.0, 100.0, centre_mm(empty, 1, 60, 110))
    assert pixel(empty, 1, lesion) == pytest.approx((60, 110))
    small = signal(empty, 1, [lesion])
    # Mean of the sphere over the slice thickness t: pi (r^2 t - t^3 / 12) / t times the contrast.
    mass = np.pi * (3.0**2 * 3.0 - 3.0**3 / 12) / 3.0 * 100.0
    near = small[45:76, 95:126]
    assert near.sum() * 0.8**2 == pytest.approx(mass, rel=0.05)
    assert 80 < small[60, 110] < 104 and small[60, 110] == near.max()
    # Blur: some of it lies beyond the sphere, and the neighbours in depth get what partial volume leaves them.
    assert small[60, 115] > 2
    assert 0 < signal(empty, 2, [lesion])[60, 110] < 0.6 * small[60, 110]


def test_places_are_apart_in_tissue_and_seeded():
    patient = body()
    options = {"margin_mm": 15.0}
    places = draw(patient, [0, 2, 3], [6.0] * 12, ["soft_tissue"], np.random.default_rng(3), **options)
    again = draw(patient, [0, 2, 3], [6.0] * 12, ["soft_tissue"], np.random.default_rng(3), **options)
    assert places == again and None not in places
    assert {place.slice for place in places} == {0, 2, 3}
    centres = np.array([(p.row, p.column, 3.0 * p.slice) for p in places])
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)[~np.eye(12, dtype=bool)]
    assert apart.min() >= APART_MM
    # The disc of 45 % of the side less lesion and ring; nothing outside.
    assert np.hypot(centres[:, 0] - 99.5, centres[:, 1] - 99.5).max() < 90 - 9
    assert not tissue_mask(patient.hu[0], (1.0, 1.0), "lung", 5.0).any()
    taken = np.zeros((200, 200), bool)
    taken[:, :150] = True
    free = draw(patient, [1], [4.0], ["soft_tissue"], np.random.default_rng(1), taken=[(1, taken)], **options)
    assert free[0] is not None and free[0].column >= 150 + 8
    assert draw(patient, [1], [95.0], ["soft_tissue"], np.random.default_rng(1), **options) == [None]


SCANNER = Scanner(detector_columns=184, column_spacing_mm=5.1432, detector_rows=16, views_per_rotation=128)
SETTINGS = Reconstruction(matrix=96, slice_thickness_mm=6, slice_spacing_mm=6).model_dump()


@pytest.fixture(scope="module")
def raw_patient(tmp_path_factory):
    """A simulated patient with one large lesion, as build_lesions makes it."""
    folder = tmp_path_factory.mktemp("raw")
    spec = {"patient": "s", "seed": 4, "region": "abdomen", "fraction": 0.1, "scanner": SCANNER.model_dump()}
    simulate.simulate_patient(Simulate.Spec(**spec), folder / "raw")
    images = {}
    for dose in ("full", "low"):
        images[dose] = folder / f"{dose}.parquet"
        write_images(images[dose], reconstruct(folder / "raw" / dose, SETTINGS, patient="s", dose=dose))
    size = {"diameters_mm": [16], "contrasts_hu": [200]}
    wanted = Insertion(per_patient=1, kinds=["sphere"], backgrounds_per_patient=3, **size)
    made = {
        "patient": "s", "kind": "synthetic", "slices_per_patient": 2, "lesions": wanted.model_dump(),
        "reconstruction": SETTINGS, "low_dose": None, "electronic_noise": SCANNER.electronic_noise,
    }  # fmt: skip
    raw = {dose: folder / "raw" / dose for dose in images}
    build_lesions(Lesions.Spec(**made), images, raw, [], None, folder / "out")
    return folder, spec, images, made, raw


def test_raw_lesion_equals_a_patient_simulated_with_it(raw_patient, monkeypatch):
    folder, spec, images, *_ = raw_patient
    rows = read_table(folder / "out/lesions.parquet", LESIONS).to_pylist()
    assert [row["kind"] for row in rows] == ["sphere"] + ["none"] * 3
    row = rows[0]
    lesion = Lesion(0, "sphere", 16.0, 200.0, (row["x_mm"], row["y_mm"], row["z_mm"]))
    inserted = bodies([lesion], WATER, (1, -1, 1))._rows

    def with_lesion(region, seed):
        phantom = simulate_patient_phantom(region, seed)
        phantom._rows += inserted
        return phantom

    simulate_patient_phantom = simulate.patient
    monkeypatch.setattr(simulate, "patient", with_lesion)
    simulate.simulate_patient(Simulate.Spec(**spec), folder / "again")
    for dose in ("full", "low"):
        present, absent = read_images(folder / f"out/{dose}.parquet"), read_images(images[dose])
        expected = reconstruct(folder / "again" / dose, SETTINGS, patient="s", dose=dose)
        k = list(present.index).index(row["slice"])
        r, c = row["row"], row["column"]
        near = (slice(r - 1, r + 2), slice(c - 1, c + 2))
        change = present.hu[k][near].mean() - absent.hu[row["slice"]][near].mean()
        assert 130 < change < 215
        # Other noise, same object: to the noise of the mean.
        other = expected.hu[row["slice"]][near].mean() - absent.hu[row["slice"]][near].mean()
        assert change == pytest.approx(other, abs=12 if dose == "full" else 40)
        # Far from the lesion hardly anything changes: streaks of the noise that it adds.
        far = np.abs(present.hu[k].astype(int) - absent.hu[row["slice"]])[:, (c + 48) % 96]
        assert far.mean() < 2 and far.max() < 10


def test_lesions_are_the_same_when_made_again(raw_patient, tmp_path):
    folder, _, images, made, raw = raw_patient
    build_lesions(Lesions.Spec(**made), images, raw, [], None, tmp_path)
    for name in ("full", "low", "lesions"):
        assert (tmp_path / f"{name}.parquet").read_bytes() == (folder / f"out/{name}.parquet").read_bytes()


def test_image_lesion_goes_in_before_the_dose_is_reduced(tmp_path):
    patient = body(n=5, size=160)
    images = {"full": tmp_path / "full.parquet", "low": tmp_path / "low.parquet"}
    low_dose = LowDose().model_dump()
    low = insert_noise(patient, **low_dose)
    write_images(images["full"], patient)
    write_images(images["low"], low)
    size = {"diameters_mm": [12], "contrasts_hu": [100]}
    wanted = Insertion(per_patient=2, kinds=["sphere"], backgrounds_per_patient=2, **size)
    spec = {"patient": "p", "kind": "dicom", "slices_per_patient": 2, "lesions": wanted.model_dump(),
            "low_dose": low_dose, "reconstruction": None, "electronic_noise": 8.0}  # fmt: skip
    build_lesions(Lesions.Spec(**spec), images, {}, [], None, tmp_path / "made")
    build_lesions(Lesions.Spec(**spec | {"low_dose": None}), images, {}, [], None, tmp_path / "acquired")
    made, acquired = (read_images(tmp_path / name / "low.parquet") for name in ("made", "acquired"))
    full = read_images(tmp_path / "made/full.parquet")
    assert made.index.tolist() == [1, 3] and np.array_equal(full.hu, read_images(tmp_path / "acquired/full.parquet").hu)
    rows = read_table(tmp_path / "made/lesions.parquet", LESIONS).to_pylist()
    for row in rows[:2]:
        k, near = made.index.tolist().index(row["slice"]), np.s_[row["row"] - 2 : row["row"] + 3]
        window = (near, np.s_[row["column"] - 2 : row["column"] + 3])
        for present, absent in ((full, patient), (made, low), (acquired, low)):
            change = present.hu[k][window].mean() - absent.hu[row["slice"]][window].mean()
            assert change == pytest.approx(92, abs=9)
    # Noise is that of the patient's own low dose, changed only by what the lesions absorb.
    difference = made.hu.astype(float) - acquired.hu
    assert difference.std() < 0.1 * (low.hu - patient.hu)[:, 60:100, 60:100].std()


def test_mask_of_a_real_tumour_is_read_where_it_lies(tmp_path):
    path = DEMO / "lung1_tumour.nrrd"
    image = SimpleITK.ReadImage(str(path))
    columns, rows, count = image.GetSize()
    origin = np.array([image.TransformIndexToPhysicalPoint((0, 0, k)) for k in range(count)])
    patient = ImageStack(
        patient="lung1", dose="full", hu=np.zeros((4, rows, columns), np.int16), position_mm=origin[31:35, 2],
        pixel_spacing_mm=image.GetSpacing()[1::-1], slice_thickness_mm=5.0, origin_mm=origin[31:35],
    )  # fmt: skip
    mask = read_mask(path, patient)
    assert np.array_equal(mask, SimpleITK.GetArrayFromImage(image)[31:35] > 0)
    assert mask.sum() == 837 and not mask[0].any()
    with pytest.raises(InputError, match="the same first pixel"):
        read_mask(path, replace(patient, origin_mm=patient.origin_mm + [20.0, 0.0, 0.0]))
    with pytest.raises(InputError, match="pixels along"):
        read_mask(path, replace(patient, pixel_spacing_mm=(1.0, 1.0)))
    shutil.copy(__file__, tmp_path / "x.nrrd")
    with pytest.raises(InputError, match="no image that can be read"):
        read_mask(tmp_path / "x.nrrd", patient)
