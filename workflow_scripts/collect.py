"""Merge the metric values of all runs and anchors into one sorted table."""

import argparse
from pathlib import Path

from ldct.study.adaptor import run


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--parts", type=Path, nargs="+", required=True, help="tables of runs and anchors")
    cli.add_argument("--output", type=Path, required=True, help="merged table to write")
    args = cli.parse_args()
    from ldct.metrics.collect import collect

    collect(args.parts, args.output)


if __name__ == "__main__":
    run(main)
