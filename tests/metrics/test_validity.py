"""The ladder of degradations: what each does, how answers are summarised, and the stage on a small table."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from ldct.metrics.degradations import DEGRADATIONS, Slice
from ldct.metrics.validity import ladder, rungs, summarise, tau_b
from ldct.stages.validity import Validity
from ldct.tables import read_table
from ldct.tables.images import INVALID_HU, ImageStack, write_images
from ldct.tables.validity import VALIDITY, VALIDITY_VALUES


@pytest.fixture
def image(ct) -> Slice:
    return Slice(np.rint(ct).astype(np.float64), (0.7, 0.7), (1, 2))


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a - b) ** 2)))


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_every_ladder_moves_away_from_the_original(name, image):
    distances = [rmse(hu, image.hu) for kind, _, _, _, hu in rungs(image) if kind == name]
    assert len(distances) == 6
    assert distances[0] == 0
    assert distances == sorted(distances)


def test_amounts_mean_what_they_say(image):
    noise = DEGRADATIONS["noise"].apply(image, 20) - image.hu
    assert noise.std() == pytest.approx(20, rel=1e-6)
    assert np.all(DEGRADATIONS["hu_shift"].apply(image, 7) - image.hu == 7)
    tissue = np.full((16, 16), 90.0)
    lost = DEGRADATIONS["contrast_loss"].apply(Slice(tissue, (1, 1)), 0.2)
    np.testing.assert_allclose(lost, 40 + 0.8 * 50)


def test_texture_removal_keeps_edges_and_removes_noise():
    edge = np.where(np.arange(80) < 40, 0.0, 400.0) * np.ones((80, 1))
    noisy = edge + np.random.default_rng(0).normal(0, 15, edge.shape)
    smooth = DEGRADATIONS["texture_removal"].apply(Slice(noisy, (1, 1)), 1.0)
    assert smooth[:, 5:30].std() < 0.4 * noisy[:, 5:30].std()
    assert smooth[:, 44:48].mean() - smooth[:, 32:36].mean() > 0.95 * 400


def test_tau_b_is_scipys():
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.integers(0, 5, 6).astype(float)
        expected = kendalltau(np.arange(6), values).statistic
        assert tau_b(values) == pytest.approx(0 if np.isnan(expected) else expected)


def rows_of(curves: dict[tuple[str, int], list[float | None]]) -> list[dict]:
    return [
        {
            "metric": "m", "window": "w", "degradation": "blur",
            "patient": patient, "slice": index, "level": level, "badness": value,
        }
        for (patient, index), values in curves.items()
        for level, value in enumerate(values)
    ]  # fmt: skip


def test_summary_of_known_curves():
    (row,) = summarise(rows_of({("a", 0): [0, 1, 2, 3], ("a", 1): [0, 3, 3, 5], ("b", 0): [None, 2, 1, 4]}))
    assert (row["images"], row["patients"]) == (3, 2)
    assert row["monotonicity"] == pytest.approx((1 + tau_b(np.array([0, 3, 3, 5])) + 1 / 3) / 3)
    assert row["strictly_monotone"] == pytest.approx(1 / 3)
    assert row["ties"] == pytest.approx(1 / 8)
    assert row["sensitivity"] == pytest.approx((4 - 2) / 1)
    assert row["first_step"] is None


def test_summary_without_values_is_null():
    (row,) = summarise(rows_of({("a", 0): [None, None, 1.0]}))
    assert row["images"] == 0 and row["monotonicity"] is None


def test_stage(ct, tmp_path):
    hu = np.stack([ct[:200, :200], ct[56:, 56:]]).astype(np.int16)
    hu[:, :3] = INVALID_HU
    write_images(
        tmp_path / "full.parquet",
        ImageStack(
            patient="a", dose="full", hu=hu, position_mm=np.arange(2.0), pixel_spacing_mm=(0.7, 0.7),
            slice_thickness_mm=1.0, origin_mm=np.zeros((2, 3)),
        ),
    )  # fmt: skip
    spec = {
        "metrics": ["rmse", "psnr", "ssim", "hu_bias"],
        "windows": {"soft_tissue": {"center": 40, "width": 400}},
        "patients": ["a"],
        "slices_per_patient": None,
    }
    ladder(Validity.Spec(**spec), {"a": tmp_path / "full.parquet"}, tmp_path / "validity", tmp_path)
    values = read_table(tmp_path / "validity" / "values.parquet", VALIDITY_VALUES)
    assert len(values) == 2 * 5 * 6 * 4
    summary = {
        (row["metric"], row["degradation"]): row
        for row in read_table(tmp_path / "validity" / "summary.parquet", VALIDITY).to_pylist()
    }
    assert len(summary) == 4 * 5
    for name in DEGRADATIONS:
        assert summary["rmse", name]["strictly_monotone"] == 1
    assert summary["hu_bias", "hu_shift"]["monotonicity"] == 1
    assert summary["ssim", "noise"]["monotonicity"] == 1
    first = (tmp_path / "validity" / "values.parquet").read_bytes()
    ladder(Validity.Spec(**spec), {"a": tmp_path / "full.parquet"}, tmp_path / "validity", tmp_path)
    assert (tmp_path / "validity" / "values.parquet").read_bytes() == first
