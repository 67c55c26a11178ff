"""Draw aligned low- and full-dose patches from a patient's images."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--full", type=Path, required=True, help="full-dose image table")
    cli.add_argument("--low", type=Path, required=True, help="low-dose image table")
    cli.add_argument("--output", type=Path, required=True, help="patch table to write")
    args = cli.parse_args()
    from ldct.data.patches import extract_patches

    extract_patches(args.spec, args.full, args.low, args.output)


if __name__ == "__main__":
    run(main)
