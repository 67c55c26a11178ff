"""Atomic, deterministic Parquet: equal tables give equal bytes, and no reader ever sees half a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ldct.errors import InputError
from ldct.files import atomic, set_aside


def table_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows as a table; a column that a row does not name is null in it.

    Raises ValueError where a row names a column that the schema has not.
    """
    unknown = {name for row in rows for name in row} - set(schema.names)
    if unknown:
        raise ValueError(f"columns {sorted(unknown)} are not in the schema")
    return pa.table({field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in schema})


def write_table(path: str | Path, table: pa.Table, schema: pa.Schema, row_group_size: int = 65536) -> None:
    """Write `table` with exactly `schema` to `path`, by way of a temporary file beside it.

    Raises pyarrow.ArrowInvalid where a column is missing, has another type, or holds nulls it may not.
    """
    path = Path(path)
    table = table.select(schema.names).cast(schema)
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise pa.ArrowInvalid(f"{path.name}: column {field.name} holds nulls")
    with open_table(path, schema) as writer:
        writer.write_table(table, row_group_size=row_group_size)


@contextmanager
def open_table(path: str | Path, schema: pa.Schema, *, dictionary: bool = True) -> Iterator[pq.ParquetWriter]:
    """A writer of a table with `schema` in pieces; the table appears at `path` when it is left without an error.

    dictionary: whether values of the keys repeat much.
    """
    # Statistics of keys let a reader skip row groups; those of images would only cost space.
    keys = [field.name for field in schema if not pa.types.is_fixed_size_binary(field.type)]
    with (
        atomic(path) as temporary,
        pq.ParquetWriter(
            temporary,
            schema,
            compression="zstd",
            compression_level=1,
            write_page_checksum=True,
            use_dictionary=keys if dictionary else False,  # pyright: ignore[reportArgumentType]
            write_statistics=keys,  # pyright: ignore[reportArgumentType]
        ) as writer,
    ):
        yield writer


@contextmanager
def damaged_set_aside(path: Path) -> Iterator[None]:
    """Where an InputError about the table `path` of the workflow ends the block, move the table aside.

    The next run makes it anew; the error that is raised says so. Other errors pass as they are.
    """
    try:
        yield
    except InputError as error:
        if error.path != str(path) or not path.is_file():
            raise
        action = f"It was moved to {set_aside(path).name}: run the same command again, which makes it anew."
        raise InputError(path, error.found, error.expected, action) from None


def read_table(path: str | Path, schema: pa.Schema, filters: object = None) -> pa.Table:
    """Read a table written by `write_table` and check names and types against `schema`.

    Image columns may have any shape. Raises InputError where the file is missing, corrupt or of another layout.
    """
    redo = "Delete the file and run the same command again; the workflow makes it anew."
    try:
        table = pq.read_table(
            path,
            columns=schema.names,
            filters=filters,  # type: ignore[arg-type]
            page_checksum_verification=True,
        )
    except FileNotFoundError:
        raise InputError(path, "no such file", "a Parquet table of this study", redo) from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(path, f"an unreadable table ({error})", f"columns {schema.names}", redo) from None
    if table.column_names != schema.names:
        raise InputError(path, f"columns {table.column_names}", f"columns {schema.names}", redo)
    for field in schema:
        found = table.schema.field(field.name).type
        both_images = pa.types.is_fixed_size_binary(found) and pa.types.is_fixed_size_binary(field.type)
        if found != field.type and not both_images:
            raise InputError(path, f"{field.name} as {found}", f"{field.type}", redo)
    return table
