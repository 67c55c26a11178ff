"""Measures of lesions against closed forms, tests of losses against planted effects, and the whole stage on images."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats
from scipy.ndimage import gaussian_filter

from ldct.config.lesions import Insertion
from ldct.files import write_bytes
from ldct.inference.predict import predict
from ldct.lesions.anchors import anchor_regions
from ldct.lesions.conspicuity import conspicuity
from ldct.lesions.insert import build_lesions
from ldct.lesions.judge import judge_fold
from ldct.lesions.measures import cnr, contrast, of_ball, of_mask, texture
from ldct.lesions.observe import Region, channels, detect_cho, detect_npw
from ldct.lesions.regions import run_regions
from ldct.lesions.sharpness import ttf50_ratio
from ldct.models.build import build_model
from ldct.stages.conspicuity import Conspicuity
from ldct.stages.lesion_anchors import LesionAnchors
from ldct.stages.lesions import Lesions
from ldct.stages.observe import Observe
from ldct.stages.predict import Predict
from ldct.stages.regions import Regions
from ldct.tables import read_table, write_table
from ldct.tables.images import write_images
from ldct.tables.lesions import CONSPICUITY, PANELS, REGIONS, VALUES
from ldct.tables.metrics import METRICS
from ldct.training.files import checkpoint_path, weights_bytes
from tests.lesions.test_insertion import body

SPACING, SIDE, NOISE = (0.7, 0.7), 43, 20.0


def disc(diameter: float, contrast_hu: float) -> np.ndarray:
    y, x = (np.mgrid[:SIDE, :SIDE] - SIDE // 2) * SPACING[0]
    return contrast_hu * np.exp(-((np.hypot(x, y) / (0.45 * diameter)) ** 4))


def white_noise(patients: int, backgrounds: int, signal: np.ndarray, diameter: float) -> list[Region]:
    """Regions of white noise about 50 HU: one lesion and many places without one in each patient."""
    rng = np.random.default_rng(1)
    regions = []
    for p in range(patients):
        common = {"patient": f"p{p}", "tissue": "soft_tissue", "mask": None}
        without = 50 + rng.normal(0, NOISE, (SIDE, SIDE))
        lesion = {**common, "lesion": 0, "kind": "sphere", "diameter_mm": diameter, "contrast_hu": float(signal.max())}
        regions.append(Region(lesion, SPACING, without + signal, without))
        place = {**common, "kind": "none", "diameter_mm": 0.0, "contrast_hu": None}
        regions += [
            Region({**place, "lesion": 1 + i}, SPACING, None, 50 + rng.normal(0, NOISE, (SIDE, SIDE)))
            for i in range(backgrounds)
        ]
    return regions


@pytest.mark.parametrize("name", ["laguerre_gauss", "dense_dog", "gabor"])
def test_cho_on_others_reaches_the_closed_form_of_white_noise(name):
    signal = disc(8.0, 12.0)
    found = detect_cho(name, white_noise(4, 200, signal, 8.0))
    u = channels(name, (SIDE, SIDE), SPACING, 8.0)
    v = u.T @ signal.ravel()
    closed = np.sqrt(v @ np.linalg.pinv(NOISE**2 * u.T @ u, rcond=1e-10, hermitian=True) @ v)
    assert len(found) == 4
    assert np.mean([one.dprime for one in found.values()]) == pytest.approx(closed, rel=0.12)


def test_npw_is_the_matched_filter_and_backgrounds_of_another_tissue_do_not_count():
    signal = disc(8.0, 12.0)
    regions = white_noise(3, 200, signal, 8.0)
    found = detect_npw(regions, {r.key: signal for r in regions if r.present is not None})
    # The template is the signal less its sum spread over the ring, to which the signal itself hardly reaches.
    ring = of_ball((SIDE, SIDE), SPACING, 8.0).ring
    w = signal - signal.sum() * ring / ring.sum()
    closed = (w * signal).sum() / np.linalg.norm(w) / NOISE
    assert np.mean([one.dprime for one in found.values()]) == pytest.approx(closed, rel=0.1)
    lung = [replace(r, place={**r.place, "tissue": "lung"}) if r.place["kind"] == "none" else r for r in regions]
    assert detect_npw(lung, {r.key: signal for r in lung if r.present is not None}) == {}
    assert detect_cho("laguerre_gauss", lung) == {}


def test_level_of_the_region_changes_no_observer():
    signal = disc(8.0, 12.0)
    regions = white_noise(2, 60, signal, 8.0)
    shifted = [
        replace(r, present=None if r.present is None else r.present + 300, absent=r.absent + 300) for r in regions
    ]
    for name in ("laguerre_gauss", "dense_dog", "gabor"):
        one, other = detect_cho(name, regions), detect_cho(name, shifted)
        assert [d.dprime for d in one.values()] == pytest.approx([d.dprime for d in other.values()], rel=1e-6)


def test_contrast_noise_and_texture_of_a_disc():
    rng = np.random.default_rng(0)
    y, x = (np.mgrid[:121, :121] - 60) * 0.5
    r = np.hypot(x, y)
    hu = np.where(r <= 10, 90.0, 50.0) + rng.normal(0, 1, r.shape) * np.where(r <= 10, 6.0, 12.0)
    parts = of_ball((121, 121), (0.5, 0.5), 20.0)
    assert contrast(hu, parts) == pytest.approx(40, abs=1)
    assert cnr(hu, parts) == pytest.approx(40 / 12, rel=0.06)
    assert texture(hu, parts) == pytest.approx(0.5, rel=0.06)
    assert cnr(np.where(r <= 10, 90.0, 50.0), parts) is None, "no noise is no infinite ratio"
    masked = of_mask(r <= 10, (0.5, 0.5))
    assert masked.core.sum() > parts.core.sum() and not (masked.ring & (r <= 10.5)).any()
    assert texture(hu, of_ball((121, 121), (0.5, 0.5), 1.0)) is None, "a few pixels have no texture"


def blurred_ball(diameter: float, sigma_mm: float, shift_mm: float = 0.0, side: int = 43) -> np.ndarray:
    """A disc of 1 HU under a Gaussian, sampled finely and averaged to pixels of SPACING."""
    fine = 8
    y, x = (np.mgrid[: side * fine, : side * fine] - (side * fine - 1) / 2) * SPACING[0] / fine
    sharp = (np.hypot(y - shift_mm, x) <= diameter / 2).astype(float)
    soft = gaussian_filter(sharp, sigma_mm / SPACING[0] * fine)
    return soft.reshape(side, fine, side, fine).mean(axis=(1, 3))


@pytest.mark.parametrize(
    ("diameter", "sigma", "shift", "tolerance"),
    # A strong blur in a small ball reaches beyond the window of the transfer function.
    [(8.0, 1.0, 0.0, 0.05), (12.0, 1.0, 0.25, 0.05), (12.0, 1.4, 0.25, 0.05), (8.0, 1.4, 0.25, 0.1)],
)
def test_sharpness_of_a_lesion_follows_its_blur(diameter, sigma, shift, tolerance):
    """Referee: f50 of a Gaussian goes as 1 / sigma; the pixel adds its own width to both."""
    full = 40 * blurred_ball(diameter, 0.7, shift)
    pixel = SPACING[0] ** 2 / 12
    expected = np.sqrt((0.7**2 + pixel) / (sigma**2 + pixel))
    change = 25 * blurred_ball(diameter, sigma, shift) + np.random.default_rng(0).normal(0, 0.5, full.shape)
    assert ttf50_ratio(change, full, SPACING, diameter) == pytest.approx(expected, rel=tolerance)
    assert ttf50_ratio(full, full, SPACING, diameter) == 1
    assert ttf50_ratio(-change, -full, SPACING, diameter) == pytest.approx(expected, rel=tolerance)


def test_sharpness_of_a_lesion_that_is_too_small_gone_or_cut_has_no_value():
    full = 40 * blurred_ball(8.0, 0.7)
    assert ttf50_ratio(full, full, SPACING, 4.0) is None
    assert ttf50_ratio(0.1 * full, full, SPACING, 8.0) is None
    assert ttf50_ratio(full, np.zeros_like(full), SPACING, 8.0) is None
    assert ttf50_ratio(full[15:28, 15:28], full[15:28, 15:28], SPACING, 8.0) is None, "no room outside"


def planted(
    folder: Path, effect: float, patients: int, seed: int, between: float = 0.3, run_sd: float = 0.05, seeds: int = 3
) -> list[Path]:
    """VALUES of two losses: 'b' differs from 'a' by `effect`, lesions of a patient share a deviation of `between`, and
    patients of a fold the noise of its trainings. A filter gives what 'a' gives, and 1 less."""
    rng, rows = np.random.default_rng(seed), []
    run = rng.normal(0, run_sd, (2, 2, seeds))
    for p in range(patients):
        own = rng.normal(0, between)
        for lesion in range(8):
            level = rng.normal(3, 0.5)
            images = [("low_dose", level - 1, 0), ("gaussian_filter", level - 1, 0)]
            for s in range(seeds):
                images.append(("a", level + run[0, p % 2, s], s))
                images.append(("b", level + effect + own + run[1, p % 2, s] + rng.normal(0, 0.1), s))
            for loss, value, number in images:
                anchor = loss not in ("a", "b")
                rows.append({
                    "patient": f"p{p}", "lesion": lesion, "kind": "sphere", "tissue": "soft_tissue", "diameter_mm": 8.0,
                    "contrast_hu": 40.0, "dose": "low", "model": "anchor" if anchor else "net", "loss": loss,
                    "fold": p % 2, "seed": number, "checkpoint": 0 if anchor else 3, "metric": "lesion_npw_dprime",
                    "value": value,
                })  # fmt: skip
    write_table(folder / "values.parquet", pa.Table.from_pylist(rows, VALUES), VALUES)
    return [folder / "values.parquet"]


SPEC = {
    "filters": ["gaussian_filter"],
    "losses": ["a", "b"], "models": ["net"], "reference_loss": "a", "bootstrap_draws": 400, "confidence": 0.95,
    "seed": 0, "patients": [], "panel_patients": 1,
}  # fmt: skip


def compared(folder: Path, values: list[Path]) -> pd.DataFrame:
    conspicuity(Conspicuity.Spec(**SPEC), values, [], folder / "out")
    return read_table(folder / "out/conspicuity.parquet", CONSPICUITY).to_pandas()


def test_a_planted_difference_is_found_with_its_size(tmp_path):
    rows = compared(tmp_path, planted(tmp_path, 1.0, 12, seed=0)).set_index(["loss", "against"])
    row = rows.loc[("b", "a")]
    assert row["verdict"] == "better" and row["difference"] == pytest.approx(1.0, abs=0.3)
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    assert row["patients"] == 12 and row["lesions"] == 96
    assert (row["folds"], row["runs"]) == (2, 12)
    assert rows.loc[("a", "low_dose"), "difference"] == pytest.approx(1.0, abs=0.1)
    assert rows.loc[("b", "a"), "p_holm"] >= rows.loc[("b", "a"), "p"]
    # A filter is a bar for every loss, and is itself only shown.
    assert rows.loc[("b", "gaussian_filter"), "verdict"] == "better"
    assert rows.loc[("gaussian_filter", np.nan), "mean"] == pytest.approx(2.0, abs=0.3)


def test_one_training_a_fold_tells_nothing_of_losses(tmp_path):
    rows = compared(tmp_path, planted(tmp_path, 1.0, 12, seed=0, seeds=1)).set_index(["loss", "against"])
    assert set(rows["verdict"]) == {"", "cannot tell"}
    assert rows.loc[("b", "a"), "reason"].startswith("one training a loss and fold")
    assert rows.loc[("b", "a"), "difference"] == pytest.approx(1.0, abs=0.3) and np.isnan(rows.loc[("b", "a"), "p"])


def test_lesions_of_a_patient_and_patients_of_a_training_are_one_cluster(tmp_path):
    """Under no effect patients and trainings as units keep the level; lesions as units would not."""
    counted, pooled = [], []
    for seed in range(100):
        path = planted(tmp_path, 0.0, 8, seed, between=0.1, run_sd=0.1)[0]
        told = compared(tmp_path, [path])
        counted.append(told.loc[(told["loss"] == "b") & (told["against"] == "a"), "p"].iloc[0])
        table = read_table(path, VALUES).to_pandas().groupby(["loss", "patient", "lesion"])["value"].mean()
        pooled.append(stats.ttest_rel(table["b"], table["a"]).pvalue)
    assert stats.binomtest(int((np.array(counted) <= 0.05).sum()), 100, 0.05, alternative="greater").pvalue > 0.01
    assert np.mean(np.array(pooled) <= 0.05) > 0.2


def regions(network: dict) -> Regions.Spec:
    """Of the run of a network on both patients."""
    key = {"model": "net", "loss": "mse", "fold": 0, "seed": 0}
    return Regions.Spec(network=network, **key, patients=("p", "q"), region_mm=30.0, device="cpu")


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Two patients with lesions, a network of random weights, and everything that is made of them."""
    folder = tmp_path_factory.mktemp("stage")
    size = {"diameters_mm": [10], "contrasts_hu": [80]}
    wanted = Insertion(per_patient=3, kinds=["sphere"], backgrounds_per_patient=30, **size)
    images, lesions = {}, {}
    for number, name in enumerate(("p", "q")):
        images[name] = {dose: folder / name / f"{dose}.parquet" for dose in ("full", "low")}
        full = replace(body(n=3, size=140, seed=number), patient=name)
        noise = np.random.default_rng(9 + number).normal(0, 20, full.hu.shape)
        write_images(images[name]["full"], full)
        write_images(images[name]["low"], replace(full, hu=np.rint(full.hu + noise).astype(np.int16), dose="low"))
        spec = {"patient": name, "kind": "dicom", "slices_per_patient": 2, "lesions": wanted.model_dump(),
                "low_dose": None}  # fmt: skip
        build_lesions(Lesions.Spec(**spec), images[name], {}, [], None, folder / "with" / name)
        lesions[name] = {table: folder / f"with/{name}/{table}.parquet" for table in ("full", "low", "lesions")}
    network = {"use": "redcnn", "options": {"width": 4, "kernel": 3}}
    run = folder / "run"
    write_bytes(checkpoint_path(run, 2), weights_bytes(build_model(**network)))
    outcome = {"status": "completed", "checkpoints": [2], "selected": 2, "reason": None}
    (run / "run.json").write_text(json.dumps(outcome))
    low = {name: tables["low"] for name, tables in images.items()}
    tested = Predict.Spec(network=network, patients=("p", "q"), slices_per_patient=2, device="cpu")
    predict(tested, run, low, folder / "predictions.parquet")
    run_regions(regions(network), run, folder / "predictions.parquet", lesions, folder / "r.parquet")
    around = LesionAnchors.Spec(fold=0, patients=("p", "q"), region_mm=30.0, filters=("gaussian_filter",))
    anchor_regions(around, images, lesions, folder / "a.parquet")
    tables = [one["lesions"] for one in lesions.values()]
    spec = Observe.Spec(channels=("laguerre_gauss", "gabor"), internal_noise=0.0)
    judge_fold(spec, tables, folder / "a.parquet", [folder / "r.parquet"], folder / "observed")
    return folder


