"""The table of metrics as dense arrays, read once in batches so that memory stays small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ldct.anchors import IMAGES
from ldct.errors import InputError
from ldct.orientation import goodness
from ldct.statistics.home import Terms, home_metrics
from ldct.tables.io import read_table
from ldct.tables.metrics import CATALOGUE, METRICS, WHOLE_PATIENT

# The construct of a family of the catalogue, for a metric of which the catalogue names none.
_OF_FAMILY = {"perceptual": "features", "distribution": "features", "physics": "noise"}
_WORDS = ("patient", "model", "loss", "metric", "window")
_NUMBERS = ("slice", "fold", "seed", "checkpoint", "selected", "value")


@dataclass(frozen=True)
class Criterion:
    """A metric in a window."""

    metric: str
    window: str
    label: str
    family: str
    direction: str
    unit: str
    reference: bool
    primary: bool
    home_of: tuple[str, ...]
    construct: str = ""


@dataclass(frozen=True)
class Dense:
    """Values of a study; NaN where there is none.

    Axes: C criteria, M models, L losses, F folds, S seeds, K epochs, I images (patient and slice; a value of a whole
    patient has an image of its own, marked in `whole`), P patients.
    """

    criteria: list[Criterion]
    models: list[str]
    losses: list[str]
    untrained: list[str]  # low dose, full dose, filters
    seeds: list[int]
    folds: int
    patients: list[str]
    patient_of: np.ndarray  # (I,)
    whole: np.ndarray  # (I,) bool: not a slice, but the whole patient
    fold_of: np.ndarray  # (P,)
    epochs: np.ndarray  # (K,)
    raw: np.ndarray  # (C, M, L, S, I) values at the selected epoch
    anchors: np.ndarray  # (C, A, I) values of the images without training, in the order of `untrained`
    course_raw: np.ndarray  # (C, M, L, S, K, P) patient means of the value
    course: np.ndarray  # (C, M, L, S, K, P) patient means of goodness
    selected: np.ndarray  # (M, L, F, S) epoch, -1 where there is none
    seen: np.ndarray  # (M, L, F, S) whether the run has any row
    unusable: np.ndarray  # (C, L) rows of the selected epoch without a usable value
    unmeasured: list[dict]  # catalogue rows without any value

    def good(self, raw: np.ndarray) -> np.ndarray:
        """Goodness of an array whose first axis is the criterion."""
        out = np.empty(raw.shape)
        for c, criterion in enumerate(self.criteria):
            out[c] = goodness(raw[c], criterion.direction)
        return out


def read_dense(
    metrics: Path,
    catalogue: Path,
    *,
    losses: Sequence[str],
    models: Sequence[str],
    seeds: Sequence[int],
    folds: int,
    primary_window: str,
    filters: Sequence[str] = (),
    terms: Terms | None = None,
    persons: Mapping[str, str] | None = None,
) -> Dense:
    """Read both tables; rows of models, losses or seeds that are not asked for are left out.

    persons: who a patient of the table is, where several are one person; that is then the unit, with all their slices.
    Raises InputError where a table is unreadable or a metric is not in the catalogue.
    """
    cards = {row["metric"]: row for row in read_table(catalogue, CATALOGUE).to_pylist()}
    codes, words = _read_codes(metrics)
    model_of = {name: i for i, name in enumerate(models)} | {"anchor": len(models)}
    untrained = [*IMAGES, *filters]
    loss_of = {name: i for i, name in enumerate(losses)} | {name: len(losses) + i for i, name in enumerate(untrained)}
    seed_of = {seed: i for i, seed in enumerate(seeds)}
    m = _map(codes["model"], [model_of.get(word, -1) for word in words["model"]])
    lo = _map(codes["loss"], [loss_of.get(word, -1) for word in words["loss"]])
    anchor = (m == len(models)) & (lo >= len(losses))
    own = (m >= 0) & (m < len(models)) & (lo >= 0) & (lo < len(losses))
    seed_values, seed_codes = _unique(codes["seed"])
    s = _map(seed_codes, [seed_of.get(int(value), -1) for value in seed_values])
    own &= (s >= 0) & (codes["fold"] >= 0) & (codes["fold"] < folds)

    criteria, c = _criteria(metrics, cards, codes, words, losses, primary_window, terms or {})
    person = [(persons or {}).get(word, word) for word in words["patient"]]
    # Images of one person stand together, those of one patient within them.
    order = sorted(range(len(person)), key=lambda i: (person[i], words["patient"][i]))
    patients = sorted(set(person))
    scan = _map(codes["patient"], np.argsort(np.array(order, int)))
    person_of = np.array([patients.index(person[i]) for i in order], int)
    p = person_of[scan]
    width = int(codes["slice"].max()) + 1 - WHOLE_PATIENT if len(c) else 1
    keys, image = _unique(scan.astype(np.int64) * width + codes["slice"] - WHOLE_PATIENT)
    shape = (len(criteria), len(models), len(losses), len(seeds), len(keys))

    fold_of = np.zeros(len(patients), int)
    fold_of[p[own]] = codes["fold"][own]
    chosen = own & codes["selected"].astype(bool)
    raw = _fill(shape, (c, m, lo, s, image), codes["value"], chosen)
    anchors = _fill((shape[0], len(untrained), shape[4]), (c, lo - len(losses), image), codes["value"], anchor)

    good = np.empty(len(c))
    for index, criterion in enumerate(criteria):
        rows = c == index
        good[rows] = goodness(codes["value"][rows], criterion.direction)
    epochs, k = _unique(codes["checkpoint"][own])
    course_shape = (*shape[:4], len(epochs), len(patients))
    flat = np.zeros(0, np.int64)
    if own.any():
        flat = np.ravel_multi_index((c[own], m[own], lo[own], s[own], k, p[own]), course_shape)
    course = _means(flat, good[own], course_shape)
    course_raw = _means(flat, np.where(np.isfinite(good[own]), codes["value"][own], np.nan), course_shape)

    selected = np.full((len(models), len(losses), folds, len(seeds)), -1)
    run = (m[chosen], lo[chosen], codes["fold"][chosen], s[chosen])
    np.maximum.at(selected, run, codes["checkpoint"][chosen])
    seen = np.zeros(selected.shape, bool)
    seen[m[own], lo[own], codes["fold"][own], s[own]] = True
    unusable = np.zeros((len(criteria), len(losses)), int)
    np.add.at(unusable, (c[chosen & ~np.isfinite(good)], lo[chosen & ~np.isfinite(good)]), 1)
    measured = {criterion.metric for criterion in criteria}
    return Dense(
        criteria=criteria,
        models=list(models),
        losses=list(losses),
        untrained=untrained,
        seeds=list(seeds),
        folds=folds,
        patients=patients,
        patient_of=person_of[(keys // width).astype(int)],
        whole=keys % width == 0 if len(c) else np.zeros(len(keys), bool),
        fold_of=fold_of,
        epochs=epochs,
        raw=raw,
        anchors=anchors,
        course_raw=course_raw,
        course=course,
        selected=selected,
        seen=seen,
        unusable=unusable,
        unmeasured=[card for name, card in cards.items() if name not in measured],
    )


def _read_codes(path: Path) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """Columns of the table, words as small integer codes into the returned lists."""
    redo = "Delete the file and run the same command again; the workflow makes it anew."
    try:
        names = pq.read_schema(path).names
        if names != METRICS.names:
            raise InputError(path, f"columns {names}", f"columns {METRICS.names}", redo)
        source = pq.ParquetFile(path, read_dictionary=list(_WORDS), page_checksum_verification=True)
    except FileNotFoundError:
        raise InputError(path, "no such file", "the table of metrics", redo) from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(path, f"an unreadable table ({error})", f"columns {METRICS.names}", redo) from None
    words: dict[str, dict[str, int]] = {name: {} for name in _WORDS}
    parts: dict[str, list[np.ndarray]] = {name: [] for name in (*_WORDS, *_NUMBERS)}
    for batch in source.iter_batches(batch_size=1 << 20, columns=[*_WORDS, *_NUMBERS]):
        for name in _WORDS:
            column = batch.column(name)
            known = words[name]
            table = [known.setdefault(word, len(known)) for word in column.dictionary.to_pylist()]
            parts[name].append(np.array(table, np.int16)[column.indices.to_numpy()])
        for name in _NUMBERS:
            parts[name].append(batch.column(name).to_numpy(zero_copy_only=False))
    kinds = {"value": np.float64, "selected": np.bool_}
    codes = {
        name: np.concatenate(chunks) if chunks else np.zeros(0, kinds.get(name, np.int32))
        for name, chunks in parts.items()
    }
    return codes, {name: list(known) for name, known in words.items()}


def _criteria(
    path: Path,
    cards: dict[str, dict],
    codes: dict[str, np.ndarray],
    words: dict[str, list[str]],
    losses: Sequence[str],
    primary_window: str,
    terms: Terms,
) -> tuple[list[Criterion], np.ndarray]:
    """Criteria in the catalogue's order (the primary window first), and the criterion of each row."""
    width = max(len(words["window"]), 1)
    pairs, inverse = _unique(codes["metric"].astype(np.int32) * width + codes["window"])
    named = [(words["metric"][pair // width], words["window"][pair % width]) for pair in pairs]
    unknown = sorted({metric for metric, _ in named} - set(cards))
    if unknown:
        action = "Make the catalogue of metrics anew; every metric in the table must be described there."
        raise InputError(path, f"metrics {', '.join(unknown)}", "metrics of the catalogue", action)
    place = {metric: i for i, metric in enumerate(cards)}
    order = sorted(range(len(named)), key=lambda i: (place[named[i][0]], named[i][1] != primary_window, named[i][1]))
    home = {loss: home_metrics(loss, terms) for loss in losses}
    criteria = []
    for i in order:
        metric, window = named[i]
        card = cards[metric]
        criteria.append(
            Criterion(
                metric=metric,
                window=window,
                label=card["label"],
                family=card["family"],
                direction=card["direction"],
                unit=card["unit"],
                reference=card["reference"],
                primary=window in (primary_window, "hu"),
                home_of=tuple(loss for loss in losses if metric in home[loss]),
                construct=str(card["construct"] or _OF_FAMILY.get(card["family"], card["family"])),
            )
        )
    return criteria, _map(inverse, np.argsort(order)) if len(order) else inverse


def _unique(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct values and each row's index into them; by counting where the range is small, since sorting
    millions of rows is the slowest step otherwise."""
    if len(values) == 0 or values.min() < 0 or values.max() > 1 << 22:
        return np.unique(values, return_inverse=True)
    found = np.flatnonzero(np.bincount(values))
    place = np.zeros(int(found[-1]) + 1, np.int32)
    place[found] = np.arange(len(found), dtype=np.int32)
    return found, place[values]


def _map(codes: np.ndarray, table: Sequence[int] | np.ndarray) -> np.ndarray:
    return np.asarray(table, np.int32)[codes] if len(codes) else np.zeros(0, np.int32)


def _fill(shape: tuple[int, ...], index: tuple[np.ndarray, ...], value: np.ndarray, rows: np.ndarray) -> np.ndarray:
    out = np.full(shape, np.nan)
    out[tuple(axis[rows] for axis in index)] = value[rows]
    return out


def _means(flat: np.ndarray, value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Means of the finite values per flat index; NaN where there is none."""
    finite = np.isfinite(value)
    size = int(np.prod(shape))
    count = np.bincount(flat[finite], minlength=size)
    total = np.bincount(flat[finite], value[finite], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan).reshape(shape)
