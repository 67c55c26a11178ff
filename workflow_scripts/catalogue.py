"""Write what each configured metric is: direction, range, input, source, and whether it could be computed."""

from pathlib import Path

from ldct.study.adaptor import parser, run, weights_dir


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--output", type=Path, required=True, help="catalogue table to write")
    args = cli.parse_args()
    from ldct.metrics.catalogue import write_catalogue

    write_catalogue(args.spec, args.output, weights_dir())


if __name__ == "__main__":
    run(main)
