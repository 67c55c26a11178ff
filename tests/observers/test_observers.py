"""Model observers against closed forms in white and correlated Gaussian noise."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.observers.dense_dog import dense_dog
from ldct.observers.gabor import gabor
from ldct.observers.grid import grid
from ldct.observers.hotelling import template
from ldct.observers.laguerre_gauss import laguerre_gauss

SIDE = 33
SHAPE = (SIDE, SIDE)
CHANNELS = {
    "laguerre_gauss": laguerre_gauss(SHAPE, width_mm=9.0, count=5),
    "dense_dog": dense_dog(SHAPE, start=0.02, count=6),
    "gabor": gabor(SHAPE),
}


def disc(height: float) -> np.ndarray:
    y, x = grid(SHAPE)
    return height * np.exp(-(y**2 + x**2) / (2 * 2.5**2)).ravel()


def correlated() -> tuple[np.ndarray, np.ndarray]:
    """Covariance of pixels (n, n) of smoothed white noise plus a little white noise, and a square root of it."""
    y, x = (np.broadcast_to(axis, SHAPE).ravel() for axis in grid(SHAPE))
    square = (y[:, None] - y) ** 2 + (x[:, None] - x) ** 2
    covariance = 9.0 * np.exp(-square / (4 * 1.2**2)) + 4.0 * np.eye(SIDE**2)
    return covariance, np.linalg.cholesky(covariance)


COVARIANCE, ROOT = correlated()


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("noise", ["white", "correlated"])
def test_sampled_cho_reaches_its_closed_form(name, noise):
    """d' of templates from samples tends to sqrt(s^T U (U^T K U)^-1 U^T s)."""
    rng, u, s = np.random.default_rng(1), CHANNELS[name], disc(4.0)
    k, root = (COVARIANCE, ROOT) if noise == "correlated" else (16.0 * np.eye(SIDE**2), 4.0 * np.eye(SIDE**2))
    count = 2500
    projected = u.T @ root
    present = rng.standard_normal((count, SIDE**2)) @ projected.T + u.T @ s
    absent = rng.standard_normal((count, SIDE**2)) @ projected.T
    expected = float(np.sqrt(s @ u @ np.linalg.pinv(u.T @ k @ u, rcond=1e-12) @ u.T @ s))
    w = template(present.mean(0) - absent.mean(0), (np.cov(present.T) + np.cov(absent.T)) / 2)
    assert w @ u.T @ s / np.sqrt(w @ u.T @ k @ u @ w) == pytest.approx(expected, rel=0.03)
    # The channels cannot beat the ideal observer of all pixels.
    assert expected <= float(np.sqrt(s @ np.linalg.solve(k, s))) * (1 + 1e-9)


def test_channels_are_what_their_papers_define():
    u = laguerre_gauss((201, 161), (0.5, 0.6), width_mm=20.0, count=6)
    assert np.allclose(u.T @ u * 0.5 * 0.6, np.eye(6), atol=1e-6)
    # Dense DOG: the transform of a large region is the stated radial response.
    side, s0 = 301, 0.03
    channels = dense_dog((side, side), start=s0, count=4).reshape(side, side, 4)
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    for j in range(4):
        s = s0 * 1.4**j
        response = np.fft.fft2(np.fft.ifftshift(channels[..., j])).real
        assert np.allclose(response, np.exp(-0.5 * (f / 1.67 / s) ** 2) - np.exp(-0.5 * (f / s) ** 2), atol=2e-3)
    # Gabor: 40 channels; widths of Leng et al. 2013 and the largest response at the middle of the band.
    channels = gabor((257, 257)).reshape(257, 257, 4, 5, 2)
    f = np.fft.fftfreq(257)
    for band, (width, middle) in enumerate([(56.48, 3 / 128), (28.24, 3 / 64), (14.12, 3 / 32), (7.06, 3 / 16)]):
        row = channels[128, :, band, 0, 0]
        assert abs(f[np.argmax(np.abs(np.fft.fft(row))[:128])] - middle) < 1 / 257
        x = np.arange(257) - 128
        assert np.allclose(row, np.exp(-4 * np.log(2) * x**2 / width**2) * np.cos(2 * np.pi * middle * x), atol=1e-3)
    with pytest.raises(ValueError, match="lower < upper"):
        gabor(SHAPE, bands=((0.2, 0.1),))


def test_internal_noise_lowers_detectability_as_stated():
    k = np.diag([1.0, 4.0])
    s = np.array([1.0, 1.0])
    w = template(s, k, internal_noise=1.5)
    assert np.allclose(w, s / (2.5 * np.diag(k)))
