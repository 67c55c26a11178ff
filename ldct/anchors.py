"""The study's own images, judged beside those of the networks; no loss may bear one of these names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Image:
    """The study's own image at a dose, 'low' or 'full'."""

    name: str
    dose: str
    label: str


# The low dose comes first: gains are over it.
IMAGES = {
    image.name: image for image in (Image("low_dose", "low", "low dose"), Image("full_dose", "full", "full dose"))
}
