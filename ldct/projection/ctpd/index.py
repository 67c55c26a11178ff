"""The headers of a series as one Parquet file, so that opening it again needs no file of its own for every view."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ldct.errors import InputError
from ldct.projection.ctpd.header import Acquisition, View
from ldct.projection.ctpd.reader import Series, Source, assemble, open_series
from ldct.tables import read_table, write_table
from ldct.tables.projections import PROJECTIONS

_AGAIN = "Write the index again: ldct index FOLDER."


def write_index(folder: str | Path, path: str | Path, rejected: list[InputError] | None = None) -> Series:
    """Read and check all headers in `folder` in one pass and write them to `path`; returns the series.

    Raises InputError as `open_series` does, and for deflated files, whose pixels lie nowhere in the file.
    """
    folder = Path(folder)
    series = open_series(folder, rejected)
    packed = next((source for source in series.sources if source.data is not None), None)
    if packed is not None:
        raise InputError(packed.path.name, "a deflated file", "uncompressed files", "Decompress it, e.g. with dcmconv.")
    n, g = len(series), series.geometry
    photons = np.zeros((n, 0), np.float32) if series.photons is None else series.photons
    width = photons.shape[1]
    columns = {
        "instance": np.arange(n, dtype=np.int32) + np.int32(series.first_instance),
        "file": [source.path.relative_to(folder).as_posix() for source in series.sources],
        "offset": np.array([source.offset for source in series.sources], np.int64),
        "big_endian": np.array([source.order == ">" for source in series.sources]),
        "tube_current": series.tube_current,
        "timestamp": series.timestamp,
        "photons": pa.ListArray.from_arrays(np.arange(n + 1, dtype=np.int32) * width, photons.ravel()),
    }
    for name in ("angle", "position", "angle_shift", "radial_shift", "axial_shift"):
        columns[name] = getattr(g, name)
    schema = PROJECTIONS.with_metadata({"acquisition": json.dumps(series.acquisition._asdict())})
    table = pa.table({name: columns[name] for name in schema.names}, schema=schema)
    write_table(path, table, schema, row_group_size=4096)
    return series


def open_index(path: str | Path, folder: str | Path) -> Series:
    """The series in `folder` as `write_index` wrote it to `path`. Raises InputError where they do not fit."""
    folder = Path(folder)
    table = read_table(path, PROJECTIONS)
    try:
        constant = Acquisition(**json.loads((pq.read_schema(path).metadata or {})[b"acquisition"]))
    except (KeyError, TypeError, ValueError):
        raise InputError(path, "no acquisition in its metadata", "an index of projections", _AGAIN) from None
    missing = next((name for name in set(table["file"].to_pylist()) if not (folder / name).is_file()), None)
    if missing is not None:
        raise InputError(missing, "no such file", f"the files named in {Path(path).name}", _AGAIN)
    names = [name for name in View._fields if name != "photons"]
    columns = [table[name].to_pylist() for name in names]
    photons = table["photons"].combine_chunks()
    values, ends = photons.values.to_numpy(), photons.offsets.to_numpy()
    views = [
        View(**dict(zip(names, row, strict=True)), photons=values[ends[i] : ends[i + 1]])
        for i, row in enumerate(zip(*columns, strict=True))
    ]
    places = zip(*(table[name].to_pylist() for name in ("file", "offset", "big_endian")), strict=True)
    sources = [Source(folder / name, offset, ">" if big else "<") for name, offset, big in places]
    return assemble(constant, views, sources, folder.name)
