"""Measure how visible the lesions of a fold are in every run: contrast, texture, model observers."""

from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--lesions", type=Path, nargs="+", required=True, help="folders {patient}/ of tables with lesions")
    cli.add_argument("--anchors", type=Path, required=True, help="regions of the low- and full-dose images")
    cli.add_argument("--regions", type=Path, nargs="+", required=True, help="regions of the runs")
    cli.add_argument("--output", type=Path, required=True, help="folder of the tables to write")
    args = cli.parse_args()
    from ldct.lesions.judge import judge_fold

    lesions = [tables["lesions"] for tables in by_patient_and_dose(args.lesions).values()]
    judge_fold(args.spec, lesions, args.anchors, args.regions, args.output)


if __name__ == "__main__":
    run(main)
