"""Fit NIQE's model on the full-dose slices of the training patients of one fold."""

from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="folders {patient}/ of image tables")
    cli.add_argument("--output", type=Path, required=True, help="table of the model to write")
    args = cli.parse_args()
    from ldct.metrics.fit_niqe_ct import fit_niqe_ct

    images = {patient: tables["full"] for patient, tables in by_patient_and_dose(args.images).items()}
    fit_niqe_ct(args.spec, images, args.output)


if __name__ == "__main__":
    run(main)
