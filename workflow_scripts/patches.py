"""Draw aligned low- and full-dose patches from the images of the patients tested in one fold."""

from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="image tables, {patient}/{dose}.parquet")
    cli.add_argument("--output", type=Path, required=True, help="patch table to write")
    args = cli.parse_args()
    from ldct.data.patches import extract_pool

    extract_pool(args.spec, by_patient_and_dose(args.images), args.output)


if __name__ == "__main__":
    run(main)
