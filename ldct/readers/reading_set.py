"""A blinded reading set: one offline page for readers, and the key that stays with the investigator."""

from __future__ import annotations

import base64
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ldct.errors import InputError
from ldct.intensity import WINDOWS
from ldct.pages import as_json
from ldct.readers.scores import write_csv
from ldct.tables import read_table
from ldct.tables.images import AIR_HU, read_images, unpack
from ldct.tables.predictions import predictions_schema
from ldct.tables.readers import KEY
from ldct.tables.schema import image_shape

PAGE = Path(__file__).parent / "page"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# Browsers open larger pages only slowly.
LARGEST_PAGE = 400 << 20

log = logging.getLogger("ldct")


@dataclass(frozen=True)
class Shown:
    """An image of the set: what it is, and its HU (rows, columns)."""

    patient: str
    slice: int
    model: str
    loss: str
    seed: int
    checkpoint: int
    hu: np.ndarray


def export(
    results: Path,
    output: Path,
    *,
    cases: int = 10,
    scale: Sequence[int] = (0, 4),
    windows: Sequence[str] = ("soft_tissue", "lung"),
    with_full_dose: bool = True,
    seed: int = 0,
) -> Path:
    """Write reading.html and key.csv to `output`; returns the page.

    results: the results folder of a study. A case is a test slice of a patient; patients take turns. Each is shown as
    low dose, denoised by every network and loss (first seed, selected checkpoint), and as full dose. scale: least and
    greatest score of the rating. Raises InputError where there are no predictions or the page becomes too large.
    """
    groups = [images_of_case(results, patient, index, with_full_dose) for patient, index in _cases(results, cases)]
    rng = np.random.default_rng(seed)
    codes = _codes(sum(map(len, groups)), rng)
    images: list[dict[str, Any]] = []
    pairs: list[list[str]] = []
    key: list[dict[str, Any]] = []
    for number, group in enumerate(groups, start=1):
        case = f"case{number:02d}"
        own = [codes.pop() for _ in group]
        for code, shown in zip(own, group, strict=True):
            facts = {name: getattr(shown, name) for name in ("patient", "slice", "model", "loss", "seed", "checkpoint")}
            key.append({"image": code, "case": case, **facts})
            rows, columns = shown.hu.shape
            packed = base64.b64encode(zlib.compress(shown.hu.astype("<i2").tobytes(), 9)).decode()
            images.append({"image": code, "case": case, "rows": rows, "columns": columns, "hu": packed})
        pairs += [[case, a, b] for a, b in combinations(own, 2)]
    order = rng.permutation(len(images))
    content = {
        "set": _codes(1, rng)[0],
        "scale": [int(scale[0]), int(scale[1])],
        "windows": [
            {"name": name.replace("_", " "), "low": WINDOWS[name].low, "high": WINDOWS[name].high} for name in windows
        ],
        "images": [images[i] for i in order],
        "pairs": [pairs[i] for i in rng.permutation(len(pairs))],
    }
    page = _page(content)
    if len(page) > LARGEST_PAGE:
        raise InputError(
            output, f"a page of {len(page) >> 20} MB", f"at most {LARGEST_PAGE >> 20} MB", "Ask for fewer --cases."
        )
    output.mkdir(parents=True, exist_ok=True)
    (output / "reading.html").write_text(page, encoding="utf-8")
    write_csv(output / "key.csv", sorted(key, key=lambda row: row["image"]), KEY)
    log.info(
        "reading set: %d cases, %d images, %d pairs, %.1f MB", len(groups), len(images), len(pairs), len(page) / 1e6
    )
    return output / "reading.html"


def images_of_case(results: Path, patient: str, index: int, with_full_dose: bool) -> list[Shown]:
    """All versions of one slice: low dose, every network and loss, full dose."""
    stacks = {dose: read_images(results / "images" / patient / f"{dose}.parquet", [index]) for dose in ("low", "full")}
    low, full = (stacks[dose].hu_air[0] for dose in ("low", "full"))
    found = [Shown(patient, index, "anchor", "low_dose", 0, 0, low)]
    seen: set[tuple[str, str]] = set()
    for path in _predictions(results):
        model, loss, seed = path.parts[-4], path.parts[-3], int(path.stem.removeprefix("seed"))
        wanted = [("patient", "==", patient), ("slice", "==", index), ("selected", "==", True)]
        if (model, loss) in seen:
            continue
        table = read_table(path, predictions_schema((1, 1)), wanted)
        if not table.num_rows:
            continue
        seen.add((model, loss))
        hu = unpack(table["hu"], image_shape(table.schema.field("hu")))[0][: low.shape[0], : low.shape[1]]
        hu = np.where(stacks["low"].valid[0], hu, AIR_HU)
        found.append(Shown(patient, index, model, loss, seed, table["checkpoint"][0].as_py(), hu))
    if with_full_dose:
        found.append(Shown(patient, index, "anchor", "full_dose", 0, 0, full))
    return found


def _predictions(results: Path) -> list[Path]:
    paths = sorted((results / "predictions").glob("*/*/fold*/seed*.parquet"))
    if not paths:
        raise InputError(
            results / "predictions", "no predictions", "a finished study", "Run the study first: snakemake --cores N."
        )
    return paths


def _cases(results: Path, count: int) -> list[tuple[str, int]]:
    """(patient, slice) of `count` cases, patients in turn, from the middle of their test slices outwards."""
    slices: dict[str, set[int]] = {}
    schema = predictions_schema((1, 1))
    keys = schema.remove(schema.get_field_index("hu"))
    for path in _predictions(results):
        for row in read_table(path, keys).select(["patient", "slice"]).to_pylist():
            slices.setdefault(row["patient"], set()).add(row["slice"])
    waiting = {}
    for patient, found in sorted(slices.items()):
        ordered = sorted(found)
        middle = ordered[len(ordered) // 2]
        waiting[patient] = sorted(ordered, key=lambda s, m=middle: (abs(s - m), s))
    chosen: list[tuple[str, int]] = []
    while len(chosen) < count and any(waiting.values()):
        for patient, rest in waiting.items():
            if rest and len(chosen) < count:
                chosen.append((patient, rest.pop(0)))
    return chosen


def _codes(count: int, rng: np.random.Generator) -> list[str]:
    """Distinct codes that say nothing."""
    codes: dict[str, None] = {}
    while len(codes) < count:
        codes["".join(rng.choice(list(LETTERS), 6))] = None
    return list(codes)


def _page(content: Mapping[str, Any]) -> str:
    text = (PAGE / "reading.html").read_text(encoding="utf-8")
    parts = {
        "{{ style }}": (PAGE / "reading.css").read_text(encoding="utf-8"),
        "{{ script }}": (PAGE / "reading.js").read_text(encoding="utf-8"),
        "{{ content }}": as_json(content),
    }
    for place, part in parts.items():
        text = text.replace(place, part)
    return text
