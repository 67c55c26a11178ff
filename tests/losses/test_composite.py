"""The weighted sum that a training minimises."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from ldct.errors import ConfigError, UnavailableError
from ldct.intensity import Intensity
from ldct.losses.base import Loss
from ldct.losses.composite import WeightedSum
from ldct.losses.declared import TERMS, required_weights
from ldct.pretrained.catalogue import WEIGHTS

from .conftest import build, pair


class Offset(Loss):
    """A user's own loss."""

    def __init__(self, *, by: float = 0.0, **common):
        super().__init__(**common)
        self.by = by

    def measure(self, prediction, target):
        return (prediction - target).mean() + self.by


def test_sum_and_terms():
    low, full = pair(dtype=torch.float32)
    terms = [
        {"use": "mse", "weight": 2.0, "options": {}},
        {"use": "sobel", "weight": 0.25, "options": {}},
        {"use": "charbonnier", "weight": 1.5, "options": {"epsilon": 0.1}},
    ]
    loss = WeightedSum(terms, Intensity(), None)
    total, values = loss(low, full)
    assert list(values) == ["mse", "sobel", "charbonnier"]
    assert loss.weights == {"mse": 2.0, "sobel": 0.25, "charbonnier": 1.5}
    assert torch.equal(values["charbonnier"], build("charbonnier", epsilon=0.1)(low, full))
    assert float(total) == pytest.approx(sum(loss.weights[name] * float(v) for name, v in values.items()), rel=1e-6)


def test_gradient_is_the_sum_of_gradients():
    low, full = pair((2, 16, 16))
    loss = WeightedSum([{"use": "mse", "weight": 3.0}, {"use": "l1", "weight": 0.1}])
    (ours,) = torch.autograd.grad(loss(low.requires_grad_(), full)[0], low)
    (mse,) = torch.autograd.grad(build("mse")(low, full), low)
    (l1,) = torch.autograd.grad(build("l1")(low, full), low)
    torch.testing.assert_close(ours, 3 * mse + 0.1 * l1)


def test_a_term_used_twice_is_numbered():
    low, full = pair(dtype=torch.float32)
    terms = [{"use": "ssim", "options": {"window": window}} for window in ("full", "soft_tissue", "lung")]
    values = WeightedSum(terms)(low, full)[1]
    assert list(values) == ["ssim", "ssim_2", "ssim_3"]
    assert len({float(value) for value in values.values()}) == 3


def test_own_loss_by_dotted_path():
    low, full = pair(dtype=torch.float32)
    path = f"{__name__}:Offset" if __name__ in sys.modules else None
    assert path is not None
    loss = WeightedSum([{"use": path, "weight": 2.0, "options": {"by": 3.0}}])
    assert float(loss(low, full)[0]) == pytest.approx(2 * float((low - full).mean()) + 6, rel=1e-5)


def test_float32_under_autocast():
    low, full = pair(dtype=torch.bfloat16)
    loss = WeightedSum([{"use": "ms_ssim"}, {"use": "l1"}])
    expected = loss(low.float(), full.float())[0]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, values = loss(low, full)
    assert {value.dtype for value in [total, *values.values()]} == {torch.float32}
    assert torch.equal(total, expected)


def test_channels_last_does_not_matter():
    low, full = pair(dtype=torch.float32)
    loss = WeightedSum([{"use": name} for name in ("ssim", "sobel", "laplacian", "texture", "nps")])
    total = loss(low, full)[0]
    last = loss(*(image.to(memory_format=torch.channels_last) for image in (low, full)))[0]
    torch.testing.assert_close(last, total)


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ({"use": "mae"}, "no loss term 'mae'"),
        ({"use": "ms_sim"}, "ms_ssim"),
        ({"use": "mse", "weight": 0}, "weight is 0"),
        ({"use": "mse", "weight": float("inf")}, "weight is inf"),
        ({"use": "huber", "options": {"detla": 1.0}}, "loss huber: Huber got .*detla"),
        ({"use": "uncertainty"}, "loss uncertainty: Uncertainty missing .*terms"),
        ({"use": "no.such.module:Loss"}, "no.such.module"),
    ],
)
def test_bad_terms_are_named(term, message):
    with pytest.raises(ConfigError, match=message):
        WeightedSum([term])


def test_no_terms():
    with pytest.raises(ConfigError, match="at least one"):
        WeightedSum([])


def test_absent_weights_name_the_command(tmp_path):
    with pytest.raises(UnavailableError, match="ldct weights get vgg19"):
        WeightedSum([{"use": "vgg19"}], weights_dir=tmp_path)


def test_declarations_are_whole():
    for name in TERMS:
        assert TERMS.source_file(name).is_file()
    assert {weight for term in TERMS.values() for weight in term.weights} <= set(WEIGHTS)


def test_required_weights_of_nested_terms():
    nested = {"terms": [{"use": "mse"}, {"use": "dists", "options": {}}, {"use": "lpips_vgg"}]}
    assert required_weights("uncertainty", nested) == ("vgg16", "dists")
    assert required_weights("mse") == ()


def test_declarations_and_catalogue_need_no_torch():
    code = "import sys, ldct.losses.declared, ldct.pretrained.catalogue; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
