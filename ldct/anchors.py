"""Images that are judged beside those of the networks; no loss may bear one of these names."""

from __future__ import annotations

from dataclasses import dataclass

from ldct.declaration import Declaration, Declarations


@dataclass(frozen=True)
class Image:
    """The study's own image at a dose, 'low' or 'full'."""

    name: str
    dose: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Filter(Declaration):
    """A denoiser without training: a function of a `ldct.metrics.base.View` in HU. settings: as methods state them."""

    settings: str


# The low dose comes first: gains are over it.
IMAGES = {
    image.name: image for image in (Image("low_dose", "low", "low dose"), Image("full_dose", "full", "full dose"))
}
# fmt: off
FILTERS = Declarations("filter", Filter, (
    Filter("gaussian_filter", "ldct.metrics.filters:gaussian", label="Gaussian filter",
        settings="a Gaussian of 1 pixel SD", source="definition"),
    Filter("non_local_means", "ldct.metrics.filters:non_local_means", label="non-local means",
        settings="non-local means with the slice's own noise (Buades et al. 2005)",
        source="Buades, Coll, Morel, CVPR 2005 (10.1109/CVPR.2005.38); scikit-image", licence="BSD-3-Clause"),
))
# fmt: on
# Name in the tables -> name for readers.
ANCHORS = {anchor.name: anchor.label for anchor in (*IMAGES.values(), *FILTERS.values())}
