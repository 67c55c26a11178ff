"""HU to pictures."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ldct.intensity import Window


def grey(hu: np.ndarray, window: Window) -> np.ndarray:
    """HU as 8-bit grey through a window."""
    unit = (hu.astype(np.float32) - window.low) / window.width
    return np.rint(np.clip(unit, 0, 1) * 255).astype(np.uint8)


def webp(pixels: np.ndarray) -> bytes:
    """8-bit grey pixels as lossless WebP."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", lossless=True, quality=60, method=4)
    return stream.getvalue()


def body_box(hu: np.ndarray, margin: int = 8) -> tuple[slice, slice]:
    """Rows and columns that hold the body (above -500 HU in at least 2 % of a line), with a margin."""
    inside = hu > -500
    spans = []
    for axis in (1, 0):
        lines = np.flatnonzero(inside.mean(axis=axis) > 0.02)
        first, last = (lines[0], lines[-1]) if len(lines) else (0, hu.shape[1 - axis] - 1)
        spans.append(slice(max(0, first - margin), min(hu.shape[1 - axis], last + 1 + margin)))
    return spans[0], spans[1]
