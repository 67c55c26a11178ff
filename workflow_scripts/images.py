"""Make a patient's full- and low-dose image tables from DICOM images or raw projections."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--raw", type=Path, nargs="*", help="folder of simulated projections with full/ and low/")
    cli.add_argument("--axes", type=Path, nargs="*", default=[], help="tables of the patient axes that were found")
    cli.add_argument("--full", type=Path, required=True, help="full-dose image table to write")
    cli.add_argument("--low", type=Path, required=True, help="low-dose image table to write")
    cli.add_argument("--series", type=Path, required=True, help="series table to write")
    cli.add_argument("--rejections", type=Path, required=True, help="table of rejected files to write")
    args = cli.parse_args()
    from ldct.data.ingest import build_images

    if args.raw:
        sources = {dose: args.raw[0] / dose for dose in ("full", "low")}
    else:
        sources = {dose: Path(args.spec[dose]) for dose in ("full", "low") if args.spec[dose]}
    build_images(args.spec, sources, args.full, args.low, args.series, args.rejections, args.axes)


if __name__ == "__main__":
    run(main)
