"""Train one network with one loss on one fold and seed; goes on from its last state if it was interrupted."""

from pathlib import Path

from ldct.study.adaptor import by_patient, parser, run, weights_dir


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--patches", type=Path, nargs="+", required=True, help="patch tables, {patient}.parquet")
    cli.add_argument("--output", type=Path, required=True, help="folder of the run")
    args = cli.parse_args()
    from ldct.training.run import train

    train(args.spec, by_patient(args.patches), args.output, weights_dir())


if __name__ == "__main__":
    run(main)
