"""Compute the metrics of all runs of a fold, and of the low- and full-dose images, on a share of its slices."""

from pathlib import Path

from ldct.files import weights_folder
from ldct.study.adaptor import by_patient_and_dose, by_run, parser, run


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--predictions", type=Path, nargs="*", default=[], help=".../model/loss/foldN/seedN.parquet")
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="image tables, {patient}/{dose}.parquet")
    cli.add_argument("--fitted", type=Path, nargs="*", default=[], help="tables of metrics fitted on training patients")
    cli.add_argument("--kept", type=Path, required=True, help="table of values judged before; it is brought up to date")
    cli.add_argument("--output", type=Path, required=True, help="table of metric values to write")
    args = cli.parse_args()
    from ldct.metrics.evaluate import evaluate

    fitted = {path.stem: path for path in args.fitted}
    images = by_patient_and_dose(args.images)
    evaluate(args.spec, by_run(args.predictions), images, args.output, args.kept, weights_folder(), fitted)


if __name__ == "__main__":
    run(main)
