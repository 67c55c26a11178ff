"""Regions around lesions in the low- and full-dose images, and in the low dose through filters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldct.filters.apply import filtered
from ldct.filters.declared import FILTERS
from ldct.lesions.cutting import Slices, cut_regions, write_regions
from ldct.tables.images import ImageStack, read_images

if TYPE_CHECKING:
    from ldct.stages.lesion_anchors import LesionAnchors


def anchor_regions(
    spec: LesionAnchors.Spec,
    images: Mapping[str, Mapping[str, Path]],
    lesions: Mapping[str, Mapping[str, Path]],
    output: Path,
) -> None:
    """Write REGIONS rows of the low- and full-dose images, and of the low dose through every filter.

    `images` and `lesions`: patient -> its tables.
    """
    rows: list[dict[str, Any]] = []
    for patient in spec.patients:
        for dose in ("low", "full"):
            stack = read_images(lesions[patient][dose])
            whole = read_images(images[patient][dose], stack.index.tolist())
            common = {"model": "anchor", "fold": spec.fold, "seed": 0, "dose": dose, "checkpoint": 0}
            filters = [(FILTERS.of(use).name, use) for use in spec.filters if dose == "low"]
            for name, through in [(f"{dose}_dose", None), *filters]:
                slices = _of(stack, through), _of(whole, through)
                rows += cut_regions(
                    lesions[patient]["lesions"], spec.region_mm, stack, *slices, common | {"loss": name}
                )
    write_regions(rows, output)


def _of(stack: ImageStack, through: str | None) -> Slices:
    """Slices of `stack`, through a filter, or as they are."""
    at = {int(index): number for number, index in enumerate(stack.index)}
    if through is None:
        return lambda index: stack.hu[at[index]]
    return lambda index: filtered(through, stack.hu[at[index]], stack.valid[at[index]], stack.pixel_spacing_mm)
