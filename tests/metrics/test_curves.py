"""Noise power spectra and transfer functions as curves: on noise and edges of known spectrum, through the tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.ndimage import gaussian_filter

from ldct.inference.shard import PredictionShard
from ldct.metrics.curves import GRID, curves
from ldct.stages.curves import Curves
from ldct.stages.keys import Run
from ldct.stages.physics import Physics
from ldct.statistics.curves import curve_ratios
from ldct.statistics.settings import Resampling
from ldct.tables import read_table, write_table
from ldct.tables.curves import CURVES, RATIOS
from ldct.tables.images import ImageStack, write_images

SPACING, SIZE = 0.7, 256
SPEC = {"patients": ["a", "b"], "slices_per_patient": 2, "fold": 0}
STATISTICS = Physics.Spec(losses=("blur",), models=("net",), resampling=Resampling(draws=200, confidence=0.95, seed=0))
EDGE_MM, BLUR_MM, SMOOTH = 0.7, 1.0, 0.75


def phantom(seed: int, edge_mm: float, noise_sd: float, smooth: float) -> np.ndarray:
    """A disc of water in air with a Gaussian edge, and noise that is white or smoothed by `smooth` pixels, int16 HU."""
    y, x = (np.mgrid[: SIZE * 4, : SIZE * 4] - (SIZE * 4 - 1) / 2) * SPACING / 4
    sharp = np.where(np.hypot(x, y) < 70, 40.0, -960.0)
    soft = gaussian_filter(sharp, edge_mm / SPACING * 4).reshape(SIZE, 4, SIZE, 4).mean(axis=(1, 3))
    noise = np.random.default_rng(seed).standard_normal((SIZE, SIZE))
    return np.rint(soft + noise_sd * (gaussian_filter(noise, smooth, mode="wrap") if smooth else noise)).astype(
        np.int16
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Two patients at both doses and a run that blurs edges and smooths noise."""
    folder = tmp_path_factory.mktemp("curves")
    images: dict[str, dict[str, Path]] = {}
    run = folder / "net/blur/fold0/seed0.parquet"
    with PredictionShard(run, (SIZE, SIZE)) as shard:
        for number, patient in enumerate(SPEC["patients"]):
            images[patient] = {}
            for dose, sd in (("full", 20), ("low", 40)):
                hu = np.stack([phantom(10 * number + k, EDGE_MM, sd, 0.0) for k in range(3)])
                images[patient][dose] = folder / patient / f"{dose}.parquet"
                stack = ImageStack(
                    patient=patient,
                    dose=dose,
                    hu=hu,
                    position_mm=np.arange(3.0),
                    pixel_spacing_mm=(SPACING, SPACING),
                    slice_thickness_mm=1.0,
                    origin_mm=np.zeros((3, 3)),
                )
                write_images(images[patient][dose], stack)
            for index in (0, 2):
                blurred = phantom(10 * number + index, np.hypot(EDGE_MM, BLUR_MM), 20, SMOOTH)
                shard.add(patient, index, 1, False, np.zeros((SIZE, SIZE), np.int16))
                shard.add(patient, index, 2, True, blurred)
    curves(Curves.Spec(**SPEC), {Run.of_path(run): run}, images, folder / "fold0.parquet")
    curve_ratios(STATISTICS, [folder / "fold0.parquet"], folder / "physics")
    return folder


def test_patients_have_the_spectrum_of_their_noise(folder):
    rows = read_table(folder / "fold0.parquet", CURVES).to_pandas()
    assert set(rows["loss"]) == {"full_dose", "low_dose", "blur"} and (rows["slices"] == 2).all()
    assert set(rows["frequency"]) <= set(GRID)
    white = rows[(rows["loss"] == "full_dose") & (rows["curve"] == "nps") & (rows["patient"] == "a")]
    assert white["frequency"].min() > 0.15 and white["frequency"].max() <= 0.5 / SPACING
    assert white["value"].mean() == pytest.approx(400 * SPACING**2, rel=0.05)


def test_ratios_are_the_transfer_functions_that_were_put_in(folder):
    rows = read_table(folder / "physics/curves.parquet", RATIOS).to_pandas().set_index(["loss", "curve", "frequency"])
    assert rows.loc["full_dose", "ratio"].to_numpy() == pytest.approx(1)
    f = rows.loc[("blur", "nps")].index.to_numpy()
    passed = np.exp(-((2 * np.pi * f * SMOOTH * SPACING) ** 2))
    # Towards Nyquist the sampled Gaussian and the rounding to whole HU show.
    low = f < 0.45
    assert low.sum() > 5
    np.testing.assert_allclose(np.log(rows.loc[("blur", "nps"), "ratio"].to_numpy() / passed)[low], 0, atol=0.1)
    assert rows.loc[("low_dose", "nps"), "ratio"].to_numpy() == pytest.approx(4, rel=0.05)
    f = rows.loc[("blur", "ttf")].index.to_numpy()
    near = f < 0.3
    assert near.sum() > 5
    expected = np.exp(-2 * (np.pi * f[near] * BLUR_MM) ** 2)
    np.testing.assert_allclose(rows.loc[("blur", "ttf"), "ratio"].to_numpy()[near], expected, atol=0.03)
    assert (rows["patients"] == 2).all()
    assert (rows["ratio_low"] <= rows["ratio"] * (1 + 1e-9)).all()
    assert (rows["ratio_high"] >= rows["ratio"] * (1 - 1e-9)).all()


def test_seeds_are_averaged_before_patients(folder, tmp_path):
    """Referee: geometric means by hand on a table with two seeds."""
    table = read_table(folder / "fold0.parquet", CURVES).to_pandas()
    second = table[table["loss"] == "blur"].assign(seed=1, value=lambda t: t["value"] * 4)
    both = pd.concat([table, second[second["patient"] == "a"]])
    write_table(tmp_path / "t.parquet", pa.Table.from_pandas(both, schema=CURVES, preserve_index=False), CURVES)
    curve_ratios(STATISTICS, [tmp_path / "t.parquet"], tmp_path / "out")
    old, new = (
        read_table(path, RATIOS).to_pandas().query("loss == 'blur' and curve == 'nps'").set_index("frequency")["ratio"]
        for path in (folder / "physics/curves.parquet", tmp_path / "out/curves.parquet")
    )
    # Patient a: the mean of the logarithms of 1 and 4; patient b as it was.
    assert (new / old).to_numpy() == pytest.approx(np.sqrt(2))


def test_images_without_tissue_or_edges_give_empty_tables(tmp_path):
    images = {}
    for dose in ("full", "low"):
        images[dose] = tmp_path / f"{dose}.parquet"
        stack = ImageStack(
            patient="p",
            dose=dose,
            hu=np.full((1, 64, 64), -900, np.int16),
            position_mm=np.zeros(1),
            pixel_spacing_mm=(1.0, 1.0),
            slice_thickness_mm=1.0,
            origin_mm=np.zeros((1, 3)),
        )
        write_images(images[dose], stack)
    curves(Curves.Spec(**SPEC | {"patients": ["p"]}), {}, {"p": images}, tmp_path / "fold0.parquet")
    curve_ratios(STATISTICS, [tmp_path / "fold0.parquet"], tmp_path / "physics")
    assert read_table(tmp_path / "fold0.parquet", CURVES).num_rows == 0
    assert read_table(tmp_path / "physics/curves.parquet", RATIOS).num_rows == 0
