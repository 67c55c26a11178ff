"""Schema fields that carry their unit and meaning."""

from __future__ import annotations

import pyarrow as pa


def column(name: str, dtype: pa.DataType, about: str, unit: str = "", nullable: bool = False) -> pa.Field:
    """A field whose metadata state what it is and in which unit ("" for none)."""
    return pa.field(name, dtype, nullable=nullable, metadata={"about": about, "unit": unit})


def image_column(name: str, shape: tuple[int, int], about: str) -> pa.Field:
    """Little-endian int16 HU image, C order, as fixed-size binary (Parquet itself has no 16-bit integer).

    The metadata state dtype and shape, so that a file can be read without this package.
    """
    rows, columns = shape
    return pa.field(
        name,
        pa.binary(rows * columns * 2),
        nullable=False,
        metadata={"about": about, "unit": "HU", "dtype": "<i2", "shape": f"{rows}x{columns}"},
    )


def image_shape(field: pa.Field) -> tuple[int, int]:
    """(rows, columns) of an image column, from its metadata."""
    rows, columns = field.metadata[b"shape"].decode().split("x")
    return int(rows), int(columns)
