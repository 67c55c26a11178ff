"""Command line of ldct: what one needs around the workflow; the study itself is run by Snakemake."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from ldct import __version__
from ldct.errors import LdctError

# Commands with a command line of their own: module, help.
DELEGATED = {
    "run": ("ldct.study.run", "run the workflow from any folder: ldct run my.yaml [options of Snakemake]"),
    "manifest": ("ldct.cohort.manifest_cli", "write the cohort's manifest from folders of CT data"),
    "cohort": ("ldct.cohort.cli", "one index of every series below folders, by their headers"),
    "why": ("ldct.study.why", "why jobs are planned: which key, definition or file changed"),
    "verify": ("ldct.study.verify", "whether results are still the bytes that their jobs wrote"),
    "store": ("ldct.store_cli", "what is kept of trainings and the like, so that none is made twice"),
    "weights": ("ldct.pretrained.cli", "list, get and check pretrained weights"),
    "metrics": ("ldct.metrics.cli", "every metric, and their values for two series of images"),
    "losses": ("ldct.losses.cli", "every loss term: formula, options, source"),
    "analyse": ("ldct.values.cli", "the whole analysis and report of a table of values from any tool"),
    "plan": ("ldct.planning.cli", "how many patients, folds and seeds a study needs for an effect"),
    "preregister": ("ldct.study.preregister_cli", "freeze what a study settles beforehand, by a hash"),
    "compare": ("ldct.report.compare_cli", "two or more finished studies side by side"),
    "readers": ("ldct.readers.cli", "reading sets for radiologists, their scores, and metrics against them"),
}


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit status. Errors of the input are one message, without a traceback."""
    cli = argparse.ArgumentParser(prog="ldct", description=__doc__)
    cli.add_argument("--version", action="version", version=f"ldct {__version__}")
    commands = cli.add_subparsers(dest="command", required=True, metavar="COMMAND")

    index = commands.add_parser("index", help="write the headers of a series of projections as one Parquet file")
    index.add_argument("folder", type=Path, help="folder with the DICOM-CT-PD files of one series")
    index.add_argument("-o", "--output", type=Path, default=Path("projections.parquet"), help="index to write")

    kernel = commands.add_parser("kernel", help="fit the reconstruction's kernel to the scanner's own images")
    kernel.add_argument("projections", type=Path, help="folder with the DICOM-CT-PD files of one series")
    kernel.add_argument("images", type=Path, help="folder with the scanner's images of that scan")

    config = commands.add_parser("config", help="write defaults.yaml and schema.json from the typed defaults")
    config.add_argument("folder", type=Path, nargs="?", default=Path("config"), help="folder that gets both files")

    check = commands.add_parser("check", help="try all that a study names, small, and print its card")
    check.add_argument("files", type=Path, nargs="*", help="YAML files, later ones over earlier ones; none: the demo")
    check.add_argument("--values", action="store_true", help="print every value with the file that gives it")

    aa = commands.add_parser("aa", help="write an A/A study: one loss under several names, where no difference is true")
    aa.add_argument("files", type=Path, nargs="*", help="YAML files of the study; none: the demo")
    aa.add_argument("--loss", default="mse", help="the loss, by its name in the study")
    aa.add_argument("--seeds", type=int, default=5, help="names, each trained with seeds of its own")
    aa.add_argument("-o", "--output", type=Path, default=Path("aa.yaml"), help="YAML to write")

    for name, (_, text) in DELEGATED.items():
        commands.add_parser(name, help=text, add_help=False)

    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv and argv[0] in DELEGATED:
            return import_module(DELEGATED[argv[0]][0]).main(argv[1:])
        return _run(cli.parse_args(argv))
    except LdctError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _run(args: argparse.Namespace) -> int:
    if args.command == "index":
        from ldct.projection.ctpd.index import write_index

        series = write_index(args.folder, args.output, [])
        g = series.geometry
        print(f"{args.output}: {len(series)} views, {g.flying_focal_spot}, {g.feed_mm:.2f} mm a rotation")
    elif args.command == "kernel":
        from ldct.data.vendor_kernel import fit_vendor_kernel

        found, measured = fit_vendor_kernel(args.projections, args.images)
        print(f"# {measured.blocks} blocks of soft tissue; the images explain {measured.coherence:.2f} of each other")
        print("reconstruction:")
        print(f"  kernel: {{mtf50: {found.mtf50:.4f}, order: {found.order:.3f}, boost: {found.boost:.3f}}}")
    elif args.command == "config":
        from ldct.config.generate import write

        for path in write(args.folder):
            print(path)
    elif args.command == "aa":
        from ldct.files import PROJECT
        from ldct.study.aa import aa_study

        # The user's own losses are found as in the workflow.
        sys.path[:0] = [str(PROJECT), os.getcwd()]
        aa_study(args.files, args.loss, args.seeds, args.output)
        print(args.output)
    else:
        from ldct.config.load import load_files
        from ldct.config.values import value_lines
        from ldct.files import PROJECT, weights_folder

        # A user's own losses, networks and metrics are found as in the workflow.
        sys.path[:0] = [str(PROJECT), os.getcwd()]
        if args.values:
            print("\n".join(value_lines(load_files(*args.files))))
            return 0
        from ldct.checks.command import check_files

        print(check_files(args.files, weights_folder()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
