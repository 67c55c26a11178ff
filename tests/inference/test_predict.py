"""Predictions of a trained run, whole and in tiles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ldct.errors import InputError
from ldct.inference.predict import denoise_slice, predict
from ldct.inference.tiling import bytes_per_pixel, denoise
from ldct.intensity import Intensity
from ldct.models.build import build_model
from ldct.stages.predict import Predict
from ldct.tables import read_table
from ldct.tables.images import INVALID_HU, ImageStack, unpack, write_images
from ldct.tables.predictions import predictions_schema
from ldct.tables.schema import image_shape
from ldct.training.precision import choose_arithmetic

MODEL = {"use": "redcnn", "options": {"width": 4, "kernel": 3}}
SMALL = {
    "redcnn": {"width": 4, "kernel": 3},
    "cnn10": {"width": 4},
    "unet": {"width": 2, "depth": 2},
    "resnet": {"width": 8, "blocks": 2},
}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def shaken(spec: dict, seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    model = build_model(**spec)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model.eval()


@pytest.fixture
def run(tmp_path) -> Path:
    """A run folder with two checkpoints."""
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    for epoch in (2, 5):
        save_file(shaken(MODEL, epoch).state_dict(), folder / f"checkpoints/epoch{epoch:04d}.safetensors")
    (folder / "run.json").write_text(json.dumps({"status": "completed", "selected": 2, "checkpoints": [2, 5]}))
    return folder


def write(path: Path, patient: str, shape: tuple[int, int, int]) -> np.ndarray:
    generator = np.random.default_rng(shape[0])
    hu = generator.integers(-1000, 1500, shape).astype(np.int16)
    hu[:, :4] = INVALID_HU
    n = shape[0]
    stack = ImageStack(
        patient=patient,
        dose="low",
        hu=hu,
        position_mm=np.arange(n) * 2.0,
        pixel_spacing_mm=(1.0, 1.0),
        slice_thickness_mm=2.0,
        origin_mm=np.zeros((n, 3)),
    )
    write_images(path, stack)
    return hu


def test_rows_of_every_checkpoint(run, tmp_path):
    images = {"q": tmp_path / "q.parquet", "p": tmp_path / "p.parquet"}
    low = {"q": write(images["q"], "q", (5, 40, 48)), "p": write(images["p"], "p", (3, 40, 48))}
    spec = {"network": MODEL, "patients": ["q", "p"], "slices_per_patient": 2, "device": "cpu"}
    predict(Predict.Spec(**spec), run, images, tmp_path / "out.parquet")
    table = read_table(tmp_path / "out.parquet", predictions_schema((40, 48)))
    rows = list(zip(*(table[c].to_pylist() for c in ("patient", "slice", "checkpoint", "selected")), strict=True))
    slices = [("q", 1), ("q", 3), ("p", 0), ("p", 2)]
    assert rows == [(p, s, epoch, epoch == 2) for p, s in slices for epoch in (2, 5)]
    predicted = unpack(table["hu"], image_shape(table.schema.field("hu")))
    for (patient, index, epoch, _), image in zip(rows, predicted, strict=True):
        hu = low[patient][index]
        assert np.array_equal(image == INVALID_HU, hu == INVALID_HU)
        x = torch.from_numpy(Intensity().standardise(np.where(hu == INVALID_HU, -1000, hu)[None, None].astype(float)))
        with torch.no_grad():
            exact = Intensity().to_hu(shaken(MODEL, epoch).double()(x))[0, 0].numpy()
        assert np.abs(image - exact)[hu != INVALID_HU].max() < 0.51


def test_slices_of_different_sizes_share_a_table(run, tmp_path):
    images = {"q": tmp_path / "q.parquet", "p": tmp_path / "p.parquet"}
    write(images["q"], "q", (1, 40, 48))
    write(images["p"], "p", (1, 64, 32))
    spec = {"network": MODEL, "patients": ["q", "p"], "slices_per_patient": None, "device": "cpu"}
    predict(Predict.Spec(**spec), run, images, tmp_path / "out.parquet")
    table = read_table(tmp_path / "out.parquet", predictions_schema((64, 48)))
    predicted = unpack(table["hu"], image_shape(table.schema.field("hu")))
    assert predicted.shape == (4, 64, 48)
    assert (predicted[0, 40:] == INVALID_HU).all()
    assert (predicted[2, :, 32:] == INVALID_HU).all()
    predict(Predict.Spec(**{**spec, "patients": ["q"]}), run, images, tmp_path / "one.parquet")
    alone = read_table(tmp_path / "one.parquet", predictions_schema((40, 48)))
    assert np.array_equal(unpack(alone["hu"], (40, 48)), predicted[:2, :40])


def test_equal_bytes(run, tmp_path):
    images = {"p": tmp_path / "p.parquet"}
    write(images["p"], "p", (3, 40, 48))
    spec = {"network": MODEL, "patients": ["p"], "slices_per_patient": None, "device": "cpu"}
    for name in ("x", "y"):
        predict(Predict.Spec(**spec), run, images, tmp_path / name)
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


def test_failed_run_and_empty_patient_give_no_rows(run, tmp_path):
    images = {"p": tmp_path / "p.parquet"}
    write(images["p"], "p", (0, 40, 48))
    spec = {"network": MODEL, "patients": ["p"], "slices_per_patient": 2, "device": "cpu"}
    predict(Predict.Spec(**spec), run, images, tmp_path / "out.parquet")
    assert len(read_table(tmp_path / "out.parquet", predictions_schema((40, 48)))) == 0
    write(images["p"], "p", (2, 40, 48))
    (run / "run.json").write_text(json.dumps({"status": "failed", "reason": "the loss is not finite"}))
    predict(Predict.Spec(**spec), run, images, tmp_path / "out.parquet")
    assert len(read_table(tmp_path / "out.parquet", predictions_schema((40, 48)))) == 0


def test_weights_of_another_network(run, tmp_path):
    images = {"p": tmp_path / "p.parquet"}
    write(images["p"], "p", (1, 40, 48))
    other = {"use": "redcnn", "options": {"width": 5, "kernel": 3}}
    spec = {"network": other, "patients": ["p"], "slices_per_patient": 1, "device": "cpu"}
    with pytest.raises(InputError, match="weights that do not fit"):
        predict(Predict.Spec(**spec), run, images, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()
    assert not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("shape", [(150, 201), (97, 128)])
def test_tiles_give_the_whole(name, shape):
    model = shaken({"use": name, "options": SMALL[name]}, 1)
    x = torch.randn(1, 1, *shape)
    calls = []
    handle = model.register_forward_hook(lambda _, inputs, __: calls.append(inputs[0].shape))
    with torch.inference_mode():
        whole = denoise(model, x, 1 << 40)
        assert len(calls) == 1
        tiled = denoise(model, x, bytes_per_pixel(model) * 60 * 60)
    handle.remove()
    assert len(calls) > 4
    torch.testing.assert_close(tiled, whole, rtol=1e-5, atol=1e-5)


def test_extreme_output_is_kept_within_int16():
    class Big(torch.nn.Module):
        def forward(self, x):
            return x * 1000

    hu = np.array([[-1000, 3000]] * 2, np.int16)
    result = denoise_slice(Big(), hu, choose_arithmetic("float32", "cpu"))
    assert result.tolist() == [[-32767, 32767]] * 2
