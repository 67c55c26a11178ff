"""Find the weights that give the terms of a loss their target shares."""

from pathlib import Path

from ldct.files import weights_folder
from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--patches", type=Path, nargs="+", required=True, help="patch tables of the other folds")
    cli.add_argument("--encoder", type=Path, nargs="*", help="weights of the encoder of this fold")
    cli.add_argument("--output", type=Path, required=True, help="table of the weights to write")
    args = cli.parse_args()
    from ldct.data.stream import tables_of
    from ldct.training.calibration import calibrate

    calibrate(args.spec, tables_of(args.patches), args.output, weights_folder(), next(iter(args.encoder or []), None))


if __name__ == "__main__":
    run(main)
