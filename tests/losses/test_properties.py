"""What every loss must satisfy, whatever its formula."""

from __future__ import annotations

import pytest
import torch

from ldct.errors import ConfigError

from .conftest import FREE, build, pair

# Least value where it is not 0, and terms that are not distances.
LEAST = {"charbonnier": 1e-3, "laplacian": 1e-3}
NOT_DISTANCES = ("tv", "uncertainty")
# Blind to one direction by construction, or of the target's HU.
ASYMMETRIC = (*NOT_DISTANCES, "hu_bins")


@pytest.mark.parametrize("name", FREE)
def test_gradient(name):
    """The analytic gradient is that of finite differences; the images differ everywhere, so no kink is near."""
    low, full = pair((1, 13, 12), noise=80.0)
    loss = build(name)
    if name == "focal_frequency":
        # Its weight is held constant in the gradient: with alpha 0 there is none.
        loss = build(name, alpha=0.0)
    assert torch.autograd.gradcheck(lambda x: loss(x, full), low.requires_grad_(), eps=1e-7, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("name", FREE)
@pytest.mark.parametrize("turn", ["left to right", "upside down", "transposed"])
def test_mirrored_and_turned_pairs_cost_the_same(name, turn):
    # Coarser scales are means of pairs, so of even sides; those of the pyramid every other sample, so of odd ones.
    low, full = pair((2, 33, 41) if name == "laplacian" else (2, 48, 64), noise=80.0)
    how = {"left to right": lambda x: x.flip(-1), "upside down": lambda x: x.flip(-2), "transposed": lambda x: x.mT}
    loss = build(name)
    mirrored = loss(*(how[turn](image).contiguous() for image in (low, full)))
    assert float(mirrored) == pytest.approx(float(loss(low, full)), rel=1e-9)


@pytest.mark.parametrize("name", [name for name in FREE if name not in NOT_DISTANCES])
def test_least_at_equality(name):
    low, full = pair()
    loss = build(name)
    assert float(loss(full, full)) == pytest.approx(LEAST.get(name, 0.0), abs=1e-12)
    assert float(loss(low, full)) > float(loss(full, full)) + 1e-4


@pytest.mark.parametrize("name", [name for name in FREE if name not in NOT_DISTANCES])
def test_grows_with_noise(name):
    values = [float(build(name)(*pair(noise=noise))) for noise in (5.0, 20.0, 80.0)]
    assert values == sorted(values)


@pytest.mark.parametrize("name", [name for name in FREE if name not in ASYMMETRIC])
def test_symmetric(name):
    low, full = pair()
    loss = build(name)
    assert float(loss(low, full)) == pytest.approx(float(loss(full, low)), rel=1e-9)


def test_argument_order():
    """tv looks at the prediction, hu_bins sorts by the target."""
    low, full = pair()
    assert float(build("tv")(low, full)) != pytest.approx(float(build("tv")(full, low)), rel=0.1)
    assert float(build("tv")(low, full)) == float(build("tv")(low, 2 * full))
    shifted = full + 1.0
    edges = [-1024, -500, 1900]
    assert float(build("hu_bins", edges=edges)(shifted, full)) == pytest.approx(1.0)
    assert float(build("hu_bins", edges=[5000, 6000])(shifted, full)) == 0.0


@pytest.mark.parametrize("name", FREE)
def test_order_of_the_batch_does_not_matter(name):
    low, full = pair((4, 24, 24))
    order = torch.tensor([2, 0, 3, 1])
    loss = build(name)
    with torch.no_grad():
        assert float(loss(low[order], full[order])) == pytest.approx(float(loss(low, full)), rel=1e-9)


@pytest.mark.parametrize("name", [name for name in FREE if name not in ("tv",)])
def test_no_gradient_to_the_target(name):
    low, full = (image.requires_grad_() for image in pair((2, 20, 20)))
    build(name)(low, full).backward()
    assert full.grad is None
    assert low.grad is not None
    assert float(low.grad.abs().sum()) > 0


@pytest.mark.parametrize("shape", [(1, 17, 23), (2, 11, 64), (1, 65, 64)])
@pytest.mark.parametrize("name", FREE)
def test_odd_sizes(name, shape):
    low, full = pair(shape, dtype=torch.float32)
    low.requires_grad_()
    result = build(name)(low, full)
    result.backward()
    assert result.shape == ()
    assert torch.isfinite(result)
    assert torch.isfinite(low.grad).all()


@pytest.mark.parametrize("level", [-1024.0, 0.0, 3071.0])
@pytest.mark.parametrize("name", FREE)
def test_flat_images_have_finite_gradients(name, level):
    """Air, water and clipped metal; equal to the target and not."""
    flat = torch.full((2, 1, 16, 16), (level + 542.546) / 502.185)
    for target in (flat, flat + 0.5, flat * 0):
        prediction = flat.clone().requires_grad_()
        result = build(name)(prediction, target)
        result.backward()
        assert torch.isfinite(result)
        assert torch.isfinite(prediction.grad).all()


@pytest.mark.parametrize("scale", [1e3, 1e-6])
@pytest.mark.parametrize("name", FREE)
def test_wild_predictions_stay_finite(name, scale):
    """A network's first steps can be far off; the loss must not be what breaks."""
    generator = torch.Generator().manual_seed(0)
    prediction = (scale * torch.randn(2, 1, 32, 32, generator=generator)).requires_grad_()
    result = build(name)(prediction, pair((2, 32, 32), dtype=torch.float32)[1])
    result.backward()
    assert torch.isfinite(result)
    assert torch.isfinite(prediction.grad).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", FREE)
def test_half_precision_is_computed_in_float32(name, dtype):
    low, full = (image.to(dtype) for image in pair((2, 32, 32)))
    loss = build(name)
    theirs = loss(low.float(), full.float())
    low.requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ours = loss(low, full)
        ours.backward()
    assert ours.dtype == torch.float32
    assert torch.equal(ours, theirs)
    assert low.grad.dtype == dtype
    assert torch.isfinite(low.grad).all()


@pytest.mark.parametrize(
    ("prediction", "target"),
    [
        (torch.zeros(1, 1, 16, 16), torch.zeros(1, 1, 16, 17)),
        (torch.zeros(1, 16, 16), torch.zeros(1, 16, 16)),
        (torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)),
        (torch.zeros(1, 1, 16, 16), torch.zeros(1, 1, 16, 16, dtype=torch.int16)),
        (torch.zeros(0, 1, 16, 16), torch.zeros(0, 1, 16, 16)),
    ],
)
@pytest.mark.parametrize("name", ["mse", "ms_ssim"])
def test_what_is_no_pair_is_refused(name, prediction, target):
    with pytest.raises(ValueError, match=r"shape|int16|empty"):
        build(name)(prediction, target)


