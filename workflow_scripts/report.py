"""Write the report: one self-contained HTML file, with its figures and tables beside it."""

from pathlib import Path

from ldct.study.adaptor import by_fold, by_run, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--consistency", type=Path, required=True, help="folder of the consistency tables")
    cli.add_argument("--metrics", type=Path, required=True, help="table of metric values")
    cli.add_argument("--catalogue", type=Path, required=True, help="catalogue of the metrics")
    cli.add_argument("--validity", type=Path, required=True, help="summary of the metrics' validity")
    cli.add_argument("--cohort", type=Path, required=True, help="folder of the cohort tables")
    cli.add_argument("--histories", type=Path, nargs="+", required=True, help="history tables of the runs")
    cli.add_argument("--runs", type=Path, nargs="+", required=True, help="run.json files of the runs")
    cli.add_argument("--searches", type=Path, nargs="*", default=[], help="tables of the learning rates tried")
    cli.add_argument("--panels", type=Path, required=True, help="panel table")
    cli.add_argument("--optional", type=Path, nargs="*", default=[], help="folders of tables of optional stages")
    cli.add_argument("--output", type=Path, required=True, help="HTML file to write")
    args = cli.parse_args()
    from ldct.report.build import build_report

    build_report(
        args.spec,
        consistency=args.consistency,
        metrics=args.metrics,
        catalogue=args.catalogue,
        validity=args.validity,
        cohort=args.cohort,
        histories=by_run(args.histories),
        runs=by_run(args.runs),
        searches=by_fold(args.searches),
        panels=args.panels,
        optional=args.optional,
        output=args.output,
    )


if __name__ == "__main__":
    run(main)
