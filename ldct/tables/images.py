"""results/images/{patient}/{dose}.parquet: a row a slice, int16 HU with geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from ldct.tables.io import read_table, write_table
from ldct.tables.schema import PATIENT, column, image_column, image_shape

# Marks padding and voxels outside the measured field of view; every reader turns it into air plus a mask.
INVALID_HU = np.int16(-32768)
AIR_HU = np.int16(-1000)


@dataclass(frozen=True, kw_only=True)
class ImageStack:
    """Slices of one patient at one dose, in order of position along the slice normal.

    `hu` is int16 (slices, rows, columns) with INVALID_HU where nothing was measured; `origin_mm` is
    ImagePositionPatient and `orientation` ImageOrientationPatient (LPS).
    """

    patient: str
    dose: str
    hu: np.ndarray
    position_mm: np.ndarray
    pixel_spacing_mm: tuple[float, float]
    slice_thickness_mm: float
    origin_mm: np.ndarray
    orientation: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    index: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))

    def __post_init__(self) -> None:
        if self.hu.dtype != np.int16 or self.hu.ndim != 3:
            raise ValueError(f"hu must be int16 (slices, rows, columns), not {self.hu.dtype} {self.hu.shape}")
        if len(self.index) != len(self.hu):
            object.__setattr__(self, "index", np.arange(len(self.hu), dtype=np.int32))

    def __len__(self) -> int:
        return len(self.hu)

    @property
    def valid(self) -> np.ndarray:
        """Boolean mask of measured pixels, the shape of `hu`."""
        return self.hu != INVALID_HU

    @property
    def hu_air(self) -> np.ndarray:
        """`hu` with unmeasured pixels set to air."""
        return np.where(self.valid, self.hu, AIR_HU)


def images_schema(shape: tuple[int, int]) -> pa.Schema:
    """Schema of an image table with slices of `shape` (rows, columns)."""
    return pa.schema(
        [
            PATIENT,
            column("dose", pa.string(), "'full' or 'low'"),
            column("slice", pa.int32(), "index along the slice normal, from 0"),
            column("position_mm", pa.float64(), "position along the slice normal", "mm"),
            column("pixel_spacing_row_mm", pa.float64(), "distance between rows", "mm"),
            column("pixel_spacing_column_mm", pa.float64(), "distance between columns", "mm"),
            column("slice_thickness_mm", pa.float64(), "nominal slice thickness", "mm"),
            column("origin_mm", pa.list_(pa.float64(), 3), "ImagePositionPatient, LPS", "mm"),
            column("orientation", pa.list_(pa.float64(), 6), "ImageOrientationPatient"),
            image_column("hu", shape, "image; -32768 marks padding and unmeasured pixels"),
        ]
    )


def write_images(path: str | Path, stack: ImageStack) -> None:
    """Write `stack`; an empty stack (no accepted slice) gives an empty table."""
    n, rows, columns = stack.hu.shape
    schema = images_schema((rows, columns))
    table = pa.table(
        {
            "patient": [stack.patient] * n,
            "dose": [stack.dose] * n,
            "slice": pa.array(np.asarray(stack.index, np.int32)),
            "position_mm": np.asarray(stack.position_mm, float),
            "pixel_spacing_row_mm": np.full(n, stack.pixel_spacing_mm[0]),
            "pixel_spacing_column_mm": np.full(n, stack.pixel_spacing_mm[1]),
            "slice_thickness_mm": np.full(n, float(stack.slice_thickness_mm)),
            "origin_mm": pa.array(list(np.asarray(stack.origin_mm, float)), pa.list_(pa.float64(), 3)),
            "orientation": pa.array([list(stack.orientation)] * n, pa.list_(pa.float64(), 6)),
            "hu": pack(stack.hu),
        },
        schema=schema,
    )
    write_table(path, table, schema, row_group_size=16)


def read_images(path: str | Path, slices: Sequence[int] | None = None) -> ImageStack:
    """Read a stack, or only the slices whose index is in `slices`."""
    filters = None if slices is None else [("slice", "in", [int(s) for s in slices])]
    table = read_table(path, images_schema((1, 1)), filters)
    first = table.slice(0, 1).to_pylist()
    row = {} if not first else first[0]
    return ImageStack(
        patient=row.get("patient", ""),
        dose=row.get("dose", ""),
        hu=unpack(table["hu"], image_shape(table.schema.field("hu"))),
        index=table["slice"].to_numpy(),
        position_mm=table["position_mm"].to_numpy(),
        pixel_spacing_mm=(row.get("pixel_spacing_row_mm", 1.0), row.get("pixel_spacing_column_mm", 1.0)),
        slice_thickness_mm=row.get("slice_thickness_mm", 1.0),
        origin_mm=np.array(table["origin_mm"].to_pylist(), float).reshape(-1, 3),
        orientation=tuple(row.get("orientation", (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))),
    )


def pack(images: np.ndarray) -> pa.Array:
    """int16 images (n, rows, columns) as an Arrow fixed-size-binary array, without a copy per image."""
    images = np.ascontiguousarray(images, dtype="<i2")
    n, rows, columns = images.shape
    return pa.Array.from_buffers(pa.binary(rows * columns * 2), n, [None, pa.py_buffer(images)])


def unpack(array: pa.ChunkedArray | pa.Array, shape: tuple[int, int]) -> np.ndarray:
    """Images (n, rows, columns) as int16 from a fixed-size-binary column; shares memory where it can."""
    if isinstance(array, pa.ChunkedArray):
        if array.num_chunks == 0 or len(array) == 0:
            return np.zeros((0, *shape), np.int16)
        array = array.combine_chunks()
    if len(array) == 0:
        return np.zeros((0, *shape), np.int16)
    size = shape[0] * shape[1]
    flat = np.frombuffer(array.buffers()[1], dtype="<i2")
    return flat[array.offset * size : (array.offset + len(array)) * size].reshape(-1, *shape)
