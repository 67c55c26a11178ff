"""Train one network with one loss on one fold and seed; goes on from its last state if it was interrupted."""

from pathlib import Path

from ldct.files import weights_folder
from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--patches", type=Path, nargs="+", required=True, help="patch tables of the other folds")
    cli.add_argument("--calibration", type=Path, nargs="*", help="table of weights found for target shares")
    cli.add_argument("--encoder", type=Path, nargs="*", help="weights of the encoder of this fold")
    cli.add_argument("--search", type=Path, nargs="*", help="table of the learning rates tried")
    cli.add_argument("--output", type=Path, required=True, help="folder of the run")
    args = cli.parse_args()
    from ldct.data.stream import tables_of
    from ldct.training.run import train

    names = ("calibration", "encoder", "search")
    optional = {name: next(iter(getattr(args, name) or []), None) for name in names}
    train(args.spec, tables_of(args.patches), args.output, weights_folder(), **optional)


if __name__ == "__main__":
    run(main)
