"""What every workflow script shares: its parser, its log, and errors without a traceback where the input is at fault."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from ldct.errors import LdctError


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the one parameter every stage has: its specification as JSON."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--spec", type=json.loads, required=True, help="what the stage reads of the configuration, JSON")
    return made


def run(stage: Callable[[], None]) -> None:
    """Run a stage with logging to standard error; an LdctError ends it with its message and exit status 1."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    logging.getLogger("ldct").setLevel(logging.INFO)
    try:
        stage()
    except LdctError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def by_patient(paths: list[Path]) -> dict[str, Path]:
    """Patient -> path, for tables named {patient}.parquet or {patient}/{dose}.parquet."""
    return {path.parent.name if path.stem in ("full", "low") else path.stem: path for path in paths}
