"""A training that meets an error, in a whole study: it costs itself, and the first page says what."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.support.study_folder import StudyFolder

pytestmark = pytest.mark.study

# Of the two seeds one meets an error, after the few steps of the check.
BRITTLE = """
import torch
from ldct.losses.base import Loss


class Brittle(Loss):
    def __init__(self, **parts):
        super().__init__(**parts)
        self.calls = 0

    def measure(self, prediction, target):
        self.calls += 1
        if torch.initial_seed() == 1 and self.calls > 6:
            raise torch.OutOfMemoryError("tried to allocate more than there is")
        return (prediction - target).abs().mean()
"""
OVERLAY = {
    "losses": {"compound": None, "mine": "my_brittle:Brittle"},
    "training": {"seeds": [0, 1]},
    "statistics": {"negative_control": False},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> StudyFolder:
    made = StudyFolder.copy(tmp_path_factory.mktemp("study"))
    (made.path / "my_brittle.py").write_text(BRITTLE)
    done = made.run("--keep-going", overlay=OVERLAY)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return made


def table(folder: StudyFolder, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder.path / f"results/consistency/{name}.parquet")


def test_only_its_own_values_are_missing(folder):
    runs = table(folder, "runs").set_index(["loss", "fold", "seed"])["status"]
    absent = [key for key, status in runs.items() if status != "present"]
    assert absent == [("mine", 0, 1), ("mine", 1, 1)] and len(runs) == 12
    failed = json.loads((folder.path / "results/models/redcnn/mine/fold0/seed1/run.json").read_text())
    assert failed["status"] == "error" and failed["reason"].startswith("OutOfMemoryError at step 7 ")


def test_every_pair_that_exists_is_compared(folder):
    rows = table(folder, "contrasts").query("metric == 'rmse'").set_index("loss")
    assert set(rows.index) == {"l1", "mine"} and (rows["patients"] == 4).all()
    # Two seeds in two folds of both losses; of the other one seed is left.
    assert rows["runs"].to_dict() == {"l1": 8, "mine": 6}
    assert set(table(folder, "coverage").set_index("loss")["runs_present"].items()) == {
        ("mse", 4),
        ("l1", 4),
        ("mine", 2),
    }


def test_the_first_page_says_what_it_cost(folder):
    page = (folder.path / "results/report/report.html").read_text()
    assert "2 of 12 trainings failed" in page and "OutOfMemoryError at step 7 (epoch 1)" in page
    assert "2 of 4 trainings and values for 4 of 4 patients" in page
    assert "snakemake --forcerun results/models/" in page


def test_it_is_tried_again_where_that_is_asked_for_alone(folder):
    assert not folder.planned(OVERLAY)
    again = folder.planned(OVERLAY, "--forcerun", "results/models/redcnn/mine/fold0/seed1/run.json")
    assert [job for job in again if job.startswith("train ")] == ["train redcnn mine 0 1"]
