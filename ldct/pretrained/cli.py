"""`ldct weights`: which weight files there are, getting them, checking them."""

from __future__ import annotations

import argparse
from pathlib import Path

from ldct.errors import LdctError
from ldct.files import weights_folder
from ldct.pretrained.catalogue import WEIGHTS, available, weight_file


def main(argv: list[str] | None = None) -> int:
    """Run `list`, `get NAME...` or `check [NAME...]`; returns the exit status. Raises LdctError."""
    cli = argparse.ArgumentParser(prog="ldct weights", description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--dir", type=Path, default=weights_folder(), help="folder of the weights (default: %(default)s)"
    )
    commands = cli.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", parents=[common], help="every weight file, and whether it is here")
    get = commands.add_parser("get", parents=[common], help="download, verify and keep weight files")
    get.add_argument("names", nargs="+", metavar="NAME")
    get.add_argument("--from", dest="source", type=Path, help="take this file instead of a download")
    check = commands.add_parser("check", parents=[common], help="verify the checksums of the files that are here")
    check.add_argument("names", nargs="*", metavar="NAME")
    args = cli.parse_args(argv)
    if args.command == "list":
        return _list(args.dir)
    if args.command == "get":
        if args.source is not None and len(args.names) != 1:
            cli.error("--from takes exactly one NAME")
        return _get(args.names, args.dir, args.source)
    return _check(args.names or [name for name in WEIGHTS if available(name, args.dir)], args.dir)


def _list(folder: Path) -> int:
    for name, file in WEIGHTS.items():
        print(f"{name:20s} {'here' if available(name, folder) else 'absent':7s} {file.source} [{file.licence}]")
    return 0


def _get(names: list[str], folder: Path, source: Path | None) -> int:
    from ldct.pretrained.fetch import fetch

    for name in names:
        weight_file(name)
    failures = 0
    for name in names:
        try:
            print(f"{name}: {fetch(name, folder, source)}", flush=True)
        except LdctError as error:
            if len(names) == 1:
                raise
            print(f"error: {error}", flush=True)
            failures += 1
    return int(failures > 0)


def _check(names: list[str], folder: Path) -> int:
    from ldct.pretrained.fetch import sound

    failures = 0
    for name in names:
        file = weight_file(name)
        path = folder / file.filename
        state = "absent" if not path.is_file() else "sound" if sound(file, path) else "damaged"
        failures += state != "sound"
        print(f"{name:20s} {state}")
    return int(failures > 0)
