"""Insert lesions into a patient's test slices, at full and at low dose."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--images", type=Path, nargs=2, required=True, help="image tables of the full and the low dose")
    cli.add_argument("--raw", type=Path, nargs="*", help="folder of simulated projections with full/ and low/")
    cli.add_argument("--axes", type=Path, nargs="*", default=[], help="tables of the patient axes that were found")
    cli.add_argument("--mask", type=Path, nargs="*", help="label of the patient's real tumour")
    cli.add_argument("--output", type=Path, required=True, help="folder of the tables to write")
    args = cli.parse_args()
    from ldct.lesions.insert import build_lesions

    images = {"full": args.images[0], "low": args.images[1]}
    if args.raw:
        projections = {dose: args.raw[0] / dose for dose in ("full", "low")}
    else:
        projections = {dose: Path(folder) for dose, folder in args.spec["projections"].items()}
    build_lesions(args.spec, images, projections, args.axes, next(iter(args.mask or []), None), args.output)


if __name__ == "__main__":
    run(main)
