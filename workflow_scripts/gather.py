"""Gather the image tables of the patients tested in one fold in one folder."""

import argparse
from pathlib import Path

from ldct.study.adaptor import by_patient_and_dose, run


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--images", type=Path, nargs="+", required=True, help="image tables, {patient}/{dose}.parquet")
    cli.add_argument("--output", type=Path, required=True, help="folder to make")
    args = cli.parse_args()
    from ldct.data.folds import gather_images

    gather_images(by_patient_and_dose(args.images), args.output)


if __name__ == "__main__":
    run(main)
