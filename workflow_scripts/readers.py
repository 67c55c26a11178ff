"""Analyse the scores of readers: agreement, preference, and metrics against readers."""

from pathlib import Path

from ldct.study.adaptor import parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--key", type=Path, required=True, help="key of the reading set")
    cli.add_argument("--ratings", type=Path, nargs="*", help="CSV of ratings")
    cli.add_argument("--pairs", type=Path, nargs="*", help="CSV of pairwise choices")
    cli.add_argument("--metrics", type=Path, required=True, help="table of metric values")
    cli.add_argument("--catalogue", type=Path, required=True, help="catalogue of the metrics")
    cli.add_argument("--output", type=Path, required=True, help="folder of the tables to write")
    args = cli.parse_args()
    from ldct.readers.analysis import analyse

    ratings, pairs = (next(iter(given or []), None) for given in (args.ratings, args.pairs))
    analyse(args.spec, args.key, ratings, pairs, args.metrics, args.catalogue, args.output)


if __name__ == "__main__":
    run(main)