def test_the_network_sees_lesions_only_where_they_are(stage):
    rows = read_table(stage / "r.parquet", REGIONS).to_pylist()
    pairs = {}
    for row in rows:
        hu = np.frombuffer(row["hu"], "<i2").reshape(row["rows"], row["columns"]).astype(float)
        pairs.setdefault((row["patient"], row["lesion"]), {})[row["present"]] = hu
    both = [pair for pair in pairs.values() if len(pair) == 2]
    assert len(both) == 6 and len(pairs) > 60 - 6
    for pair in both:
        change = np.abs(pair[True] - pair[False])
        assert change[15, 15] > 20 and change[0].max() <= 6


def test_measures_of_anchors_and_what_enters_the_study(stage):
    values = read_table(stage / "observed/values.parquet", VALUES).to_pandas()
    mean = values.groupby(["loss", "metric"])["value"].mean()
    assert mean["full_dose", "lesion_contrast_recovery"] == pytest.approx(1)
    assert mean["low_dose", "lesion_contrast_recovery"] == pytest.approx(1, abs=0.02)
    assert mean["full_dose", "lesion_ttf50_ratio"] == pytest.approx(1)
    assert mean["low_dose", "lesion_ttf50_ratio"] == pytest.approx(1, abs=0.03)
    # The noise is 10 HU at full and sqrt(10^2 + 20^2) at low dose, white: d' goes as its inverse.
    for observer in ("cho_laguerre_gauss", "npw"):
        ratio = mean["full_dose", f"lesion_{observer}_dprime"] / mean["low_dose", f"lesion_{observer}_dprime"]
        assert ratio == pytest.approx(np.sqrt(5), rel=0.3)
    # A Gaussian of 1 pixel washes the rim out, not the plateau of a lesion of 10 mm, and takes most of the noise.
    assert mean["gaussian_filter", "lesion_ttf50_ratio"] < 0.9
    assert mean["gaussian_filter", "lesion_contrast_recovery"] == pytest.approx(1, abs=0.05)
    assert mean["gaussian_filter", "lesion_cnr"] > 2 * mean["low_dose", "lesion_cnr"]
    metrics = read_table(stage / "observed/metrics.parquet", METRICS).to_pandas()
    assert set(metrics["loss"]) == {"low_dose", "full_dose", "gaussian_filter", "mse"}
    assert set(metrics["slice"]) == {-1} and metrics["selected"].all()
    own = metrics[(metrics["loss"] == "mse") & (metrics["metric"] == "lesion_cnr")]
    assert own["value"].mean() == pytest.approx(mean["mse", "lesion_cnr"])
    assert metrics[metrics["value"].isna()]["reason"].str.contains("no inserted lesion").all()


