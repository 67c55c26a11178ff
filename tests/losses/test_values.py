"""Each loss against an independent referee: another library, or the formula in float64 numpy."""

from __future__ import annotations

import numpy as np
import piq
import pytest
import torch
from scipy import ndimage
from skimage.feature import graycomatrix, graycoprops
from skimage.metrics import structural_similarity

from ldct.losses.filters import gaussian_taps, separable
from ldct.losses.ms_ssim import WEIGHTS, scales_for
from ldct.losses.power_spectrum import radial_power
from ldct.losses.texture import OFFSETS, contrasts

from .conftest import build, images, pair

SD = 502.185


def value(name: str, prediction: torch.Tensor, target: torch.Tensor, **options) -> float:
    return float(build(name, **options)(prediction, target).detach())


def difference(shape=(3, 33, 40)) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    low, full = pair(shape)
    return low, full, (low - full).numpy()[:, 0]


@pytest.mark.parametrize(
    ("name", "options", "formula"),
    [
        ("mse", {}, lambda d: np.mean(d**2)),
        ("l1", {}, lambda d: np.mean(np.abs(d))),
        ("charbonnier", {"epsilon": 0.02}, lambda d: np.mean(np.sqrt(d**2 + 4e-4))),
        ("huber", {"delta": 0.1}, lambda d: np.mean(np.where(np.abs(d) < 0.1, d**2 / 2, 0.1 * np.abs(d) - 0.005))),
    ],
)
def test_pixelwise(name, options, formula):
    low, full, d = difference()
    assert value(name, low, full, **options) == pytest.approx(formula(d), rel=1e-12)


def test_ssim_is_that_of_scikit_image_and_piq(unit):
    low, full = pair((3, 40, 53))
    theirs = []
    for x, y in zip(unit(low), unit(full), strict=True):
        options = {"win_size": 11, "gaussian_weights": True, "use_sample_covariance": False, "data_range": 1.0}
        theirs.append(structural_similarity(x, y, full=True, **options)[1][5:-5, 5:-5].mean())
    assert value("ssim", low, full) == pytest.approx(1 - np.mean(theirs), rel=1e-9)
    x, y = (torch.from_numpy(unit(image))[:, None] for image in (low, full))
    assert value("ssim", low, full) == pytest.approx(1 - float(piq.ssim(x, y, downsample=False)), rel=1e-9)


@pytest.mark.parametrize(
    ("shape", "scales"), [((2, 64, 64), 3), ((2, 45, 47), 3), ((1, 176, 165), 5), ((3, 11, 30), 1)]
)
def test_ms_ssim_is_that_of_piq(unit, shape, scales):
    low, full = pair(shape)
    assert scales_for(min(shape[1:]), 11) == scales
    x, y = (torch.from_numpy(unit(image))[:, None] for image in (low, full))
    weights = torch.tensor(WEIGHTS[:scales], dtype=torch.float64)
    theirs = piq.multi_scale_ssim(x, y, scale_weights=weights)
    assert value("ms_ssim", low, full) == pytest.approx(1 - float(theirs), rel=1e-9)


def test_structural_losses_in_float32_are_those_of_float64():
    low, full = pair()
    for name in ("ssim", "ms_ssim"):
        assert value(name, low.float(), full.float()) == pytest.approx(value(name, low, full), rel=1e-4)


def test_gmsd_is_that_of_piq(unit):
    low, full = pair((3, 46, 60))
    x, y = (torch.from_numpy(unit(image))[:, None] for image in (low, full))
    assert value("gmsd", low, full) == pytest.approx(float(piq.gmsd(x, y)), rel=1e-4)


def test_gaussian_l1():
    low, full, d = difference((2, 60, 70))
    theirs = [ndimage.gaussian_filter(np.abs(x) * SD / 2048, 4.0, mode="constant", truncate=3.0).mean() for x in d]
    assert value("gaussian_l1", low, full, sigma=4.0) == pytest.approx(np.mean(theirs), rel=1e-9)


