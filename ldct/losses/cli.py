"""`ldct losses`: which loss terms there are."""

from __future__ import annotations

import argparse


def main(argv: list[str] | None = None) -> int:
    """Run `list`; returns the exit status."""
    cli = argparse.ArgumentParser(prog="ldct losses", description=__doc__)
    commands = cli.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="every loss term and what it needs")
    listing.add_argument("--markdown", action="store_true", help="as docs/losses.md: formulas, options, sources")
    args = cli.parse_args(argv)
    from ldct.losses.listing import markdown, plain

    print(markdown() if args.markdown else plain(), end="" if args.markdown else "\n")
    return 0
