"""Command line of `ldct cohort`: the index of every series below folders."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ldct.cohort.scan import scan_folders
from ldct.cohort.series import read_index


def main(argv: Sequence[str]) -> int:
    """Run a command; returns the exit status."""
    cli = argparse.ArgumentParser(prog="ldct cohort", description=__doc__)
    commands = cli.add_subparsers(dest="command", required=True, metavar="COMMAND")
    scan = commands.add_parser("scan", help="write one Parquet index of every series, by headers only")
    scan.add_argument(
        "folders", type=Path, nargs="+", metavar="FOLDER", help="folder with CT images or raw projections"
    )
    scan.add_argument("-o", "--output", type=Path, default=Path("cohort.index.parquet"), help="index to write")
    scan.add_argument("--workers", type=int, help="processes that read; default: one a core")
    args = cli.parse_args(argv)
    done = scan_folders(args.folders, args.output, workers=args.workers)
    series = read_index(done.index)
    kinds = Counter(one.kind for one in series)
    people, files = len({one.person for one in series} - {""}), sum(one.files for one in series)
    print(f"{args.output}: {len(series)} series of {people} persons by PatientID, {files} files")
    for kind, count in sorted(kinds.items()):
        scouts = sum(one.localiser for one in series if one.kind == kind)
        doses = Counter(one.dose or "unnamed" for one in series if one.kind == kind)
        told = ", ".join(f"{dose} {number}" for dose, number in sorted(doses.items()))
        print(f"  {kind}: {count} series ({scouts} scouts); dose by name: {told}")
    print(f"beside it: {done.secret.name} (key of the hashes), {done.cache.name} (headers that were read)")
    return 0
