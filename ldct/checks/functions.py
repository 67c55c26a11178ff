"""Each filter denoises a slice; each observer's channels are made for a lesion."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from ldct.checks.images import SPACING_MM, ct_pair
from ldct.checks.mistake import Mistake, said
from ldct.filters.apply import apply
from ldct.lesions.declared import CHANNELS
from ldct.metrics.base import view

SIDE = 256
# A region of 3 cm and a lesion in it.
REGION, DIAMETER_MM = (43, 43), 8.0


def check_filters(
    names: Sequence[str], told: Callable[[str], None] = lambda _: None
) -> tuple[dict[str, float], list[Mistake]]:
    """Seconds a pixel of each filter that works, and what is wrong with the others."""
    seconds: dict[str, float] = {}
    mistakes: list[Mistake] = []
    image = view(np.rint(ct_pair(SIDE, 0)[1]), None, SPACING_MM)
    for number, name in enumerate(names):
        told(f"filter {name}")
        try:
            # Twice: the first call imports.
            apply(name, image)
            start = time.perf_counter()
            apply(name, image)
            seconds[name] = (time.perf_counter() - start) / SIDE**2
        except Exception as error:  # whatever a user's function raises is that user's to know
            mistakes.append(
                Mistake(("evaluation", "filters", str(number)), f"{name} fails on a CT-like slice: {said(error)}")
            )
    return seconds, mistakes


def check_channels(names: Sequence[str]) -> list[Mistake]:
    """What is wrong with the channels of the observers."""
    mistakes = []
    for number, name in enumerate(names):
        try:
            weights = np.asarray(CHANNELS.load(name)(REGION, SPACING_MM, DIAMETER_MM))
            pixels = REGION[0] * REGION[1]
            right = weights.ndim == 2 and len(weights) == pixels and bool(np.isfinite(weights).all())
            wrong = "" if right else f"gave shape {weights.shape}; expected finite ({pixels} pixels, channels)"
        except Exception as error:  # whatever a user's function raises is that user's to know
            wrong = f"fails for a lesion of {DIAMETER_MM:g} mm: {said(error)}"
        mistakes += [Mistake(("lesions", "channels", str(number)), f"{name} {wrong}")] if wrong else []
    return mistakes
