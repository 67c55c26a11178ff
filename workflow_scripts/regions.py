"""Cut the regions around lesions out of a run's images, or of the low- and full-dose images where no run is given."""

from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--run", type=Path, help="folder of the trained run; leave out for the low- and full-dose images")
    cli.add_argument("--predictions", type=Path, help="prediction table of the run")
    cli.add_argument("--images", type=Path, nargs="*", default=[], help="image tables, {patient}/{dose}.parquet")
    cli.add_argument("--lesions", type=Path, nargs="+", required=True, help="folders {patient}/ of tables with lesions")
    cli.add_argument("--output", type=Path, required=True, help="table of regions to write")
    args = cli.parse_args()
    from ldct.lesions.regions import anchor_regions, run_regions

    lesions = by_patient_and_dose(args.lesions)
    if args.run:
        run_regions(args.spec, args.run, args.predictions, lesions, args.output)
    else:
        anchor_regions(args.spec, by_patient_and_dose(args.images), lesions, args.output)


if __name__ == "__main__":
    run(main)
