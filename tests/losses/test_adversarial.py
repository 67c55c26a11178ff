"""Losses with a critic: the penalty by formula, what a critic learns, and that only its own optimiser moves it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ldct.errors import ConfigError
from ldct.losses.adversarial.dugan import DUGAN, UNetCritic, rectangle
from ldct.losses.adversarial.wgan_gp import WGANGP, PatchCritic, gradient_penalty
from ldct.losses.composite import WeightedSum
from ldct.losses.sobel import sobel

from .conftest import pair


class Linear(nn.Module):
    """<w, image>: its gradient is w everywhere."""

    def __init__(self, shape):
        super().__init__()
        self.w = nn.Parameter(torch.linspace(-1, 1, shape[0] * shape[1], dtype=torch.float64).reshape(1, 1, *shape))

    def forward(self, image):
        return (self.w * image).sum((1, 2, 3))


def test_penalty_of_a_linear_critic_is_that_of_its_norm():
    critic = Linear((9, 7))
    image = torch.randn(5, 1, 9, 7, dtype=torch.float64, requires_grad=True)
    found = gradient_penalty(critic, image)
    norm = critic.w.norm()
    assert found.item() == pytest.approx(((norm - 1) ** 2).item())
    (slope,) = torch.autograd.grad(found, critic.w)
    torch.testing.assert_close(slope, 2 * (norm - 1) * critic.w / norm)


def test_penalty_of_a_network_is_that_of_finite_differences():
    torch.manual_seed(0)
    critic = PatchCritic(2).double()
    image = torch.randn(1, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    step, slopes = 1e-6, []
    for place in range(64):
        shift = torch.zeros(64, dtype=torch.float64)
        shift[place] = step
        shift = shift.reshape(1, 1, 8, 8)
        slopes.append(float(critic(image + shift) - critic(image - shift)) / (2 * step))
    norm = torch.tensor(slopes).norm()
    assert float(gradient_penalty(critic, image)) == pytest.approx(float((norm - 1) ** 2), rel=1e-4)


def test_a_critic_learns_to_tell_noisy_from_clean():
    torch.manual_seed(1)
    low, full = pair((8, 24, 24), dtype=torch.float32)
    loss = WGANGP(width=4, learning_rate=1e-3)
    distance = []
    for _ in range(150):
        loss.update(low, full)
        with torch.no_grad():
            distance.append(float(loss.critic(full).mean() - loss.critic(low).mean()))
    assert distance[-1] > 0.1
    assert distance[-1] > 5 * abs(distance[0])
    assert float(loss(low, full)) > float(loss(full, full)), "what looks clean costs less"


def test_the_networks_gradient_leaves_the_critic_alone():
    low, full = pair((2, 16, 16), dtype=torch.float32)
    torch.manual_seed(0)
    total = WeightedSum([{"use": "mse"}, {"use": "wgan_gp", "weight": 0.1, "options": {"width": 4}}])
    assert list(total.adversaries) == ["wgan_gp"]
    assert [p for p in total.parameters() if p.requires_grad] == []
    low.requires_grad_()
    value, _ = total(low, full)
    value.backward()
    assert float(low.grad.abs().sum()) > 0
    assert all(p.grad is None for p in total.parameters())


def test_updates_depend_on_the_generator_alone():
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        loss = WGANGP(width=4, critic_steps=4)
        low, full = pair((4, 16, 16), dtype=torch.float32)
        loss.update(low, full)
        states.append(loss.critic_state())
    for name, value in states[0]["critic"].items():
        assert torch.equal(value, states[1]["critic"][name])
    other = WGANGP(width=4)
    other.load_critic_state(states[0])
    assert torch.equal(other.critic.score[0].weight, states[0]["critic"]["score.0.weight"])


def test_unet_critic_scores_images_and_pixels_of_any_size():
    torch.manual_seed(0)
    critic = UNetCritic(4)
    for shape in ((2, 1, 32, 32), (1, 1, 33, 47)):
        whole, pixels = critic(torch.randn(shape))
        assert whole.shape == shape[:1] and pixels.shape == shape
    for name, weight in critic.named_parameters():
        if name.endswith("original") and weight.ndim > 1 and "entry" in name:
            layer = critic.entry[0]
            assert float(torch.linalg.matrix_norm(layer.weight.flatten(1), 2)) == pytest.approx(1, abs=0.2)


def test_dugan_is_its_formula():
    torch.manual_seed(0)
    loss = DUGAN(width=2, cutmix=0.0).eval()
    low, full = pair((3, 20, 24), dtype=torch.float32)
    gx, gy = sobel(low)
    seen = {"image": low, "gradient": (gx**2 + gy**2 + 1e-6).sqrt()}
    own = 0.0
    for name, image in seen.items():
        whole, pixels = getattr(loss.critic, name)(image)
        own += float(((whole - 1) ** 2).mean() + ((pixels - 1) ** 2).mean()) / 2
    assert float(loss(low, full)) == pytest.approx(own, rel=1e-5)


def test_cutmix_is_its_formula(monkeypatch):
    torch.manual_seed(0)
    loss = DUGAN(width=2, cutmix=1.0).eval()
    low, full = pair((2, 20, 24), dtype=torch.float32)
    mask = torch.zeros(20, 24)
    mask[3:9, 5:20] = 1
    monkeypatch.setattr("ldct.losses.adversarial.dugan.rectangle", lambda shape: mask[: shape[0], : shape[1]])
    own = 0.0
    for name in ("image", "gradient"):
        critic = getattr(loss.critic, name)
        fake, real = (_seen(image, name) for image in (low, full))
        (whole_fake, pixel_fake), (whole_real, pixel_real) = critic(fake), critic(real)
        own += ((whole_real - 1) ** 2).mean() + ((pixel_real - 1) ** 2).mean()
        own += (whole_fake**2).mean() + (pixel_fake**2).mean()
        cut = mask[: fake.shape[-2], : fake.shape[-1]]
        whole, pixels = critic(torch.where(cut > 0, real, fake))
        own += (whole**2).mean() + ((pixels - torch.where(cut > 0, pixel_real, pixel_fake)) ** 2).mean()
    assert float(loss.criticise(low, full)) == pytest.approx(float(own), rel=1e-5)


def _seen(image: torch.Tensor, name: str) -> torch.Tensor:
    gx, gy = sobel(image)
    return image if name == "image" else (gx**2 + gy**2 + 1e-6).sqrt()


def test_dugan_critics_learn_to_tell_noisy_from_clean_pixel_by_pixel():
    torch.manual_seed(1)
    low, full = pair((8, 32, 32), dtype=torch.float32)
    loss = DUGAN(width=4, learning_rate=2e-3)
    for _ in range(120):
        loss.update(low, full)
    with torch.no_grad():
        clean, noisy = (loss.critic.image(image)[1].mean() for image in (full, low))
    assert float(clean - noisy) > 0.1
    assert float(loss(low, full)) > float(loss(full, full))


def test_cut_rectangles_cover_any_share_of_the_image():
    torch.manual_seed(0)
    shares = torch.stack([rectangle((24, 40)).mean() for _ in range(400)])
    assert float(shares.mean()) == pytest.approx(0.5, abs=0.06)
    assert float(shares.min()) < 0.05 and float(shares.max()) > 0.95


def test_a_critic_inside_another_term_is_trained_and_saved():
    torch.manual_seed(2)
    low, full = pair((2, 24, 24), dtype=torch.float32)
    nested = [{"use": "mse"}, {"use": "dugan", "options": {"width": 2, "learning_rate": 1e-3}}]
    terms = [{"use": "dugan", "options": {"width": 2}}, {"use": "uncertainty", "options": {"terms": nested}}]
    loss, other = WeightedSum(terms), WeightedSum(terms)
    assert list(loss.adversaries) == ["dugan", "uncertainty.sum.terms.1"]
    before = {name: critic_weights(term) for name, term in loss.adversaries.items()}
    for term in loss.adversaries.values():
        term.update(low, full)
    for name, term in loss.adversaries.items():
        assert not torch.equal(critic_weights(term), before[name]), name
    # As a training is taken up again.
    for name, term in other.adversaries.items():
        term.load_critic_state(loss.adversaries[name].critic_state())
        torch.testing.assert_close(critic_weights(term), critic_weights(loss.adversaries[name]), rtol=0, atol=0)
    # The network's optimiser gets the variances and no weight of a critic.
    assert [name for name, p in loss.named_parameters() if p.requires_grad] == ["terms.1.trained"]


def critic_weights(term) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in term.critic.parameters()])


@pytest.mark.parametrize("negative", ["wgan_gp", {"use": "uncertainty", "options": {"terms": ["mse", "l1"]}}])
def test_uncertainty_refuses_terms_that_can_be_negative(negative):
    """exp(-s) L + s has no least value in s where L is below 0."""
    with pytest.raises(ConfigError, match=r"can be negative.* Give it beside uncertainty"):
        WeightedSum([{"use": "uncertainty", "options": {"terms": ["mse", negative]}}])
