"""Analyse how far losses and metrics agree."""

from pathlib import Path

from ldct.study.adaptor import by_run, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--metrics", type=Path, required=True, help="table of metric values")
    cli.add_argument("--catalogue", type=Path, required=True, help="catalogue of the metrics")
    cli.add_argument("--histories", type=Path, nargs="+", required=True, help="history tables of the runs")
    cli.add_argument("--output", type=Path, required=True, help="folder of the consistency tables")
    args = cli.parse_args()
    from ldct.statistics.consistency import analyse

    analyse(args.spec, args.metrics, args.catalogue, by_run(args.histories), args.output)


if __name__ == "__main__":
    run(main)
