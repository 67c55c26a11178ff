"""Try each metric on graded degradations of full-dose images: which of them deserve to be believed on CT."""

from pathlib import Path

from ldct.files import weights_folder
from ldct.study.adaptor import by_patient, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="full-dose tables, {patient}/full.parquet")
    cli.add_argument("--output", type=Path, required=True, help="folder of the two tables to write")
    cli.add_argument("--fitted", type=Path, nargs="*", default=[], help="tables of metrics fitted on training patients")
    args = cli.parse_args()
    from ldct.metrics.validity import ladder

    ladder(args.spec, by_patient(args.images), args.output, weights_folder(), {path.stem: path for path in args.fitted})


if __name__ == "__main__":
    run(main)
