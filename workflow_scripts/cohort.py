"""Merge the patients' series and rejections, and write who is trained, validated and tested on in which fold."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--series", type=Path, nargs="+", required=True, help="series tables of the patients")
    cli.add_argument("--rejections", type=Path, nargs="+", required=True, help="rejection tables of the patients")
    cli.add_argument("--output", type=Path, required=True, help="folder of the cohort tables")
    args = cli.parse_args()
    from ldct.data.cohort import collect_cohort

    collect_cohort(args.spec, args.series, args.rejections, args.output)


if __name__ == "__main__":
    run(main)
