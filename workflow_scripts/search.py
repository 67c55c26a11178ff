"""Try learning rates with one loss, and choose one on the validation patients."""

from pathlib import Path

from ldct.files import weights_folder
from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--patches", type=Path, nargs="+", required=True, help="patch tables of the other folds")
    cli.add_argument("--calibration", type=Path, nargs="*", help="table of the weights of terms with a target share")
    cli.add_argument("--encoder", type=Path, nargs="*", help="weights of the encoder of this fold")
    cli.add_argument("--output", type=Path, required=True, help="table of the search to write")
    args = cli.parse_args()
    from ldct.data.stream import tables_of
    from ldct.training.search import search

    calibration, encoder = (next(iter(given or []), None) for given in (args.calibration, args.encoder))
    search(args.spec, tables_of(args.patches), args.output, weights_folder(), calibration, encoder)


if __name__ == "__main__":
    run(main)
