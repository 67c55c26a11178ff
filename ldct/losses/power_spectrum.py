"""Distance of radial power spectra."""

from __future__ import annotations

import functools

import torch

from ldct.losses.base import Loss, check_side, number


@functools.lru_cache(maxsize=8)
def radial_bins(height: int, width: int) -> torch.Tensor:
    """Matrix (bins, height * (width // 2 + 1)) that averages a half spectrum over rings, float64.

    Ring k holds the frequencies whose radius rounds to k cycles per shorter side; 0 < k < half of it. Frequencies
    that stand for their mirror image too count twice.
    """
    side = min(height, width)
    down = torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    across = torch.fft.rfftfreq(width, dtype=torch.float64)[None, :]
    ring = ((down**2 + across**2).sqrt() * side).round().long()
    times = torch.full((width // 2 + 1,), 2.0, dtype=torch.float64)
    times[0] = 1.0
    if width % 2 == 0:
        times[-1] = 1.0
    matrix = torch.stack([(ring == k) * times for k in range(1, (side + 1) // 2)]).flatten(1)
    return matrix / matrix.sum(1, keepdim=True)


def radial_power(image: torch.Tensor) -> torch.Tensor:
    """Power per pixel of (N, 1, H, W) in each ring, (N, bins): mean removed, Hann window, periodogram.

    White noise of variance v has v in every ring, on average.
    """
    height, width = image.shape[-2:]
    # Symmetric: a periodic window would tell an image from its mirror image.
    down, across = (torch.hann_window(n, periodic=False, dtype=torch.float64) for n in (height, width))
    window = down[:, None] * across
    window = window.to(image)
    spectrum = torch.fft.rfft2((image - image.mean((-2, -1), keepdim=True)) * window)
    power = (spectrum.real.square() + spectrum.imag.square()) / window.square().sum()
    return power.flatten(1) @ radial_bins(height, width).to(image).T


class PowerSpectrum(Loss):
    """mean over rings of |log P(prediction) - log P(target)|, P = radial power + floor; 0 at equality.

    It asks for the target's texture without asking where. floor: power below which rings count as empty, standardised
    intensity squared; 1e-6 is white noise of half a HU. Blind to phase, so use it beside a pixelwise term. Noise
    power spectrum losses that compare the removed with the true noise need the low-dose image; this one compares
    the images, whose spectra hold anatomy as well.
    """

    def __init__(self, *, floor: float = 1e-6, **common):
        super().__init__(**common)
        self.floor = number("nps", "floor", floor, 0.0, above=True)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        check_side("nps", prediction, 4)
        ours, theirs = (torch.log(radial_power(image) + self.floor) for image in (prediction, target))
        return (ours - theirs).abs().mean()
