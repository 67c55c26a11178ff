"""What words of headers and folders mean (words.yaml): scouts, derived images, reconstructions, regions, doses."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml

from ldct.dicom.read import NO_SLICE


class Described(Protocol):
    """What the rules read of a file's header or of a row of the index."""

    @property
    def description(self) -> str: ...
    @property
    def protocol(self) -> str: ...
    @property
    def study_description(self) -> str: ...
    @property
    def comments(self) -> str: ...
    @property
    def body_part(self) -> str: ...
    @property
    def kernel(self) -> str: ...
    @property
    def image_type(self) -> str: ...


@cache
def _words() -> dict[str, Any]:
    return yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))


@cache
def _pattern(*names: str) -> re.Pattern[str]:
    entry: Any = _words()
    for name in names:
        entry = entry[name]
    return re.compile(entry, re.IGNORECASE)


def is_localiser(series: Described) -> bool:
    """Whether it is a scout or a page of text, by its type or its name."""
    types = set(series.image_type.split("\\"))
    return bool(types & {"LOCALIZER", "DOSE_INFO", "SCREEN SAVE"}) or bool(
        _pattern("localiser").search(series.description)
    )


def is_derived(series: Described) -> bool:
    """Whether its images were made of other images, by its type or its name."""
    types = set(series.image_type.split("\\"))
    return "DERIVED" in types or bool(types & NO_SLICE) or bool(_pattern("derived").search(series.description))


def is_view(series: Described) -> bool:
    """Whether it is a view through other images (MPR, MIP, ...), which is never a reconstruction of its own."""
    types = set(series.image_type.split("\\"))
    return bool(types & NO_SLICE) or bool(_pattern("derived").search(series.description))


def is_iterative(series: Described, algorithm: str = "") -> bool:
    """Whether it says that it was reconstructed iteratively or by a network."""
    text = " ".join((series.kernel, series.description, getattr(series, "algorithm", algorithm)))
    return bool(_pattern("iterative").search(text))


def kernel_words(*texts: str) -> str:
    """The kernels that texts name, folded; '' for none."""
    return " ".join(sorted({word.upper() for text in texts for word in _pattern("kernel").findall(text)}))


def sharpness(kernel: str) -> float:
    """A number that is larger for sharper kernels: that of its name, or its place among the usual words."""
    digits = re.search(r"\d+", kernel)
    if digits:
        return float(digits[0])
    words: list[str] = _words()["smooth"]
    name = kernel.lower().replace(" ", "")
    return 10.0 * words.index(name) if name in words else 50.0


def region_of(*texts: str) -> str:
    """The region of the body that the first telling text names, two joined by '-'; '' where none does."""
    for text in texts:
        named = [region for region in _words()["regions"] if _pattern("regions", region).search(text)]
        if named:
            return "-".join(named[:2])
    return ""


def dose_of(text: str, *kinds: str) -> str:
    """'full', 'low' or 'both' as the words of a text say, '' where they say nothing.

    kinds: lists of words.yaml, 'text', 'folder' or 'weak'.
    """
    said = {dose for dose in ("full", "low") for kind in kinds if _pattern("doses", kind, dose).search(text)}
    return "both" if len(said) > 1 else next(iter(said), "")


def without_dose(text: str) -> str:
    """The name of a folder without its words for a dose."""
    for kind in ("text", "folder", "weak"):
        for dose in ("full", "low"):
            text = _pattern("doses", kind, dose).sub(" ", text)
    return " ".join(text.split())
