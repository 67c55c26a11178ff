"""Scores of readers as CSV: ratings, pairwise choices, and the key that says what each image is."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from ldct.errors import InputError
from ldct.tables.readers import KEY, PAIRS, RATINGS

# Mistakes shown in one message.
SHOWN = 12


def read_ratings(
    path: str | Path, key: pd.DataFrame | None = None, scale: tuple[float, float] | None = None
) -> pd.DataFrame:
    """Ratings (reader, case, image, score, session) of a CSV file.

    key: table of `read_key`; every image must then stand in it, with the same case. scale: least and largest score.
    A missing 'session' column is session 1. Raises InputError naming every wrong line: empty or foreign values, scores
    that are no number or off the scale, and an image rated twice by one reader in one session.
    """
    known = {} if key is None else dict(zip(key["image"], key["case"], strict=True))

    def check(row: dict[str, Any]) -> str | None:
        if not math.isfinite(row["score"]):
            return f"score {row['score']}; expected a number"
        if scale and not scale[0] <= row["score"] <= scale[1]:
            return f"score {row['score']:g}; expected {scale[0]:g} to {scale[1]:g}"
        return _known(known, row["case"], row["image"])

    return _read(path, RATINGS, check, unique=("reader", "image", "session"))


def read_pairs(path: str | Path, key: pd.DataFrame | None = None) -> pd.DataFrame:
    """Pairwise choices (reader, case, left, right, choice, session) of a CSV file; raises as `read_ratings`."""
    known = {} if key is None else dict(zip(key["image"], key["case"], strict=True))

    def check(row: dict[str, Any]) -> str | None:
        if row["choice"] not in ("left", "right"):
            return f"choice '{row['choice']}'; expected left or right"
        if row["left"] == row["right"]:
            return f"image '{row['left']}' on both sides"
        return _known(known, row["case"], row["left"]) or _known(known, row["case"], row["right"])

    return _read(path, PAIRS, check, unique=("reader", "left", "right", "session"))


def read_key(path: str | Path) -> pd.DataFrame:
    """What each image is (image, case, patient, slice, model, loss, seed, checkpoint); raises as `read_ratings`."""
    return _read(path, KEY, lambda row: None, unique=("image",))


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Write rows as CSV with the columns of `schema`."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, schema.names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _read(
    path: str | Path, schema: pa.Schema, check: Callable[[dict[str, Any]], str | None], unique: tuple[str, ...]
) -> pd.DataFrame:
    path = Path(path)
    fix = "Correct the file; 'ldct readers check FILE' tells whether it is right."
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(path, "no such file", f"a CSV with {', '.join(schema.names)}", fix) from None
    except UnicodeDecodeError:
        raise InputError(path, "bytes that are not UTF-8", "a CSV in UTF-8", fix) from None
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter)
    names = [name.strip() for name in reader.fieldnames or []]
    missing = [name for name in schema.names if name not in names and name != "session"]
    if missing:
        raise InputError(path, f"columns {', '.join(names) or 'none'}", f"also {', '.join(missing)}", fix)
    reader.fieldnames = names
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    seen: dict[tuple[Any, ...], int] = {}
    for line, raw in enumerate(reader, start=2):
        try:
            row = {field.name: _value(field, raw) for field in schema}
        except ValueError as error:
            problems.append(f"line {line}: {error}")
            continue
        identity = tuple(row[name] for name in unique)
        problem = check(row)
        if problem is None and identity in seen:
            problem = f"the same {', '.join(unique)} as line {seen[identity]}"
        if problem is not None:
            problems.append(f"line {line}: {problem}")
            continue
        seen[identity] = line
        rows.append(row)
    if problems:
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        found = f"{len(problems)} wrong lines ({'; '.join(problems[:SHOWN])}{more})"
        raise InputError(path, found, "a value of its kind in each column", fix)
    if not rows:
        raise InputError(path, "no line below the header", "at least one", fix)
    return pd.DataFrame(rows, columns=schema.names)


def _value(field: pa.Field, raw: Mapping[str, Any]) -> Any:
    text = raw.get(field.name)
    text = "" if text is None else str(text).strip()
    if field.name == "session" and not text:
        return "1"
    if not text:
        raise ValueError(f"no {field.name}")
    if pa.types.is_string(field.type):
        return text
    convert = int if pa.types.is_integer(field.type) else float
    try:
        return convert(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"{field.name} '{text}'; expected a {'whole ' if convert is int else ''}number") from None


def _known(known: Mapping[str, str], case: str, image: str) -> str | None:
    if not known:
        return None
    if image not in known:
        return f"image '{image}' is not in the key"
    if known[image] != case:
        return f"image '{image}' of case '{case}'; the key says '{known[image]}'"
    return None
