"""Restormer of Zamir et al., CVPR 2022 (arXiv:2111.09881), for one channel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from ldct.models.initial import zero


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of (N, C, H, W)."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class TransposedAttention(nn.Module):
    """Attention between channels instead of pixels (MDTA): its cost grows with the image, not with its square."""

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.project = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.local = nn.Conv2d(3 * channels, 3 * channels, 3, padding=1, groups=3 * channels, bias=False)
        self.exit = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, _, rows, columns = x.shape
        q, k, v = self.local(self.project(x)).reshape(n, 3, self.heads, -1, rows * columns).unbind(1)
        # Sums over all pixels of an image do not fit into bfloat16.
        with torch.autocast(x.device.type, enabled=False):
            q, k = (functional.normalize(part.float(), dim=-1) for part in (q, k))
            weights = (q @ k.transpose(-2, -1) * self.temperature).softmax(dim=-1)
        return self.exit((weights.to(v.dtype) @ v).reshape(n, -1, rows, columns))


class GatedFeedForward(nn.Module):
    """One half of the channels, through GELU, gates the other (GDFN)."""

    def __init__(self, channels: int, expansion: float):
        super().__init__()
        hidden = int(channels * expansion)
        self.project = nn.Conv2d(channels, 2 * hidden, 1, bias=False)
        self.local = nn.Conv2d(2 * hidden, 2 * hidden, 3, padding=1, groups=2 * hidden, bias=False)
        self.exit = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate, value = self.local(self.project(x)).chunk(2, dim=1)
        return self.exit(functional.gelu(gate) * value)


class Block(nn.Module):
    """Attention, then feed-forward, each normalised before and with a shortcut."""

    def __init__(self, channels: int, heads: int, expansion: float):
        super().__init__()
        self.norms = nn.ModuleList([ChannelNorm(channels), ChannelNorm(channels)])
        self.attention = TransposedAttention(channels, heads)
        self.feed_forward = GatedFeedForward(channels, expansion)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norms[0](x))
        return x + self.feed_forward(self.norms[1](x))


class Restormer(nn.Module):
    """A U of transformer blocks over four scales, attention between channels, the input added at the end.

    x and the output: (N, 1, H, W), standardised intensities, any H and W (padded inside by repeating the edge). width:
    channels at full size, doubling downwards; blocks and heads: of the four scales; refinement: blocks at the end. The
    paper's are 48, (4, 6, 6, 8), (1, 2, 4, 8) and 4: 26.1 million parameters; the defaults are for short budgets.
    Attention spans the whole image that the network is given, so that tiles are near the whole, not equal to it.
    """

    multiple = 8
    receptive_radius = 64
    global_context = True

    def __init__(
        self,
        *,
        width: int = 16,
        blocks: Sequence[int] = (1, 1, 1, 2),
        heads: Sequence[int] = (1, 2, 4, 8),
        refinement: int = 1,
        expansion: float = 2.66,
    ):
        super().__init__()
        if not len(blocks) == len(heads) == 4:
            raise ValueError("blocks and heads must be four numbers each, one a scale")
        if any(width * 2**level % count for level, count in enumerate(heads)):
            raise ValueError("heads must divide the channels of their scale (width, doubling downwards)")

        def stage(channels: int, level: int, count: int) -> nn.Sequential:
            return nn.Sequential(*(Block(channels, heads[level], expansion) for _ in range(count)))

        widths = [width * 2**level for level in range(4)]
        self.entry = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.encode = nn.ModuleList(stage(c, level, blocks[level]) for level, c in enumerate(widths))
        self.down = nn.ModuleList(nn.Conv2d(a, b // 4, 3, padding=1, bias=False) for a, b in pairwise(widths))
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 3, padding=1, bias=False) for a, b in pairwise(widths))
        # The finest scale keeps both halves.
        self.reduce = nn.ModuleList(nn.Conv2d(2 * c, c, 1, bias=False) for c in widths[1:3])
        self.decode = nn.ModuleList(
            stage(2 * width if level == 0 else c, level, blocks[level]) for level, c in enumerate(widths[:3])
        )
        self.refine = stage(2 * width, 0, refinement)
        self.exit = nn.Conv2d(2 * width, 1, 3, padding=1, bias=False)
        zero(self.exit)
        self.widest_map = int(4 * width * expansion)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, columns = x.shape[-2:]
        y = self.entry(functional.pad(x, (0, -columns % 8, 0, -rows % 8), mode="replicate"))
        kept = []
        for level, stage in enumerate(self.encode):
            y = stage(y)
            if level < 3:
                kept.append(y)
                y = functional.pixel_unshuffle(self.down[level](y), 2)
        for level in reversed(range(3)):
            y = torch.cat([functional.pixel_shuffle(self.up[level](y), 2), kept[level]], dim=1)
            y = self.decode[level](self.reduce[level - 1](y) if level else y)
        # float32 plus the network's precision is float32.
        return x + self.exit(self.refine(y))[..., :rows, :columns]
