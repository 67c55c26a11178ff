"""Write what each configured metric is: direction, range, input, source, and whether it could be computed."""

from pathlib import Path

from ldct.files import weights_folder
from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--output", type=Path, required=True, help="catalogue table to write")
    args = cli.parse_args()
    from ldct.metrics.catalogue import write_catalogue

    write_catalogue(args.spec, args.output, weights_folder())


if __name__ == "__main__":
    run(main)
