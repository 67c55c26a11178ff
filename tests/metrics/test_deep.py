"""LPIPS and DISTS against the lpips package and piq, on backbones of random numbers written to files of a test.

Only the arithmetic is under test here; nothing of these backbones is kept or called pretrained.
"""

from __future__ import annotations

from pathlib import Path

import lpips
import numpy as np
import piq
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from ldct.errors import UnavailableError
from ldct.metrics.base import View, measure, prepare, score
from ldct.metrics.dists import DISTS
from ldct.metrics.lpips import LPIPSVGG, LPIPSAlex, LPIPSSqueeze
from ldct.pretrained.catalogue import WEIGHTS

BACKBONES = {
    "alexnet": torchvision.models.alexnet,
    "vgg16": torchvision.models.vgg16,
    "squeezenet1_1": torchvision.models.squeezenet1_1,
}


def random_backbone(name: str, folder: Path) -> dict[str, torch.Tensor]:
    """State dict of the convolutions, also saved where the catalogue expects the file."""
    torch.manual_seed(3)
    state = {k: v for k, v in BACKBONES[name](weights=None).state_dict().items() if k.startswith("features.")}
    torch.save(state, folder / WEIGHTS[name].filename)
    return state


def tensors(*views: View) -> list[torch.Tensor]:
    return [torch.from_numpy(v.pixels)[None, None].expand(-1, 3, -1, -1) for v in views]


@pytest.mark.parametrize("kind", [LPIPSAlex, LPIPSVGG, LPIPSSqueeze])
def test_lpips_is_the_packages(kind, tmp_path, ct_pair):
    reference, prediction = (View(v.pixels[:96, :80].copy(), v.valid[:96, :80]) for v in ct_pair)
    state = random_backbone(kind.weights[0], tmp_path)
    referee = lpips.LPIPS(net=kind.net, pnet_rand=True, verbose=False).eval()
    own = referee.net.state_dict()
    referee.net.load_state_dict({key: state["features." + key.split(".", 1)[1]] for key in own})
    with torch.inference_mode():
        expected = float(referee(*tensors(prediction, reference), normalize=True))
    metric = kind(weights_dir=tmp_path)
    assert measure(metric, reference, prediction) == pytest.approx(expected, rel=1e-5)
    assert measure(metric, reference, reference) == 0


def test_dists_is_piqs(tmp_path, ct_pair, monkeypatch):
    reference, prediction = (View(v.pixels[:96, :80].copy(), v.valid[:96, :80]) for v in ct_pair)
    state = random_backbone("vgg16", tmp_path)
    rng = np.random.default_rng(0)
    parameters = {key: torch.from_numpy(rng.random((1, 1475, 1, 1), dtype=np.float32)) for key in ("alpha", "beta")}
    save_file(parameters, tmp_path / WEIGHTS["dists"].filename)
    monkeypatch.setattr("ldct.pretrained.catalogue.available", lambda name, folder: True)
    total = float(parameters["alpha"].sum() + parameters["beta"].sum())
    scaled = {key: value / total for key, value in parameters.items()}
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", lambda *_, **__: scaled)

    def backbone(*_, **__):
        made = BACKBONES["vgg16"](weights=None)
        made.load_state_dict(state, strict=False)
        return made

    monkeypatch.setattr(torchvision.models, "vgg16", backbone)
    monkeypatch.setattr("piq.feature_extractors.vgg16", backbone, raising=False)
    monkeypatch.setattr("piq.perceptual.vgg16", backbone, raising=False)
    with torch.inference_mode():
        expected = float(piq.DISTS()(*tensors(prediction, reference)))
    metric = DISTS(weights_dir=tmp_path)
    kept = prepare(metric, reference)
    assert score(metric, kept, prediction) == pytest.approx(expected, rel=1e-4)
    assert score(metric, kept, reference) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("kind", [LPIPSAlex, LPIPSVGG, LPIPSSqueeze, DISTS])
def test_without_the_users_weights_they_are_unavailable(kind, tmp_path):
    with pytest.raises(UnavailableError, match="ldct weights get"):
        kind(weights_dir=tmp_path)


def test_a_file_that_does_not_fit_is_named(tmp_path):
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / WEIGHTS["alexnet"].filename)
    with pytest.raises(UnavailableError, match="does not fit"):
        LPIPSAlex(weights_dir=tmp_path)
