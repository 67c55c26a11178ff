"""`ldct readers`: reading sets for radiologists, checking of their scores, the analysis, and the size of a study."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from ldct.readers.plan_cli import add_arguments, plan
from ldct.readers.scores import read_key, read_pairs, read_ratings
from ldct.statistics.settings import Resampling


def main(argv: list[str] | None = None) -> int:
    """Run `export`, `check`, `analyse`, `scored` or `plan`; returns the exit status. Raises LdctError."""
    cli = argparse.ArgumentParser(prog="ldct readers", description=__doc__)
    commands = cli.add_subparsers(dest="command", required=True, metavar="COMMAND")

    export = commands.add_parser("export", help="write a blinded reading set (one offline page) and its key")
    export.add_argument("results", type=Path, help="results folder of a finished study")
    export.add_argument("-o", "--output", type=Path, default=Path("reading"), help="folder (default: %(default)s)")
    export.add_argument("--cases", type=int, default=10, help="slices to read (default: %(default)s)")
    export.add_argument("--no-full-dose", action="store_true", help="do not show the full-dose images")
    export.add_argument("--seed", type=int, default=0, help="of codes and order (default: %(default)s)")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--ratings", type=Path, help="CSV: reader, case, image, score, session")
    common.add_argument("--pairs", type=Path, help="CSV: reader, case, left, right, choice, session")
    common.add_argument("--key", type=Path, required=True, help="key.csv of the reading set")
    common.add_argument("--scale", type=float, nargs=2, default=(0, 4), help="least and greatest score (default: 0 4)")
    commands.add_parser("check", parents=[common], help="check files of scores; every wrong line in one message")

    analyse = commands.add_parser("analyse", parents=[common], help="agreement, preference, metrics against readers")
    analyse.add_argument("results", type=Path, help="results folder of the study")
    analyse.add_argument("-o", "--output", type=Path, help="folder of the tables (default: RESULTS/readers)")
    analyse.add_argument("--reference-loss", default="mse", help="loss the others are compared with (default: mse)")
    analyse.add_argument("--curve", type=int, choices=(4, 5), default=4, help="parameters of the logistic (default: 4)")
    analyse.add_argument("--draws", type=int, default=1000, help="bootstrap draws (default: %(default)s)")
    analyse.add_argument("--confidence", type=float, default=0.95, help="level of intervals (default: %(default)s)")

    scored = commands.add_parser("scored", help="no-reference metrics against the mean scores of LDCTIQAC 2023")
    scored.add_argument("folder", type=Path, help="unpacked LDCTIQAG2023_train, or a folder of the same layout")
    scored.add_argument("-o", "--output", type=Path, default=Path("scored"), help="folder (default: %(default)s)")
    scored.add_argument("--metrics", nargs="+", help="metrics without a reference (default: all)")
    scored.add_argument("--draws", type=int, default=1000, help="bootstrap draws (default: %(default)s)")

    size = commands.add_parser("plan", help="patients and readers needed, from a pilot or stated SDs")
    add_arguments(size)

    args = cli.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if args.command == "export":
        from ldct.readers.reading_set import export as write

        page = write(args.results, args.output, cases=args.cases, with_full_dose=not args.no_full_dose, seed=args.seed)
        print(f"{page}: give it to the readers. {args.output / 'key.csv'}: keep it from them.")
        return 0
    if args.command == "scored":
        return _scored(args)
    if args.command == "plan":
        return plan(args, size)
    if args.ratings is None and args.pairs is None:
        cli.error("give --ratings, --pairs or both")
    if args.command == "check":
        key = read_key(args.key)
        if args.ratings:
            found = read_ratings(args.ratings, key, tuple(args.scale))
            print(f"{args.ratings}: {len(found)} ratings by {found['reader'].nunique()} readers")
        if args.pairs:
            found = read_pairs(args.pairs, key)
            print(f"{args.pairs}: {len(found)} choices by {found['reader'].nunique()} readers")
        return 0
    from ldct.readers.analysis import analyse as run
    from ldct.stages.readers import Readers

    spec = Readers.Spec(
        scale=args.scale,
        curve=args.curve,
        reference_loss=args.reference_loss,
        resampling=Resampling(draws=args.draws, confidence=args.confidence, seed=0),
    )
    metrics = args.results / "metrics"
    output = args.output or args.results / "readers"
    run(spec, args.key, args.ratings, args.pairs, metrics / "metrics.parquet", metrics / "catalogue.parquet", output)
    print(f"{output}: tables of the reader study")
    return 0


def _scored(args: argparse.Namespace) -> int:
    from ldct.readers.ldctiqac import read_ldctiqac
    from ldct.readers.scored import judge_scored

    resampling = Resampling(draws=args.draws, confidence=0.95, seed=0)
    rows = judge_scored(args.metrics, read_ldctiqac(args.folder), args.output, resampling)
    for row in rows[rows["statistic"] == "srocc"].sort_values("value", ascending=False).to_dict("records"):
        name = f"{row['metric']} ({row['window']})"
        print(f"{name:32s} SROCC {row['value']:6.3f} [{row['low']:.3f}, {row['high']:.3f}], {row['images']} images")
    print(f"{args.output}: tables; intervals take images as independent, for the files do not name patients")
    return 0
