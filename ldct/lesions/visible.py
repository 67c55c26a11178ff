"""How visible a lesion is in an image, by itself and as at full dose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ldct.lesions.measures import Parts, cnr, contrast, of_ball, of_mask, texture
from ldct.lesions.observe import Region
from ldct.lesions.sharpness import ttf50_ratio


@dataclass(frozen=True, eq=False)
class Lesion:
    """A lesion in the image that is judged and at full dose, present in both, and its parts."""

    region: Region
    full: Region
    parts: Parts


def contrast_to_noise(lesion: Lesion) -> float | None:
    """Contrast to the ring over the SD of the ring."""
    return cnr(_image(lesion.region), lesion.parts)


def contrast_recovery(lesion: Lesion) -> float | None:
    """What the lesion adds to its core, over the same at full dose."""
    best = _added(lesion.full, lesion.parts)
    return _added(lesion.region, lesion.parts) / best if best else None


def texture_ratio(lesion: Lesion) -> float | None:
    """Texture of the core relative to the ring, over the same at full dose."""
    ours, theirs = (texture(_image(region), lesion.parts) for region in (lesion.region, lesion.full))
    return ours / theirs if ours is not None and theirs else None


def sharpness_ratio(lesion: Lesion) -> float | None:
    """Frequency at which the transfer function of a ball falls to half, over the same at full dose."""
    region, full = lesion.region, lesion.full
    if region.absent is None or full.absent is None:
        return None
    changes = _image(region) - region.absent, _image(full) - full.absent
    return ttf50_ratio(*changes, region.spacing_mm, region.place["diameter_mm"])


def parts_of(region: Region) -> Parts:
    """Core and ring of the lesion of a region: of its mask, or where there is none of the ball that was inserted."""
    image = _image(region)
    shape = (image.shape[0], image.shape[1])
    if region.place["mask"] is None:
        return of_ball(shape, region.spacing_mm, region.place["diameter_mm"])
    bits = np.unpackbits(np.frombuffer(region.place["mask"], np.uint8), count=image.size)
    return of_mask(bits.reshape(shape) > 0, region.spacing_mm)


def _added(region: Region, parts: Parts) -> float:
    """HU that the lesion adds to its core; for a real one, which cannot be taken away, its contrast to the ring."""
    if region.absent is None:
        return contrast(_image(region), parts)
    return float((_image(region) - region.absent)[parts.core].mean())


def _image(region: Region) -> np.ndarray:
    return np.asarray(region.present)
