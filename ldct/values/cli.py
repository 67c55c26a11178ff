"""`ldct analyse`: the whole analysis and report of a table of metric values from any tool."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from ldct.config.statistics import Statistics


def main(argv: list[str] | None = None) -> int:
    """Run the analysis; returns the exit status. Raises LdctError."""
    usual = Statistics()
    cli = argparse.ArgumentParser(
        prog="ldct analyse", description=__doc__, epilog="docs/analyse.md describes the table"
    )
    cli.add_argument("values", type=Path, help="CSV or Parquet: patient, loss, metric, value, and more where known")
    cli.add_argument("-o", "--output", type=Path, default=Path("analysis"), help="folder (default: %(default)s)")
    cli.add_argument("--metrics", type=Path, help="CSV that describes metrics: name, direction, construct, ...")
    cli.add_argument("--reference", metavar="LOSS", help="loss to compare with (default: mse, else the first)")
    cli.add_argument("--window", help="window of the main ranking (default: soft_tissue, else the first)")
    cli.add_argument(
        "--margin",
        action="append",
        type=margin,
        default=[],
        metavar="METRIC=VALUE",
        help="a difference within this is 'the same' (default: a quarter of the SD between patients)",
    )
    cli.add_argument("--draws", type=int, default=usual.bootstrap_draws, help="draws (default: %(default)s)")
    cli.add_argument("--confidence", type=float, default=usual.confidence, help="level (default: %(default)s)")
    cli.add_argument("--title", default="Consistency of losses and metrics", help="heading of the report")
    args = cli.parse_args(argv)
    if args.draws < 100 or not 0.5 < args.confidence < 1:
        cli.error("--draws is at least 100, --confidence above 0.5 and below 1")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from ldct.values.analyse import analyse_study
    from ldct.values.study import read_study

    study = read_study(args.values, args.metrics, args.reference, args.window)
    page = analyse_study(
        study,
        args.output,
        draws=args.draws,
        confidence=args.confidence,
        seed=usual.seed,
        margins=dict(args.margin),
        title=args.title,
    )
    print(f"{page}: {len(study.losses)} losses, {len(study.cards)} metrics; tables in {args.output / 'consistency'}")
    return 0


def margin(text: str) -> tuple[str, float]:
    """'METRIC=VALUE' with a value above 0; raises argparse.ArgumentTypeError."""
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not equals or not name or number <= 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no METRIC=VALUE with a number above 0, as in rmse=0.5")
    return name.strip(), number
