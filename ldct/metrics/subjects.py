"""The images of one slice that are judged, each known by a digest of its pixels and those of its reference."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ldct.anchors import IMAGES
from ldct.errors import InputError
from ldct.filters.apply import filtered
from ldct.filters.declared import FILTERS
from ldct.metrics.predicted import Predicted
from ldct.tables.images import read_images

DIGEST_BYTES = 12


@dataclass(frozen=True)
class Subject:
    """An image to judge: what a row says of it, the digest of it and its reference, and how to get its HU."""

    row: Mapping[str, Any]
    digest: str
    hu: Callable[[], np.ndarray]


@dataclass(frozen=True)
class Reference:
    """A slice at both doses: int16 HU (rows, columns), and the pixels that both measured."""

    full: np.ndarray
    low: np.ndarray
    valid: np.ndarray
    spacing_mm: tuple[float, float]

    @classmethod
    def read(cls, images: Mapping[str, Path], index: int) -> Reference:
        full, low = (read_images(images[dose], [index]) for dose in ("full", "low"))
        if len(full) != 1 or len(low) != 1 or full.hu.shape != low.hu.shape:
            raise InputError(
                images["full"],
                f"slice {index} with shape {full.hu.shape} at full dose and {low.hu.shape} at low dose",
                "each slice once at both doses, with the same pixels",
                "Delete both image tables and run again.",
            )
        return cls(full.hu[0], low.hu[0], full.valid[0] & low.valid[0], full.pixel_spacing_mm)

    def through(self, use: str) -> np.ndarray:
        """The low dose through a filter, int16 HU."""
        return filtered(use, self.low, self.valid, self.spacing_mm)

    def digest(self, *image: bytes | np.ndarray) -> str:
        """Of an image, by its pixels or how it is made, together with this reference."""
        made = self._hashed.copy()
        for part in image:
            made.update(np.ascontiguousarray(part).data if isinstance(part, np.ndarray) else part)
        return made.hexdigest()

    @cached_property
    def _hashed(self) -> hashlib.blake2b:
        made = hashlib.blake2b(repr((self.full.shape, self.spacing_mm)).encode(), digest_size=DIGEST_BYTES)
        for part in (self.full, self.valid):
            made.update(np.ascontiguousarray(part).data)
        return made


def denoised(reference: Reference, predicted: Sequence[Predicted]) -> Iterator[Subject]:
    """The predictions of all runs and checkpoints."""
    rows, columns = reference.full.shape
    for item in predicted:
        # A table's images have the shape of its largest patient.
        hu = np.ascontiguousarray(item.hu[:rows, :columns])
        run = {"model": item.run.model, "loss": item.run.loss, "seed": item.run.seed}
        row = {"dose": "low", **run, "checkpoint": item.checkpoint, "selected": item.selected}
        yield Subject(row, reference.digest(hu), lambda hu=hu: hu)


def anchors(reference: Reference, filters: Mapping[str, str]) -> Iterator[Subject]:
    """The low dose, the full dose (which shows what identical images get) and the low dose through `filters`.

    filters: name or path -> digest of its code.
    """
    row = {"model": "anchor", "seed": 0, "checkpoint": 0, "selected": True}
    pixels = {"low": reference.low, "full": reference.full}
    for image in IMAGES.values():
        hu = pixels[image.dose]
        yield Subject({**row, "dose": image.dose, "loss": image.name}, reference.digest(hu), lambda hu=hu: hu)
    for use, code in filters.items():
        # A filter can take longer than the metrics, so its result is known by what it is made of.
        digest = reference.digest(reference.low, use.encode(), code.encode())
        row |= {"dose": "low", "loss": FILTERS.of(use).name}
        yield Subject(dict(row), digest, lambda use=use: reference.through(use))
