"""Makes tests/support importable however pytest is started, and analyses one study for all tests that only read."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ldct.statistics.consistency import analyse
from ldct.tables.consistency import TABLES
from tests.support.synthetic_metrics import StudyFiles, SyntheticStudy, write_study


def analysed(folder: Path, files: StudyFiles, bootstrap_draws: int = 500, **changes: object) -> dict[str, pd.DataFrame]:
    """Every table of an analysis of `files`, `changes` made to its settings."""
    analyse(files.settings(draws=bootstrap_draws, **changes), files.metrics, files.catalogue, files.histories, folder)
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}


@pytest.fixture(scope="session")
def analyse_study(tmp_path_factory: pytest.TempPathFactory):
    """A function that generates a study, analyses it and returns its tables."""

    def run(study: SyntheticStudy, **spec: object) -> dict[str, pd.DataFrame]:
        folder = tmp_path_factory.mktemp("study")
        return analysed(folder / "consistency", write_study(folder, study), **spec)

    return run


@pytest.fixture(scope="session")
def tables(analyse_study) -> dict[str, pd.DataFrame]:
    """Tables of a study with two networks, a missing run and a loss that was hardly trained."""
    lost = [("redcnn", "edge", fold, seed) for fold in (0, 1, 2) for seed in (0, 1)]
    study = SyntheticStudy(
        models=("redcnn", "cnn10"),
        folds=4,
        metrics=("rmse", "psnr", "ssim", "vifp", "hed_vgg16_distance", "hu_bias", "noise_sd_ratio"),
        missing=(("redcnn", "l1", 1, 1), *lost),
    )
    return analyse_study(study, bootstrap_draws=200)
