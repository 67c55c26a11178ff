"""Compare noise power spectra and transfer functions of every loss with full dose."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--curves", type=Path, nargs="+", required=True, help="tables of curves of the folds")
    cli.add_argument("--output", type=Path, required=True, help="folder of the table to write")
    args = cli.parse_args()
    from ldct.statistics.curves import curve_ratios

    curve_ratios(args.spec, args.curves, args.output)


if __name__ == "__main__":
    run(main)
