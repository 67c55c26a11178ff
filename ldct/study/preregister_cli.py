"""`ldct preregister`: freeze what a study settles beforehand, by a hash."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Write the registration and print its hash; returns the exit status. Raises LdctError."""
    cli = argparse.ArgumentParser(prog="ldct preregister", description=__doc__)
    cli.add_argument("files", type=Path, nargs="+", help="YAML files of the study, later ones over earlier ones")
    cli.add_argument(
        "-o", "--output", type=Path, default=Path("preregistration.json"), help="file (default: %(default)s)"
    )
    args = cli.parse_args(argv)
    from ldct.config.load import load_files
    from ldct.files import PROJECT
    from ldct.study.preregistration import write_registration

    # A user's own losses, networks and metrics are found as in the workflow.
    sys.path[:0] = [str(PROJECT), os.getcwd()]
    sha256 = write_registration(load_files(*args.files).study, args.output)
    print(f"{args.output}: sha256 {sha256}")
    print(
        f"Deposit the file where it gets a date, and give statistics: {{preregistration: {args.output}}} to the study."
    )
    return 0
