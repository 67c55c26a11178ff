"""Keys of jobs are read back from the names of the files that the jobs write."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldct.stages.keys import FoldKey, Run, TuningKey
from ldct.stages.predict import Predict
from ldct.stages.search import Search
from ldct.stages.train import Train

RUN = Run("redcnn", "ms_ssim_l1", 1, 12)


def test_a_run_is_read_from_every_file_of_its_jobs():
    outputs = [*dict(Train.outputs(RUN)).values(), *dict(Predict.outputs(RUN)).values()]
    assert len(outputs) == 4
    for path in outputs:
        assert Run.of_path(path) == RUN
        assert Run.of_path(Path("/data/net/mse/fold0/seed0") / path) == RUN, "the last place counts"


def test_what_is_tuned_is_read_from_the_table_of_rates():
    assert TuningKey.of_path(Search.outputs(RUN.tuning).rates) == RUN.tuning
    assert FoldKey.of_path(Path("results/metrics/curves/fold1.parquet")) == FoldKey(1)


def test_files_by_run_stay_in_order():
    runs = [Run("b", "l1", 0, 0), Run("a", "l1", 0, 0)]
    paths = [Train.outputs(run).history for run in runs]
    assert list(Run.by_key(paths).items()) == list(zip(runs, paths, strict=True))


@pytest.mark.parametrize(
    "name", ["fold0/seed0.parquet", "net/mse/fold0.parquet", "net/mse/foldA/seed0/run.json", "net/mse/fold0/seed0/a/b"]
)
def test_a_file_of_no_run_is_refused(name):
    with pytest.raises(ValueError, match="is not named by"):
        Run.of_path(Path(name))
