"""Write a synthetic patient's raw projections as DICOM-CT-PD files, at full and at low dose."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--output", type=Path, required=True, help="folder that gets full/ and low/, a file a view")
    args = cli.parse_args()
    from ldct.projection.simulate import simulate_patient

    simulate_patient(args.spec, args.output)


if __name__ == "__main__":
    run(main)
