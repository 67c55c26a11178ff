"""The images of the patients tested in one fold, in one folder: what inference, metrics and patches read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from ldct.files import atomic_folder


def gather_images(images: Mapping[str, Mapping[str, Path]], output: Path) -> None:
    """Make `output`/{patient}/{dose}.parquet of the image tables {patient: {dose: path}}.

    The tables are hard links, so they take no space; they are copies where the file system has no links. A job then
    has one input where it would have two a patient, which keeps the plan of a large study small.
    """
    with atomic_folder(output) as folder:
        for patient, doses in images.items():
            for dose, source in doses.items():
                target = folder / patient / f"{dose}.parquet"
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(source, target)
                except OSError:
                    shutil.copyfile(source, target)


def doses_by_patient(paths: Iterable[Path]) -> dict[str, dict[str, Path]]:
    """Patient -> dose -> path, of image tables {patient}/{dose}.parquet or folders that hold such."""
    tables: dict[str, dict[str, Path]] = {}
    for path in paths:
        for table in sorted(path.glob("*/*.parquet")) if path.is_dir() else [path]:
            tables.setdefault(table.parent.name, {})[table.stem] = table
    return tables
