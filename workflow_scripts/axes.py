"""Find a patient's axes: a slab of its projections against the scanner's own images."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--output", type=Path, required=True, help="table of the axes to write")
    args = cli.parse_args()
    from ldct.data.axes_job import search_axes

    search_axes(args.spec, Path(args.spec["full"]), Path(args.spec["images"]), args.output)


if __name__ == "__main__":
    run(main)