def test_pictures_are_of_the_same_lesions_in_every_image(stage):
    one = {"filters": [], "losses": ["mse"], "reference_loss": "mse", "patients": ["q", "p"]}
    spec = Conspicuity.Spec(**SPEC | one)
    conspicuity(spec, [stage / "observed/values.parquet"], [stage / "a.parquet", stage / "r.parquet"], stage / "out")
    rows = read_table(stage / "out/panels.parquet", PANELS).to_pandas()
    assert set(rows["patient"]) == {"q"}
    assert rows.groupby("lesion")["loss"].apply(list).tolist() == [["low_dose", "mse", "full_dose"]] * 3
    assert rows["title"].str.fullmatch(r"sphere, 10 mm, 80 HU in soft tissue of q").all()


def test_a_failed_run_leaves_nothing_and_stops_nothing(stage, tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"status": "failed", "reason": "diverged"}))
    run_regions(regions({"use": "redcnn"}), tmp_path, tmp_path / "none.parquet", {}, tmp_path / "r.parquet")
    tables = [stage / f"with/{name}/lesions.parquet" for name in ("p", "q")]
    spec = Observe.Spec(channels=("gabor",), internal_noise=0.0)
    judge_fold(spec, tables, stage / "a.parquet", [tmp_path / "r.parquet"], tmp_path)
    assert set(read_table(tmp_path / "values.parquet", VALUES)["loss"].to_pylist()) == {
        "low_dose",
        "full_dose",
        "gaussian_filter",
    }
