"""Focal frequency loss."""

from __future__ import annotations

import torch

from ldct.losses.base import Loss, number


class FocalFrequency(Loss):
    """mean over frequencies of w |D|^2, D = orthonormal FFT of d, w = |D|^alpha over its maximum in the image.

    w is held constant in the gradient. alpha 0 is the MSE (Parseval). 0 at equality.
    """

    def __init__(self, *, alpha: float = 1.0, **common):
        super().__init__(**common)
        self.alpha = number("focal_frequency", "alpha", alpha, 0.0)

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        spectrum = torch.fft.fft2(prediction - target, norm="ortho")
        power = spectrum.real.square() + spectrum.imag.square()
        weight = power.detach() ** (self.alpha / 2)
        # No difference has no largest frequency.
        weight = weight / weight.amax((-2, -1), keepdim=True).clamp_min(torch.finfo(weight.dtype).tiny)
        return (weight * power).mean()