def test_sobel():
    low, full, d = difference()
    inner = (slice(1, -1), slice(1, -1))
    theirs = [np.abs(ndimage.sobel(x, axis)[inner]).mean() for x in d for axis in (0, 1)]
    assert value("sobel", low, full) == pytest.approx(np.mean(theirs), rel=1e-12)


@pytest.mark.parametrize("shape", [(2, 32, 32), (2, 33, 40)])
def test_laplacian_is_that_of_the_pyramid(shape):
    low, full, d = difference(shape)
    taps = np.outer(*[[0.05, 0.25, 0.4, 0.25, 0.05]] * 2)
    theirs = []
    for x in d:
        reduced = ndimage.correlate(x, taps, mode="nearest")
        expanded = np.zeros_like(reduced)
        expanded[::2, ::2] = 4 * reduced[::2, ::2]
        theirs.append(np.sqrt((x - ndimage.correlate(expanded, taps, mode="nearest")) ** 2 + 1e-6).mean())
    assert value("laplacian", low, full) == pytest.approx(np.mean(theirs), rel=1e-12)


def test_total_variation():
    low, full, _ = difference()
    x = low.numpy()
    theirs = np.abs(np.diff(x, axis=-1)).mean() + np.abs(np.diff(x, axis=-2)).mean()
    assert value("tv", low, full) == pytest.approx(theirs, rel=1e-12)


def test_multi_window():
    low_hu, full_hu = images((2, 30, 31))
    low, full = pair((2, 30, 31))
    theirs = 0.0
    for centre, width in ((40, 400), (-600, 1500)):
        x, y = (np.clip((hu - centre + width / 2) / width, 0, 1) for hu in (low_hu, full_hu))
        theirs += np.abs(x - y).mean()
    windows = ["soft_tissue", {"center": -600, "width": 1500}]
    assert value("multi_window", low, full, windows=windows) == pytest.approx(theirs, rel=1e-9)


def test_hu_bins():
    low_hu, full_hu = images((3, 30, 31))
    low, full = pair((3, 30, 31))
    edges = [-1024, -500, -200, 200, 600, 1900]
    which = np.digitize(full_hu, edges)
    d = (low_hu - full_hu) / SD
    theirs = [abs(d[which == k].mean()) for k in range(1, len(edges)) if (which == k).any()]
    assert len(theirs) == 4
    assert value("hu_bins", low, full) == pytest.approx(np.mean(theirs), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.0])
def test_focal_frequency(alpha):
    low, full, d = difference()
    theirs = []
    for x in d:
        power = np.abs(np.fft.fft2(x, norm="ortho")) ** 2
        theirs.append((power ** (alpha / 2) / power.max() ** (alpha / 2) * power).mean())
    assert value("focal_frequency", low, full, alpha=alpha) == pytest.approx(np.mean(theirs), rel=1e-9)


