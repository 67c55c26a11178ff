"""Compute the metrics of a run's predictions, or of the low- and full-dose images where no predictions are given."""

from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, parser, run, weights_dir


def main() -> None:
    cli = parser(__doc__)
    cli.add_argument("--predictions", type=Path, help="prediction table; leave out to evaluate the anchors")
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="image tables, {patient}/{dose}.parquet")
    cli.add_argument("--fitted", type=Path, nargs="*", default=[], help="tables of metrics fitted on training patients")
    cli.add_argument("--code", default="", help="digest of the code of the metrics")
    cli.add_argument("--output", type=Path, required=True, help="table of metric values to write")
    args = cli.parse_args()
    from ldct.metrics.evaluate import evaluate_anchors, evaluate_run

    images, fitted = by_patient_and_dose(args.images), {path.stem: path for path in args.fitted}
    if args.predictions:
        evaluate_run(args.spec, args.predictions, images, args.output, weights_dir(), fitted, args.code)
    else:
        evaluate_anchors(args.spec, images, args.output, weights_dir(), fitted)


if __name__ == "__main__":
    run(main)
