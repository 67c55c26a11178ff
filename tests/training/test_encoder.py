"""The CT autoencoder of a fold, and the losses on it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from scipy.ndimage import gaussian_filter

from ldct.data.stream import PatchTables
from ldct.errors import ConfigError, InputError
from ldct.intensity import Intensity
from ldct.losses.composite import WeightedSum, build_term
from ldct.losses.declared import TERMS, needs_encoder
from ldct.pretrained.ct_encoder import CTAutoencoder, load_encoder
from ldct.stages.encoder import Encoder
from ldct.stages.parts import TermSpec
from ldct.stages.train import Train
from ldct.tables import read_table
from ldct.tables.history import HISTORY
from ldct.training.encoder import corrupt, train_encoder
from ldct.training.run import train
from ldct.training.weighting import with_encoder

SETTINGS = {
    "width": 4,
    "steps": 60,
    "batch": 8,
    "learning_rate": 3e-3,
    "masked_share": 0.25,
    "noise_hu": 30.0,
    "seed": 0,
}
SPEC = {"train": ["a", "b"], "device": "cpu", "settings": SETTINGS}


@pytest.fixture(scope="module")
def encoder(patches_of_module, tmp_path_factory):
    path = tmp_path_factory.mktemp("encoder") / "fold0.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        train_encoder(Encoder.Spec(**SPEC), patches_of_module, path)
    return path


@pytest.fixture(scope="module")
def patches_of_module(cohort):
    return {patient: cohort / f"{patient}.patches.parquet" for patient in ("a", "b", "c")}


def test_equal_input_gives_equal_bytes_and_other_patients_are_not_read(encoder, patches, tmp_path):
    only = {patient: path for patient, path in patches.items() if patient in SPEC["train"]}
    train_encoder(Encoder.Spec(**SPEC), only, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == encoder.read_bytes()
    train_encoder(Encoder.Spec(**{**SPEC, "train": ["c"]}), patches, tmp_path / "other.safetensors")
    assert (tmp_path / "other.safetensors").read_bytes() != encoder.read_bytes()


def test_the_autoencoder_learns_to_restore(patches, tmp_path, caplog):
    with caplog.at_level("INFO", "ldct"):
        spec = Encoder.Spec(**{**SPEC, "settings": {**SETTINGS, "steps": 300}})
        train_encoder(spec, patches, tmp_path / "e.safetensors")
    rmse = [float(record.getMessage().split("RMSE ")[1].split()[0]) for record in caplog.records]
    assert len(rmse) == 3
    assert rmse[-1] < 0.7 * rmse[0]
    tensors = load_file(tmp_path / "e.safetensors")
    assert tensors["stages.2.2.weight"].shape == (16, 16, 3, 3)


def test_corruption_hides_the_share_of_blocks_and_adds_the_noise():
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand(16, 1, 64, 64, generator=generator)
    found = corrupt(clean, 0.25, 0.02, generator)
    blocks = (found == clean.mean((-2, -1), keepdim=True)).reshape(16, 8, 8, 8, 8).float().mean((2, 4))
    assert set(blocks.unique().tolist()) == {0.0, 1.0}
    assert float(blocks.mean()) == pytest.approx(0.25, abs=0.05)
    shown = blocks.repeat_interleave(8, 1).repeat_interleave(8, 2)[:, None] == 0
    assert float((found - clean)[shown].std()) == pytest.approx(0.02, rel=0.05)


def hu_pair(patches):
    low, full = PatchTables(patches, ["c"]).evenly_spaced(4)
    return (Intensity().standardise(torch.from_numpy(hu[:, None].astype(np.float32))) for hu in (low, full))


@pytest.mark.parametrize("use", [name for name, term in TERMS.items() if term.encoder])
def test_a_distance_with_gradients_for_the_prediction_alone(encoder, patches, use):
    low, full = hu_pair(patches)
    loss = build_term(use, {"encoder": str(encoder)}, Intensity(), None)
    assert float(loss(full, full)) == 0.0
    low.requires_grad_()
    loss(low, full).backward()
    assert float(low.grad.abs().sum()) > 0
    assert all(not parameter.requires_grad for parameter in loss.parameters())
    blurred = torch.from_numpy(gaussian_filter(full.numpy(), (0, 0, 1.5, 1.5)))
    assert float(loss(blurred, full)) > 0


def test_value_by_its_features(encoder, patches):
    low, full = hu_pair(patches)
    network = load_encoder(encoder, ["stage1", "stage3"])
    unit = [(Intensity().to_hu(x) + 1024) / 2048 for x in (low, full)]
    with torch.no_grad():
        expected = np.mean([float((a - b).square().mean()) for a, b in zip(*map(network, unit), strict=True)])
    options = {"encoder": str(encoder), "layers": ["stage1", "stage3"]}
    found = build_term("ct_autoencoder", options, Intensity(), None)(low, full)
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_a_training_uses_it_also_nested(encoder, spec, patches, tmp_path):
    nested = {"use": "uncertainty", "weight": 1.0, "options": {"terms": [{"use": "mse"}, {"use": "ct_autoencoder"}]}}
    spec["terms"] = [{"use": "l1", "weight": 1.0, "options": {}}, nested]
    train(Train.Spec(**spec), patches, tmp_path / "run", tmp_path, encoder=encoder)
    terms = read_table(tmp_path / "run/history.parquet", HISTORY).to_pylist()[-1]["terms"]
    assert {term["term"] for term in terms} == {"l1", "uncertainty"}


def test_only_terms_on_the_encoder_get_it(encoder):
    terms = [{"use": "mse"}, {"use": "semantic_ct", "options": {"structure": 0}}]
    found = [term.model_dump() for term in with_encoder([TermSpec(**term) for term in terms], encoder)]
    assert found[0]["options"] == {}
    assert found[1]["options"] == {"structure": 0, "encoder": str(encoder)}
    assert WeightedSum(found).names == ["mse", "semantic_ct"]
    assert needs_encoder("uncertainty", {"terms": terms}) and not needs_encoder("vgg16_hed")


def test_an_absent_or_foreign_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="needs the encoder that the workflow trains"):
        build_term("ct_autoencoder", {}, Intensity(), None)
    (tmp_path / "x.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"x\.safetensors: found no CT encoder"):
        load_encoder(tmp_path / "x.safetensors", ["stage1"])
    with pytest.raises(ConfigError, match=r"no layer 'stage4'.*nearest is"):
        CTAutoencoder(4).encoder.__class__(4, ["stage4"])
