"""Published images with mean scores: the layout of LDCTIQAC 2023, and metrics judged on it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ldct.__main__ import main
from ldct.errors import InputError
from ldct.readers.ldctiqac import read_ldctiqac
from ldct.tables import read_table
from ldct.tables.readers import METRICS
from tests.metrics.conftest import real_ct


@pytest.fixture
def layout(tmp_path):
    """24 images in the published layout; the more noise, the lower the score."""
    folder = tmp_path / "LDCTIQAG2023_train"
    (folder / "image").mkdir(parents=True)
    rng = np.random.default_rng(0)
    anatomy = (np.clip(real_ct()[:256, :256], -1000, 400) + 1000) / 1400
    scores = {}
    for number in range(24):
        noise = 0.005 + 0.004 * number
        pixels = np.clip(anatomy + noise * rng.standard_normal(anatomy.shape), 0, 1).astype(np.float32)
        Image.fromarray(pixels).save(folder / "image" / f"{number:04d}.tif")
        scores[f"{number:04d}.tif"] = round(4 * (1 - number / 23), 1)
    (folder / "train.json").write_text(json.dumps(scores))
    return folder


def test_pixels_become_hu_and_scores_stay_with_their_images(layout):
    for place in (layout, layout.parent):
        images = read_ldctiqac(place)
        assert images.names[:2] == ["0000.tif", "0001.tif"] and images.scores[[0, 23]].tolist() == [4.0, 0.0]
    with Image.open(layout / "image" / "0003.tif") as image:
        pixels = np.asarray(image)
    np.testing.assert_allclose(images.hu(3), -1000 + 1400 * pixels, atol=1e-3)


def test_the_test_part_of_the_challenge_is_read(layout):
    labels = json.loads((layout / "train.json").read_text())
    (layout / "train.json").unlink()
    for name in labels:
        (layout / "image" / name).rename(layout / name)
    (layout / "test-ground-truth.json").write_text(
        json.dumps({name.removesuffix(".tif"): s for name, s in labels.items()})
    )
    assert len(read_ldctiqac(layout).names) == 24


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "train.json").unlink(), "no label file"),
        (lambda f: (f / "train.json").write_text("{"), "not JSON"),
        (lambda f: (f / "train.json").write_text('{"0000.tif": 7}'), "1 wrong scores .0000.tif: 7."),
        (lambda f: (f / "image/0005.tif").unlink(), "1 of 24 images missing .0005.tif."),
    ],
)
def test_mistakes_are_named(layout, spoil, message):
    spoil(layout)
    with pytest.raises(InputError, match=message):
        read_ldctiqac(layout)


def test_an_image_of_another_scale_is_named(layout):
    Image.fromarray(np.full((64, 64), 900.0, np.float32)).save(layout / "image" / "0000.tif")
    with pytest.raises(InputError, match="values 900 to 900"):
        read_ldctiqac(layout).hu(0)


def test_a_metric_that_sees_noise_follows_the_scores(layout, tmp_path):
    arguments = ["scored", str(layout), "-o", str(tmp_path / "out"), "--metrics", "niqe_skvideo", "brisque"]
    assert main(["readers", *arguments, "--draws", "100"]) == 0
    rows = (
        read_table(tmp_path / "out/metrics.parquet", METRICS).to_pandas().set_index(["metric", "window", "statistic"])
    )
    best = rows.xs("srocc", level="statistic")["value"].max()
    assert best > 0.8
    for criterion in {(m, w) for m, w, _ in rows.index}:
        parts = [abs(rows.loc[(*criterion, name), "value"]) for name in ("plcc", "srocc", "krocc")]
        assert rows.loc[(*criterion, "challenge"), "value"] == pytest.approx(sum(parts))
    assert pd.isna(rows.xs("challenge", level="statistic")["low"]).all()
