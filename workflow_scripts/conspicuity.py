"""Test whether losses keep lesions visible, and choose pictures of lesions for the report."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--values", type=Path, nargs="+", required=True, help="values of the lesions of each fold")
    cli.add_argument("--regions", type=Path, nargs="+", required=True, help="regions of anchors and runs")
    cli.add_argument("--output", type=Path, required=True, help="folder of the tables to write")
    args = cli.parse_args()
    from ldct.lesions.conspicuity import conspicuity

    conspicuity(args.spec, args.values, args.regions, args.output)


if __name__ == "__main__":
    run(main)
