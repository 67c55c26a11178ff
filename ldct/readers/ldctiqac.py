"""The images and mean scores of the LDCTIQAC 2023 challenge, as they are published."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ldct.errors import InputError
from ldct.intensity import Window

# Pixels are [0, 1] of this window (https://zenodo.org/records/7833096; the same in ldct-benchmark's LDCT-IQA).
WINDOW = Window(-300.0, 1400.0)
SCALE = (0.0, 4.0)
LABELS = ("train.json", "test-ground-truth.json")
GET = "Get LDCTIQAG2023_train.zip from https://doi.org/10.5281/zenodo.7833096 and unpack it."


@dataclass(frozen=True)
class ScoredImages:
    """Names of images, their files and the radiologists' mean scores, 0 (bad) to 4 (excellent)."""

    names: list[str]
    paths: list[Path]
    scores: np.ndarray

    def hu(self, index: int) -> np.ndarray:
        """One image in HU, float32 (rows, columns), clipped to WINDOW; raises InputError for another kind of file."""
        path = self.paths[index]
        try:
            with Image.open(path) as image:
                pixels = np.asarray(image, np.float32)
        except OSError:
            raise InputError(path, "a file that cannot be read as an image", "a TIFF of floats", GET) from None
        if pixels.ndim != 2 or not np.isfinite(pixels).all() or pixels.min() < -1e-3 or pixels.max() > 1 + 1e-3:
            found = f"shape {pixels.shape}, values {np.nanmin(pixels):g} to {np.nanmax(pixels):g}"
            raise InputError(path, found, "(rows, columns) with values from 0 to 1", GET)
        return np.float32(WINDOW.low) + np.float32(WINDOW.width) * pixels


def read_ldctiqac(folder: str | Path) -> ScoredImages:
    """The scored images of LDCTIQAC 2023 (Lee et al. 2025, MedIA 99:103343).

    folder: the one that holds train.json (or test-ground-truth.json), or one above it; images lie beside it or in
    image/. Raises InputError for a missing label file or image, and for scores that are no number from 0 to 4.
    """
    folder = Path(folder)
    found = [path for name in LABELS for path in sorted([*folder.glob(name), *folder.glob(f"*/{name}")])]
    if not found:
        raise InputError(folder, "no label file", f"{' or '.join(LABELS)}, there or one folder below", GET)
    labels = found[0]
    try:
        scores = json.loads(labels.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError(labels, "text that is not JSON", '{"0000.tif": 1.4, ...}', GET) from None
    if not isinstance(scores, dict) or not scores:
        raise InputError(labels, "no scores", '{"0000.tif": 1.4, ...}', GET)
    wrong = [f"{name}: {score!r}" for name, score in scores.items() if not _is_score(score)]
    if wrong:
        shown = ", ".join(wrong[:5])
        raise InputError(labels, f"{len(wrong)} wrong scores ({shown})", "numbers from 0 to 4", GET)
    names = sorted(scores)
    places = [_place(labels.parent, name) for name in names]
    absent = [name for name, place in zip(names, places, strict=True) if place is None]
    if absent:
        found_text = f"{len(absent)} of {len(names)} images missing ({', '.join(absent[:5])})"
        raise InputError(labels.parent, found_text, "each image of the label file", GET)
    return ScoredImages(names, [place for place in places if place], np.array([float(scores[name]) for name in names]))


def _is_score(score: object) -> bool:
    if isinstance(score, bool) or not isinstance(score, (int, float)):
        return False
    return math.isfinite(score) and SCALE[0] <= score <= SCALE[1]


def _place(folder: Path, name: str) -> Path | None:
    """An image by its file name only, so that a label file cannot point elsewhere."""
    plain = Path(name).name
    names = [plain] if plain.lower().endswith((".tif", ".tiff")) else [f"{plain}.tif", plain]
    return next((p for base in (folder / "image", folder) for n in names if (p := base / n).is_file()), None)