@pytest.mark.parametrize(
    ("name", "least"), [("ssim", 11), ("ms_ssim", 11), ("sobel", 3), ("texture", 8), ("nps", 4), ("gmsd", 6)]
)
def test_small_images_are_refused_by_name(name, least):
    build(name)(*pair((1, least, least)))
    with pytest.raises(ConfigError, match=f"{name}.*at least {least}"):
        build(name)(*pair((1, least, least - 1)))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("charbonnier", {"epsilon": 0}),
        ("charbonnier", {"epsilon": "small"}),
        ("huber", {"delta": -1.0}),
        ("huber", {"delta": float("nan")}),
        ("ssim", {"size": 10}),
        ("ssim", {"window": "softtissue"}),
        ("ms_ssim", {"scales": 6}),
        ("ms_ssim", {"window": {"center": 0}}),
        ("ms_ssim", {"window": {"center": 0, "width": 0}}),
        ("gaussian_l1", {"sigma": True}),
        ("texture", {"levels": 1}),
        ("texture", {"aggregate": "mean"}),
        ("focal_frequency", {"alpha": -1}),
        ("nps", {"floor": 0}),
        ("hu_bins", {"edges": [0, 0]}),
        ("multi_window", {"windows": "full"}),
        ("uncertainty", {"terms": [{"use": "mse"}]}),
        ("mse", {"epsilon": 1e-3}),
    ],
)
def test_bad_options_are_named(name, options):
    with pytest.raises(ConfigError, match=f"{name}.*{next(iter(options)).removesuffix('s')}"):
        build(name, **options)
