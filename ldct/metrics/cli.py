"""`ldct metrics`: which metrics there are, and their values for two series of images."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ldct.errors import ConfigError, InputError
from ldct.files import weights_folder
from ldct.intensity import WINDOWS
from ldct.metrics.declared import METRICS

USUAL = ["rmse", "psnr", "ssim", "gmsd", "vifp", "haarpsi", "hu_bias", "noise_sd_ratio", "edge_sharpness_ratio"]


def main(argv: list[str] | None = None) -> int:
    """Run `list` or `measure FULL IMAGE`; returns the exit status. Raises LdctError."""
    cli = argparse.ArgumentParser(prog="ldct metrics", description=__doc__)
    commands = cli.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="every metric: family, direction, what it needs")
    listing.add_argument("--markdown", action="store_true", help="as docs/metrics.md, with ranges and sources")
    measure = commands.add_parser("measure", help="metrics of a series against a full-dose series, as CSV")
    measure.add_argument("full", type=Path, help="the full dose: a folder of a DICOM series, or a volume")
    measure.add_argument("image", type=Path, help="what to judge, likewise; slices are paired by position")
    measure.add_argument("--metrics", nargs="+", default=USUAL, metavar="NAME", help="default: %(default)s")
    measure.add_argument("--windows", nargs="+", default=["soft_tissue"], choices=sorted(WINDOWS))
    measure.add_argument("-o", "--output", type=Path, help="CSV to write (default: standard output)")
    args = cli.parse_args(argv)
    if args.command == "list":
        from ldct.metrics.listing import markdown, plain

        print(markdown() if args.markdown else plain(), end="" if args.markdown else "\n")
        return 0
    return _measure(args)


def _measure(args: argparse.Namespace) -> int:
    import csv

    from ldct.data.pairing import match
    from ldct.metrics.build import build
    from ldct.metrics.judge import SliceJudge
    from ldct.volumes.read import read_given

    for name in args.metrics:
        if METRICS.of(name).fitted:
            raise ConfigError(f"{name} is fitted on a study's training patients and has no value for two series alone")
    stacks = []
    for dose, folder in (("full", args.full), ("low", args.image)):
        found, refused = read_given(folder, patient="series", dose=dose)
        for error in refused:
            print(f"set aside: {error}", file=sys.stderr)
        if found is None:
            raise InputError(folder, "no usable CT series", "a DICOM series or a volume", "Mend the path.")
        stacks.append(found.stack)
    full, image, left = match(*stacks)
    for error in left:
        print(f"set aside: {error}", file=sys.stderr)
    metrics = build(args.metrics, weights_folder())
    windows = {name: WINDOWS[name] for name in args.windows}
    output = sys.stdout if args.output is None else args.output.open("w", newline="")
    table = csv.writer(output)
    table.writerow(["slice", "position_mm", "metric", "window", "value", "reason"])
    for k, position in enumerate(full.position_mm):
        judge = SliceJudge(metrics, windows, full.hu[k], full.valid[k] & image.valid[k], full.pixel_spacing_mm)
        for score in judge.scores(image.hu[k]):
            value = "" if score.value is None else repr(score.value)
            table.writerow([k, f"{position:g}", score.metric, score.window, value, score.reason or ""])
    if args.output is not None:
        output.close()
        print(f"{args.output}: {len(full)} slices, {len(metrics)} metrics")
    return 0
