"""Write the study's own images of a fold's test patients as DICOM series."""

from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="image tables of the test patients")
    cli.add_argument("--series", type=Path, nargs="+", required=True, help="series tables of the test patients")
    cli.add_argument("--output", type=Path, required=True, help="folder to write")
    args = cli.parse_args()
    from ldct.inference.export import export_source

    export_source(args.spec, by_patient_and_dose(args.images), args.series, args.output)


if __name__ == "__main__":
    run(main)
