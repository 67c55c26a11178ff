"""Denoise the test patients' slices with every kept checkpoint of a run."""

from pathlib import Path

from ldct.study.adaptor import by_patient, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--run", type=Path, required=True, help="folder of the trained run")
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="low-dose tables, {patient}/low.parquet")
    cli.add_argument("--output", type=Path, required=True, help="prediction table to write")
    args = cli.parse_args()
    from ldct.inference.predict import predict

    predict(args.spec, args.run, by_patient(args.images), args.output)


if __name__ == "__main__":
    run(main)
