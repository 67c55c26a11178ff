"""Choose slices and render the image panels of the report."""

from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, by_run, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="image tables, {patient}/{dose}.parquet")
    cli.add_argument("--predictions", type=Path, nargs="+", required=True, help="prediction tables of the runs")
    cli.add_argument("--output", type=Path, required=True, help="panel table to write")
    args = cli.parse_args()
    from ldct.report.panels import build_panels

    build_panels(args.spec, by_patient_and_dose(args.images), by_run(args.predictions), args.output)


if __name__ == "__main__":
    run(main)
