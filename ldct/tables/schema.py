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


PATIENT = column("patient", pa.string(), "pseudonym used throughout the study")
# The run that an image is of; low dose, full dose and filters are anchors, the images without training.
RUN = [
    column("dose", pa.string(), "dose of the image's input: 'low', or 'full' for the full-dose anchor"),
    column("model", pa.string(), "network, or 'anchor'"),
    column("loss", pa.string(), "training loss, or an anchor: 'low_dose', 'full_dose' or a filter"),
    column("fold", pa.int32(), "fold in which the patient is tested"),
    column("seed", pa.int32(), "training seed; 0 for anchors"),
    column("checkpoint", pa.int32(), "epoch of the weights; 0 for anchors"),
]
