"""Command line of `ldct manifest`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from ldct.cohort.manifest import write_manifest
from ldct.cohort.propose import Choices
from ldct.errors import LdctError


def main(argv: Sequence[str]) -> int:
    """Write a manifest; returns the exit status."""
    cli = argparse.ArgumentParser(
        prog="ldct manifest",
        description="Find the series below folders, tell persons and doses apart, and write the cohort's manifest.",
    )
    cli.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="folder with CT images or raw projections")
    cli.add_argument("-o", "--output", type=Path, default=Path("manifest.csv"), help="CSV to write")
    cli.add_argument(
        "--index", type=Path, help="index of 'ldct cohort scan' to go on from; default: beside the manifest"
    )
    cli.add_argument("--kind", choices=["images", "projections"], help="which data the study starts from")
    cli.add_argument("--thickness", type=float, metavar="MM", help="slice thickness of the cohort")
    cli.add_argument("--kernel", help="reconstruction kernel of the cohort, e.g. B30f")
    cli.add_argument("--full", metavar="REGEX", help="series of full dose, by the lines that list them")
    cli.add_argument("--low", metavar="REGEX", help="series of low dose, by the lines that list them")
    cli.add_argument(
        "--person", metavar="REGEX", help="the person of a series, by its line; the first group is the name"
    )
    args = cli.parse_args(argv)
    patterns = {name: _pattern(f"--{name}", getattr(args, name)) for name in ("full", "low", "person")}
    choices = Choices(data=args.kind, thickness=args.thickness, kernel=args.kernel, **patterns)
    write_manifest(args.folders, args.output, choices, args.index)
    return 0


def _pattern(option: str, text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise LdctError(f"{option} {text}: no regular expression ({error})") from None
