"""Measure noise power spectra and transfer functions of all runs of a fold and of the low- and full-dose images."""

from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, by_run, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--predictions", type=Path, nargs="*", default=[], help=".../model/loss/foldN/seedN.parquet")
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="image tables, {patient}/{dose}.parquet")
    cli.add_argument("--output", type=Path, required=True, help="table of curves to write")
    args = cli.parse_args()
    from ldct.metrics.curves import curves

    curves(args.spec, by_run(args.predictions), by_patient_and_dose(args.images), args.output)


if __name__ == "__main__":
    run(main)
