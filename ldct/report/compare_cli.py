"""`ldct compare`: finished studies side by side, as one offline page and tables."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Run the comparison; returns the exit status. Raises LdctError."""
    cli = argparse.ArgumentParser(prog="ldct compare", description=__doc__)
    cli.add_argument("results", type=Path, nargs="+", help="results folders of two or more finished studies")
    cli.add_argument("-o", "--output", type=Path, default=Path("compare.html"), help="page (default: %(default)s)")
    cli.add_argument("--names", nargs="+", help="a name for each study (default: A, B, C, ...)")
    cli.add_argument(
        "--networks", nargs="+", help="network of each study, or 'all' (default: the only one, else the mean over all)"
    )
    cli.add_argument(
        "--paired", action="store_true", help="patients of the same name are the same: another dose or network"
    )
    cli.add_argument("--draws", type=int, default=2000, help="bootstrap draws (default: %(default)s)")
    cli.add_argument("--confidence", type=float, default=0.95, help="level of intervals (default: %(default)s)")
    args = cli.parse_args(argv)
    count = len(args.results)
    names = args.names or [chr(ord("A") + i) for i in range(count)]
    networks = args.networks or [None] * count
    if not 2 <= count <= 26:
        cli.error(f"give 2 to 26 results folders, not {count}")
    if len(names) != count or len(set(names)) != count:
        cli.error(f"give {count} different --names, one for each results folder")
    if len(networks) != count:
        cli.error(f"give {count} --networks, one for each results folder")
    if args.draws < 100 or not 0.5 <= args.confidence < 1:
        cli.error("--draws is at least 100, --confidence from 0.5 to below 1")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from ldct.report.comparison import build_comparison
    from ldct.statistics.comparison.compare import compare
    from ldct.statistics.comparison.study import read_study

    studies = [read_study(*item) for item in zip(args.results, names, networks, strict=True)]
    shared = {p for i, one in enumerate(studies) for two in studies[:i] for p in set(one.patients) & set(two.patients)}
    if shared and not args.paired:
        print(
            f"{len(shared)} patients have the same name in several studies; give --paired if they are the same people."
        )
    rows = compare(studies, paired=args.paired, draws=args.draws, confidence=args.confidence)
    cards = [row for study in studies for row in study.tables["criteria"]]
    build_comparison(rows, cards, args.output, paired=args.paired, confidence=args.confidence)
    print(f"{args.output}: {', '.join(names)} compared")
    return 0
