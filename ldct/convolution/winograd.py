"""Convolutions of 3 x 3 and 5 x 5 on a CPU without bfloat16, with a fifth of the multiplications.

Winograd's minimal filtering (Lavin & Gray, CVPR 2016, arXiv:1509.09308): a patch of 8 x 8 pixels and the kernel are
transformed so that their product, entry by entry, is the transform of 6 x 6 (3 x 3) or 4 x 4 (5 x 5) outputs. Sums over
channels are then 64 matrix products.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.autograd.function import once_differentiable

TILE = 8
# Where the transforms take the polynomials; small, so that little is rounded away.
POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
KERNELS = (3, 5)
# With fewer channels the transforms cost more than the products save.
FEWEST_CHANNELS = 32
# Tiles at once: what is in between stays in the processor's cache.
TILES = 256


@cache
def transforms(kernel: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrices (output, kernel, data), float32: y = output @ ((kernel @ g) * (data @ d)) correlates d with g.

    Toom and Cook's: data has the coefficients of the products of (x - point), kernel and output the points' powers.
    """
    outputs = TILE - kernel + 1
    output, filters = np.zeros((outputs, TILE)), np.zeros((TILE, kernel))
    data = np.zeros((TILE, TILE))
    for row, point in enumerate(POINTS):
        others = [other for other in POINTS if other != point]
        output[:, row] = point ** np.arange(outputs)
        filters[row] = point ** np.arange(kernel) / np.prod([point - other for other in others])
        data[row, :-1] = np.poly(others)[::-1]
    # The point at infinity.
    output[-1, -1] = filters[-1, -1] = 1
    data[-1] = np.poly(POINTS)[::-1]
    return output.astype(np.float32), filters.astype(np.float32), data.astype(np.float32)


def convolve(image: torch.Tensor, weight: torch.Tensor, padding: int = 0) -> torch.Tensor:
    """As torch.nn.functional.conv2d with stride 1, within 2e-5 of the largest output; float32 on the CPU.

    image: (N, C, H, W). weight: (O, C, k, k), k of KERNELS. Differentiable once.
    """
    kernel = weight.shape[-1]
    filters = torch.from_numpy(transforms(kernel)[1])
    transformed = torch.einsum("pi,ocij,qj->pqco", filters, weight, filters)
    return _Products.apply(image, transformed.flatten(0, 1), padding, kernel)  # pyright: ignore[reportReturnType]


class _Products(torch.autograd.Function):
    """Everything but the kernel's transform, which autograd does."""

    @staticmethod
    def forward(ctx: Any, image: torch.Tensor, weight: torch.Tensor, padding: int, kernel: int) -> torch.Tensor:
        from ldct.convolution import tiles as maps

        output, _, data = transforms(kernel)
        count, channels, height, width = image.shape
        size = (count, height + 2 * padding - kernel + 1, width + 2 * padding - kernel + 1, weight.shape[2])
        made, pixels, step, back = torch.zeros(size), _pixels(image), len(output), np.ascontiguousarray(output.T)
        for number, first, rows, tiles in _parts(size, step):
            patches = torch.empty(TILE**2, tiles, channels)
            maps.image_to_tiles(pixels[number], padding, step, first, rows, data, patches.numpy())
            products = torch.bmm(patches, weight).numpy()
            maps.add_tiles_to_image(products, 0, step, first, rows, back, made[number].numpy())
        ctx.save_for_backward(image, weight)
        ctx.padding, ctx.kernel = padding, kernel
        return made.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None, None, None]:
        from ldct.convolution import tiles as maps

        image, weight = ctx.saved_tensors
        output, _, data = transforms(ctx.kernel)
        step, back, pixels, given = len(output), np.ascontiguousarray(output.T), _pixels(image), _pixels(gradient)
        of_image = torch.zeros(pixels.shape) if ctx.needs_input_grad[0] else None
        of_weight = torch.zeros_like(weight) if ctx.needs_input_grad[1] else None
        for number, first, rows, tiles in _parts(given.shape, step):
            inner = torch.empty(TILE**2, tiles, weight.shape[2])
            maps.image_to_tiles(given[number], 0, step, first, rows, back, inner.numpy())
            patches = torch.empty(TILE**2, tiles, weight.shape[1])
            if of_weight is not None:
                maps.image_to_tiles(pixels[number], ctx.padding, step, first, rows, data, patches.numpy())
                of_weight.baddbmm_(patches.transpose(1, 2), inner)
            if of_image is not None:
                torch.bmm(inner, weight.transpose(1, 2), out=patches)
                target = of_image[number].numpy()
                maps.add_tiles_to_image(patches.numpy(), ctx.padding, step, first, rows, data, target)
        return None if of_image is None else of_image.permute(0, 3, 1, 2), of_weight, None, None


def _pixels(image: torch.Tensor) -> np.ndarray:
    """(N, H, W, C) of (N, C, H, W), without a copy where it is channels last."""
    return image.detach().permute(0, 2, 3, 1).contiguous().numpy()


def _parts(size: tuple[int, ...], step: int) -> list[tuple[int, int, int, int]]:
    """(image, first row of tiles, rows of tiles, tiles) that cover outputs of `size` (N, H, W, channels)."""
    down, across = (-(-side // step) for side in size[1:3])
    rows = max(1, TILES // across)
    return [
        (number, first, min(rows, down - first), min(rows, down - first) * across)
        for number in range(size[0])
        for first in range(0, down, rows)
    ]


def _suits(image: torch.Tensor) -> bool:
    return image.dtype == torch.float32 and image.device.type == "cpu" and not torch.compiler.is_compiling()


class WinogradConv2d(nn.Conv2d):
    """nn.Conv2d of float32 images on the CPU by `convolve`; of others as ever."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not _suits(input):
            return super().forward(input)
        made = convolve(input, self.weight, int(self.padding[0]))
        return made if self.bias is None else made + self.bias.view(-1, 1, 1)


class WinogradConvTranspose2d(nn.ConvTranspose2d):
    """nn.ConvTranspose2d of float32 images on the CPU: a convolution of the padded image with the turned kernel."""

    def forward(self, input: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:
        if not _suits(input):
            return super().forward(input, output_size)
        padding = self.kernel_size[0] - 1 - int(self.padding[0])
        made = convolve(input, self.weight.transpose(0, 1).flip(2, 3), padding)
        return made if self.bias is None else made + self.bias.view(-1, 1, 1)


def use_winograd(network: nn.Module) -> int:
    """Let the convolutions that gain by it (3 x 3 or 5 x 5, stride 1, many channels) go this way; returns how many."""
    found = 0
    for module in network.modules():
        if type(module) is nn.Conv2d and _gains(module):
            module.__class__ = WinogradConv2d
        elif type(module) is nn.ConvTranspose2d and _gains(module) and module.output_padding == (0, 0):
            module.__class__ = WinogradConvTranspose2d
        found += isinstance(module, WinogradConv2d | WinogradConvTranspose2d)
    if found:
        from ldct.threads import limit_threads

        limit_threads()
    return found


def _gains(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    kernel = module.kernel_size[0]
    return (
        module.kernel_size == (kernel, kernel)
        and kernel in KERNELS
        and (module.stride, module.dilation, module.groups) == ((1, 1), (1, 1), 1)
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
        and module.padding[0] == module.padding[1] < kernel
        and min(module.in_channels, module.out_channels) >= FEWEST_CHANNELS
    )
