"""Denoise the test patients' slices with every kept checkpoint of a run."""

from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--run", type=Path, required=True, help="folder of the trained run")
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="image tables, {patient}/{dose}.parquet")
    cli.add_argument("--output", type=Path, required=True, help="prediction table to write")
    args = cli.parse_args()
    from ldct.inference.predict import predict

    low = {patient: tables["low"] for patient, tables in by_patient_and_dose(args.images).items()}
    predict(args.spec, args.run, low, args.output)


if __name__ == "__main__":
    run(main)
