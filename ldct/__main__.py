"""Command line of ldct: what one needs around the workflow; the study itself is run by Snakemake."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ldct import __version__
from ldct.errors import LdctError


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit status. Errors of the input are one message, without a traceback."""
    cli = argparse.ArgumentParser(prog="ldct", description=__doc__)
    cli.add_argument("--version", action="version", version=f"ldct {__version__}")
    commands = cli.add_subparsers(dest="command", required=True, metavar="COMMAND")

    manifest = commands.add_parser("manifest", help="write the cohort's manifest from a folder of CT data")
    manifest.add_argument("folder", type=Path, help="folder with DICOM series or DICOM-CT-PD projections")
    manifest.add_argument("-o", "--output", type=Path, default=Path("manifest.csv"), help="CSV to write")

    config = commands.add_parser("config", help="write config.yaml and schema.json from the typed defaults")
    config.add_argument("folder", type=Path, nargs="?", default=Path("config"), help="folder that gets both files")

    check = commands.add_parser("check", help="check configuration files without running anything")
    check.add_argument("files", type=Path, nargs="+", help="YAML files, later ones over earlier ones")

    weights = commands.add_parser("weights", help="list, get and check pretrained weights", add_help=False)
    weights.add_argument("rest", nargs=argparse.REMAINDER)

    args = cli.parse_args(argv)
    try:
        return _run(args)
    except LdctError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _run(args: argparse.Namespace) -> int:
    if args.command == "manifest":
        from ldct.study.scan import write_manifest

        write_manifest(args.folder, args.output)
    elif args.command == "config":
        from ldct.config.generate import write

        for path in write(args.folder):
            print(path)
    elif args.command == "check":
        from ldct.config.load import load_files
        from ldct.study.plan import Plan

        plan = Plan(load_files(*args.files), root=Path.cwd(), weights_dir=Path("resources/weights"))
        print(f"{len(plan.patients)} patients, {len(plan.losses)} losses, {len(plan.runs)} trainings")
        for item in plan.unavailable:
            print(f"unavailable: {item['kind']} {item['name']} needs {item['missing']}; {item['command']}")
    else:
        from ldct.pretrained.cli import main as weights

        return weights(args.rest) or 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
