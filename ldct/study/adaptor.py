"""What every workflow script shares: parser, log, and no traceback where the input is at fault."""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ldct.errors import LdctError

STORAGE = {
    errno.ENOSPC: "the disk of the results is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EFBIG: "a file would be larger than this system allows",
    errno.EROFS: "the disk of the results is read-only",
    errno.EACCES: "no permission",
    errno.EIO: "the disk reports an error",
}


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the one parameter every stage has: its specification as JSON."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--spec", type=json.loads, required=True, help="what the stage reads of the configuration, JSON")
    return made


def run(stage: Callable[[], None]) -> None:
    """Run a stage with logging to standard error; LdctError, or a full disk, end it with a message and status 1."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    logging.getLogger("ldct").setLevel(logging.INFO)
    try:
        stage()
    except LdctError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        why = STORAGE.get(error.errno or 0)
        if why is None:
            raise
        where = f" at {error.filename}" if error.filename else ""
        print(
            f"error: {why}{where} ({os.strerror(error.errno or 0)}). Half-written files were removed, finished results "
            "are kept; mend it and run the same command again.",
            file=sys.stderr,
        )
        raise SystemExit(1) from None


def by_patient(paths: list[Path]) -> dict[str, Path]:
    """Patient -> path, for tables named {patient}.parquet or {patient}/{dose}.parquet."""
    return {path.parent.name if path.stem in ("full", "low") else path.stem: path for path in paths}


def by_patient_and_dose(paths: list[Path]) -> dict[str, dict[str, Path]]:
    """Patient -> dose -> path, for image tables {patient}/{dose}.parquet or folders that hold such."""
    found: dict[str, dict[str, Path]] = {}
    for path in paths:
        for table in sorted(path.glob("*/*.parquet")) if path.is_dir() else [path]:
            found.setdefault(table.parent.name, {})[table.stem] = table
    return found


def by_run(paths: list[Path]) -> list[dict[str, Any]]:
    """Model, loss, fold, seed and path, for files in or named by .../{model}/{loss}/fold{fold}/seed{seed}."""
    found = []
    for path in paths:
        parts = path.with_suffix("").parts
        at = max(i for i, part in enumerate(parts) if re.fullmatch(r"seed\d+", part))
        model, loss, fold, seed = parts[at - 3 : at + 1]
        run = {"model": model, "loss": loss, "fold": int(fold.removeprefix("fold"))}
        found.append({**run, "seed": int(seed.removeprefix("seed")), "path": path})
    return found


def by_fold(paths: list[Path]) -> list[dict[str, Any]]:
    """Model, loss, fold and path, for files named .../{model}/{loss}/fold{fold}.parquet."""
    return [
        {"model": path.parts[-3], "loss": path.parts[-2], "fold": int(path.stem.removeprefix("fold")), "path": path}
        for path in paths
    ]
