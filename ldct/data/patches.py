"""Aligned low- and full-dose patches where there is more than air: at random places, or side by side."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ldct.errors import InputError
from ldct.tables.images import INVALID_HU, ImageStack, pack, read_images
from ldct.tables.io import open_table, write_table
from ldct.tables.patches import patches_schema

if TYPE_CHECKING:
    from ldct.stages.patches import Patches

ROW_GROUP = 512
# Candidates are drawn in rounds; a patient with almost nothing but air gives fewer patches, not an endless search.
ROUNDS = 40

log = logging.getLogger("ldct")


def extract_patches(spec: Patches.Spec, patient: str, full: Path, low: Path, output: Path) -> None:
    """Draw patches from a patient's image tables and write the patch table.

    Random places depend on seed and patient only; sampling 'whole_volume' lays patches side by side over every slice,
    the last row and column flush with the edge. A patch is not taken (and another is drawn) where it holds an
    unmeasured pixel at either dose, or where the share of full-dose pixels below air_below_hu is above
    largest_air_share. Empty image tables give an empty patch table. Raises InputError where the two doses do not fit
    together or slices are smaller than a patch.
    """
    write_table(output, _table(spec, patient, full, low), patches_schema(spec.size), row_group_size=ROW_GROUP)


def extract_pool(spec: Patches.Spec, images: Mapping[str, Mapping[str, Path]], output: Path) -> None:
    """Draw patches of the patients that are tested in one fold and write them as one table, a patient after another.

    images: patient -> {"full": table, "low": table}. Row groups
    hold one patient each; the names of all patients, also of those without patches, stand in the table's metadata.
    """
    names = json.dumps(list(spec.patients))
    schema = patches_schema(spec.size).with_metadata({"patients": names})
    with open_table(output, schema) as writer:
        for patient in spec.patients:
            tables = images[patient]
            table = _table(spec, patient, tables["full"], tables["low"])
            writer.write_table(table.replace_schema_metadata(schema.metadata), row_group_size=ROW_GROUP)


def _table(spec: Patches.Spec, patient: str, full: Path, low: Path) -> pa.Table:
    size = spec.size
    low_stack, full_stack = read_images(low), read_images(full)
    indices = np.intersect1d(low_stack.index, full_stack.index)
    positions = np.zeros((0, 3), np.int64)
    if len(indices):
        low_stack, full_stack = _matched(low_stack, indices), _matched(full_stack, indices)
        _check(low_stack, full_stack, size, low)
        if spec.per_patient is None:
            positions = grid_positions(low_stack.hu, full_stack.hu, spec)
        else:
            positions = draw_positions(low_stack.hu, full_stack.hu, spec, patient)
        if len(positions) < (spec.per_patient or 0):
            log.warning(
                "%s: %d patches instead of %d, since most of the images is air or unmeasured",
                patient,
                len(positions),
                spec.per_patient,
            )
    slices, rows, columns = positions.T
    schema = patches_schema(size)
    table = pa.table(
        {
            "patient": pa.array([patient] * len(positions), pa.string()),
            "slice": pa.array(indices[slices].astype(np.int32), pa.int32()),
            "row": rows.astype(np.int32),
            "column": columns.astype(np.int32),
            "low": pack(_cut(low_stack.hu, positions, size)),
            "full": pack(_cut(full_stack.hu, positions, size)),
        },
        schema=schema,
    )
    log.info("%s: %d patches of %d x %d from %d slices", patient, len(positions), size, size, len(indices))
    return table


def draw_positions(low: np.ndarray, full: np.ndarray, spec: Patches.Spec, patient: str) -> np.ndarray:
    """(patches, 3) integers: slice, first row, first column in the int16 HU stacks (slices, rows, columns)."""
    size, wanted = spec.size, spec.per_patient or 0
    name = int.from_bytes(hashlib.sha256(patient.encode()).digest()[:8], "little")
    generator = np.random.default_rng([spec.seed or 0, name])
    limits = [full.shape[0], full.shape[1] - size + 1, full.shape[2] - size + 1]
    kept: list[np.ndarray] = []
    for _ in range(ROUNDS):
        candidates = generator.integers(limits, size=(min(wanted, 1024), 3))
        kept.append(candidates[_usable(low, full, candidates, spec)])
        if sum(map(len, kept)) >= wanted:
            break
    return np.concatenate(kept)[:wanted]


def grid_positions(low: np.ndarray, full: np.ndarray, spec: Patches.Spec) -> np.ndarray:
    """As `draw_positions`: patches side by side over every slice, the last ones flush with the edge."""
    size = spec.size
    rows, columns = (np.unique(np.append(np.arange(0, n - size, size), n - size)) for n in full.shape[1:])
    kept = [np.zeros((0, 3), np.int64)]
    for number in range(len(full)):
        grid = np.stack(np.meshgrid([number], rows, columns, indexing="ij"), axis=-1).reshape(-1, 3)
        kept.append(grid[_usable(low, full, grid, spec)])
    return np.concatenate(kept)


def _usable(low: np.ndarray, full: np.ndarray, positions: np.ndarray, spec: Patches.Spec) -> np.ndarray:
    """Which patches are measured throughout at both doses and hold more than air."""
    size = spec.size
    patch = _cut(full, positions, size)
    air = (patch < spec.air_below_hu).mean(axis=(1, 2))
    unmeasured = (patch == INVALID_HU) | (_cut(low, positions, size) == INVALID_HU)
    return (air <= spec.largest_air_share) & ~unmeasured.any(axis=(1, 2))


def _cut(images: np.ndarray, positions: np.ndarray, size: int) -> np.ndarray:
    if not len(positions):
        return np.zeros((0, size, size), np.int16)
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    return windows[positions[:, 0], positions[:, 1], positions[:, 2]]


def _matched(stack: ImageStack, indices: np.ndarray) -> ImageStack:
    """The slices of `stack` with these indices, in their order; the same object where that is all of it."""
    if np.array_equal(stack.index, indices):
        return stack
    rows = np.argsort(stack.index)[np.searchsorted(np.sort(stack.index), indices)]
    return ImageStack(
        patient=stack.patient,
        dose=stack.dose,
        hu=stack.hu[rows],
        index=indices.astype(np.int32),
        position_mm=stack.position_mm[rows],
        pixel_spacing_mm=stack.pixel_spacing_mm,
        slice_thickness_mm=stack.slice_thickness_mm,
        origin_mm=stack.origin_mm[rows],
        orientation=stack.orientation,
    )


def _check(low: ImageStack, full: ImageStack, size: int, path: Path) -> None:
    shape = full.hu.shape[1:]
    if low.hu.shape != full.hu.shape:
        raise InputError(path, f"slices of {low.hu.shape[1:]}", f"{shape} as at full dose", "Reconstruct both alike.")
    if min(shape) < size:
        raise InputError(path, f"slices of {shape[0]} x {shape[1]}", f"at least {size} x {size}", "Lower patches.size.")
