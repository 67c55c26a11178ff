"""Every built-in denoiser without training."""

from __future__ import annotations

from dataclasses import dataclass

from ldct.declaration import Declaration, Declarations


@dataclass(frozen=True, kw_only=True)
class Filter(Declaration):
    """A denoiser without training: a function of a `ldct.metrics.base.View` in HU, or a class of such objects.

    settings: as the methods of the report state them.
    """

    settings: str = ""


# fmt: off
FILTERS = Declarations("filter", Filter, (
    Filter("gaussian_filter", "ldct.filters.classical:gaussian", label="Gaussian filter",
        settings="a Gaussian of 1 pixel SD", source="definition"),
    Filter("non_local_means", "ldct.filters.classical:non_local_means", label="non-local means",
        settings="non-local means with the slice's own noise (Buades et al. 2005)",
        source="Buades, Coll, Morel, CVPR 2005 (10.1109/CVPR.2005.38); scikit-image", licence="BSD-3-Clause"),
))
# fmt: on