@pytest.mark.parametrize("shape", [(2, 32, 32), (2, 31, 40)])
def test_nps_by_brute_force(shape):
    low, full, _ = difference(shape)
    _, height, width = shape
    side = min(height, width)
    window = np.outer(*(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / (n - 1)) for n in (height, width)))
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]) * side

    def rings(image):
        power = np.abs(np.fft.fft2((image - image.mean()) * window)) ** 2 / (window**2).sum()
        return [power[np.round(radius) == k].mean() for k in range(1, (side + 1) // 2)]

    x, y = (np.array([rings(image) for image in images.numpy()[:, 0]]) for images in (low, full))
    assert value("nps", low, full) == pytest.approx(np.abs(np.log(x + 1e-6) - np.log(y + 1e-6)).mean(), rel=1e-7)


def test_power_of_white_noise_is_its_variance():
    noise = 3 * torch.randn(200, 1, 32, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    np.testing.assert_allclose(radial_power(noise).mean(0).numpy(), 9.0, rtol=0.15)


def test_texture_of_whole_levels_is_that_of_scikit_image():
    levels = 8
    whole = np.random.default_rng(0).integers(0, levels, (20, 24))
    ours = contrasts(torch.from_numpy(whole / (levels - 1))[None, None], levels, sigma=0.1)[0].numpy()
    theirs = []
    # graycomatrix takes a distance and an angle, and rounds to the diagonal neighbour.
    for down, right in OFFSETS:
        distance, angle = np.hypot(down, right), np.arctan2(down, right)
        matrix = graycomatrix(whole.astype(np.uint8), [distance], [angle], levels=levels, symmetric=True, normed=True)
        theirs.append(graycoprops(matrix, "contrast")[0, 0])
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_texture_by_its_soft_matrix(unit):
    low, full = pair((2, 16, 17))
    levels, sigma = 12, 0.7
    k = np.arange(levels)

    def contrast(image, down, right):
        member = np.exp(-((image[..., None] * (levels - 1) - k) ** 2) / (2 * sigma**2))
        member /= member.sum(-1, keepdims=True)
        matrix = np.zeros((levels, levels))
        for row in range(image.shape[0]):
            for column in range(image.shape[1]):
                if 0 <= row + down < image.shape[0] and 0 <= column + right < image.shape[1]:
                    matrix += np.outer(member[row, column], member[row + down, column + right])
        matrix += matrix.T
        return (matrix / matrix.sum() * (k[:, None] - k) ** 2).sum()

    grids = [[[contrast(image, *offset) for offset in OFFSETS] for image in unit(x)] for x in (low, full)]
    delta = np.abs(np.subtract(*grids))
    options = {"levels": levels, "sigma": sigma}
    for aggregate, theirs in (
        ("average", delta.mean()),
        ("max", delta.max(1).mean()),
        ("frobenius", np.sqrt((delta**2).sum(1)).mean()),
    ):
        assert value("texture", low, full, aggregate=aggregate, **options) == pytest.approx(theirs, rel=1e-6)


def test_uncertainty():
    low, full = pair((2, 20, 20))
    terms = [{"use": "mse", "weight": 2.0}, {"use": "l1"}]
    loss = build("uncertainty", terms=terms, rate=3.0)
    loss.trained.data = torch.tensor([0.1, -0.4])
    parts = np.array([2 * value("mse", low, full), value("l1", low, full)])
    log_variance = 3 * np.array([0.1, -0.4])
    theirs = (parts / (2 * np.exp(log_variance)) + 0.5 * log_variance).sum()
    assert float(loss(low, full).detach()) == pytest.approx(theirs, rel=1e-6)


def test_uncertainty_settles_where_the_variance_is_the_loss():
    low, full = pair((2, 20, 20))
    loss = build("uncertainty", terms=[{"use": "mse"}, {"use": "l1"}], rate=10.0)
    optimiser = torch.optim.Adam(loss.parameters(), lr=0.02)
    for _ in range(200):
        optimiser.zero_grad()
        loss(low, full).backward()
        optimiser.step()
    theirs = np.log([value("mse", low, full), value("l1", low, full)])
    np.testing.assert_allclose(10 * loss.trained.detach().numpy(), theirs, atol=0.05)


@pytest.mark.parametrize(("mode", "scipy_mode"), [("zero", "constant"), ("replicate", "nearest")])
def test_separable_filter(mode, scipy_mode):
    image = np.random.default_rng(0).standard_normal((13, 9))
    rows, columns = (1.0, -2.0, 0.5), gaussian_taps(5, 1.2)
    theirs = ndimage.correlate(image, np.outer(rows, columns), mode=scipy_mode)
    np.testing.assert_allclose(separable(torch.from_numpy(image), rows, columns, mode).numpy(), theirs, atol=1e-12)
