"""Train the CT autoencoder of a fold on its training patients."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--patches", type=Path, nargs="+", required=True, help="patch tables of the other folds")
    cli.add_argument("--output", type=Path, required=True, help="weights to write")
    args = cli.parse_args()
    from ldct.data.stream import tables_of
    from ldct.training.encoder import train_encoder

    train_encoder(args.spec, tables_of(args.patches), args.output)


if __name__ == "__main__":
    run(main)
