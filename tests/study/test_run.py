"""A reduced study from raw projections to the report, run as a user runs it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ldct.study.provenance import commit
from ldct.tables import read_table
from ldct.tables.cohort import PATIENTS, REJECTIONS, SERIES, SPLIT
from ldct.tables.consistency import TABLES
from ldct.tables.curves import CURVES, RATIOS
from ldct.tables.history import HISTORY
from ldct.tables.images import images_schema, read_images
from ldct.tables.metrics import CATALOGUE, METRICS
from ldct.tables.predictions import predictions_schema
from tests.support.study_folder import StudyFolder
from tests.support.without_extras import python_path

pytestmark = pytest.mark.study

PATIENTS_IN = {"synthA", "synthB", "synthC", "synthD"}
LOSSES = {"mse", "l1", "compound"}


@pytest.fixture(scope="module")
def results(study):
    return study.path / "results"


def test_every_table_is_where_users_rely_on_it_with_units(results):
    tables = {
        "cohort/series.parquet": SERIES,
        "cohort/patients.parquet": PATIENTS,
        "cohort/rejections.parquet": REJECTIONS,
        "metrics/curves/fold0.parquet": CURVES,
        "physics/curves.parquet": RATIOS,
        "cohort/split.parquet": SPLIT,
        "images/synthA/full.parquet": images_schema((1, 1)),
        "images/synthA/low.parquet": images_schema((1, 1)),
        "models/redcnn/mse/fold0/seed0/history.parquet": HISTORY,
        "predictions/redcnn/mse/fold0/seed0.parquet": predictions_schema((1, 1)),
        "metrics/metrics.parquet": METRICS,
        "metrics/catalogue.parquet": CATALOGUE,
        **{f"consistency/{name}.parquet": schema for name, schema in TABLES.items()},
    }
    for name, schema in tables.items():
        table = read_table(results / name, schema)
        stored = pq.read_schema(results / name)
        for field in schema:
            assert b"unit" in stored.field(field.name).metadata, f"{name}: {field.name}"
        assert isinstance(table, pa.Table)
    assert (results / "models/redcnn/mse/fold0/seed0/weights.safetensors").stat().st_size > 1000
    assert (results / "report/report.html").stat().st_size > 100_000


def test_raw_projections_are_dicom_ct_pd(results):
    views = sorted((results / "raw/synthA/low").glob("*.dcm"))
    assert len(views) > 100
    assert views[0].read_bytes()[128:132] == b"DICM"
    assert b"CtProjectionData" in views[0].read_bytes()


def test_each_patient_is_tested_once_and_on_one_side(results):
    split = read_table(results / "cohort/split.parquet", SPLIT).to_pylist()
    for fold in (0, 1):
        sides = [row["patient"] for row in split if row["fold"] == fold]
        assert len(sides) == len(set(sides))
    rows = read_table(results / "metrics/metrics.parquet", METRICS).to_pandas()
    assert set(rows["patient"]) == PATIENTS_IN
    assert (rows.groupby("patient")["fold"].nunique() == 1).all()
    tested = {(row["fold"], row["patient"]) for row in split if row["role"] == "test"}
    assert set(zip(rows["fold"], rows["patient"], strict=True)) <= tested


def test_metrics_cover_every_run_checkpoint_and_anchor(results):
    rows = read_table(results / "metrics/metrics.parquet", METRICS).to_pandas()
    assert set(rows["loss"]) == LOSSES | {"low_dose", "full_dose", "gaussian_filter", "non_local_means"}
    trained = rows[rows["model"] == "redcnn"]
    assert set(trained["checkpoint"]) == {1, 2}
    assert set(trained.loc[trained["selected"], "checkpoint"]) == {2}
    counts = trained.groupby(["loss", "patient", "checkpoint", "metric", "window"]).size()
    assert (counts == 2).all(), "two slices each"
    full = rows[(rows["loss"] == "full_dose") & (rows["metric"] == "rmse")]
    assert (full["value"] == 0).all()
    missing = rows[rows["value"].isna()]
    assert missing["reason"].notna().all()


def test_rmse_in_the_table_is_that_of_the_images(results):
    """Referee: recomputed from the two image tables with numpy."""
    rows = read_table(results / "metrics/metrics.parquet", METRICS).to_pandas()
    low = rows[(rows["loss"] == "low_dose") & (rows["metric"] == "rmse") & (rows["patient"] == "synthA")]
    for row in low.to_dict("records"):
        a, b = (read_images(results / f"images/synthA/{dose}.parquet", [row["slice"]]) for dose in ("full", "low"))
        valid = a.valid & b.valid
        difference = (a.hu.astype(float) - b.hu)[valid]
        assert row["value"] == pytest.approx((difference**2).mean() ** 0.5, rel=1e-5)


def test_bad_input_is_set_aside_and_named(results):
    refused = read_table(results / "cohort/rejections.parquet", REJECTIONS).to_pylist()
    assert any(row["file"] == "full, file 1 of 1" and "DICOM" in row["found"] for row in refused)
    patients = {row["patient"]: row for row in read_table(results / "cohort/patients.parquet", PATIENTS).to_pylist()}
    assert patients["broken"]["status"] == "rejected"
    assert patients["broken"]["reason"]
    assert {name for name, row in patients.items() if row["status"] == "accepted"} == PATIENTS_IN
    page = (results / "report/report.html").read_text()
    assert "full, file 1 of 1" in page
    assert "notes.txt" not in page, "names of files can be those of persons"


def test_provenance_says_what_was_run(results):
    record = json.loads((results / "provenance.json").read_text())
    assert record["config"]["training"]["epochs"] == 2
    for name, version in record["versions"].items():
        assert version == (platform.python_version() if name == "python" else importlib.metadata.version(name))
    assert record["commit"] == "unknown", "the test's copy is outside git"
    assert record["inputs"]["synthA"] == "seed 1"
    assert record["inputs"]["broken"].startswith("files ")
    assert record["hardware"]["cores"] == os.cpu_count()
    assert {"machine", "system", "processor", "memory_gb", "gpus"} <= set(record["hardware"])
    for name, digest in record["sha256"].items():
        assert digest == hashlib.sha256((results.parent / name).read_bytes()).hexdigest()
    assert {"tests/study/reduced.csv", "results/metrics/metrics.parquet"} <= set(record["sha256"])
    assert any(name.startswith("results/consistency/") for name in record["sha256"])
    assert len([name for name in record["sha256"] if name.endswith("/low.parquet")]) == 5


def test_commit_is_that_of_git(tmp_path):
    ask = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*ask, *words], check=True)
    head = subprocess.run([*ask, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert commit(tmp_path) == head
    (tmp_path / "new").touch()
    assert commit(tmp_path) == head + "+changes"


def test_snakemake_report_holds_the_page(study, tmp_path, monkeypatch):
    """In an environment without the developers' extras."""
    monkeypatch.setenv("PYTHONPATH", python_path(tmp_path))
    done = study.run("--report", "report.zip")
    assert done.returncode == 0, done.stderr[-3000:]
    assert (study.path / "report.zip").stat().st_size > 100_000


@pytest.mark.parametrize(
    ("overlay", "words"),
    [
        ({"training": {"epoch": 3}}, ["training.epoch", "nearest is 'epochs'"]),
        ({"losses": {"mine": "charbonier"}}, ["losses.mine", "charbonier", "nearest is 'charbonnier'"]),
        ({"losses": {"mine": "no_such_module:Mine"}}, ["losses.mine", "no_such_module"]),
        ({"evaluation": {"metrics": ["rsme"]}}, ["rsme", "nearest is 'rmse'"]),
        ({"models": {"net": {"use": "redcn"}}}, ["models.net", "nearest is 'redcnn'"]),
        ({"cohort": {"folds": 6}}, ["needs at least one", "lower cohort.folds"]),
        ({"cohort": {"manifest": "nowhere.csv"}}, ["nowhere.csv", "cannot be read"]),
    ],
)
def test_mistakes_end_in_one_message_before_any_job(study, overlay, words):
    done = study.run("--dry-run", overlay=overlay)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in said
    for word in words:
        assert word in said


PRESETS = [("mayo2016",), ("tcia",), ("tcia", "perception"), ("tcia", "ldctbench_protocol"), ("tcia", "literature")]


@pytest.mark.parametrize("presets", PRESETS)
def test_presets_dry_run(study, presets):
    files = [f"config/presets/{preset}.yaml" for preset in presets]
    allowed = ["--config", "allow_missing=true"]
    done = study.snakemake("--dry-run", "--quiet", "rules", "--configfile", *files, *allowed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "train" in done.stdout + done.stderr


def test_a_users_own_loss_runs_only_its_branch(study):
    (study.path / "my_losses.py").write_text(
        "from torch import nn\n"
        "from ldct.intensity import Intensity\n\n\n"
        "class LogCosh(nn.Module):\n"
        "    def __init__(self, *, intensity=Intensity(), weights_dir=None, scale=1.0):\n"
        "        super().__init__()\n"
        "        self.scale = scale\n\n"
        "    def forward(self, prediction, target):\n"
        "        return ((prediction - target) / self.scale).cosh().log().mean()\n"
    )
    overlay = {"losses": {"mine": "l1 + 0.1 * my_losses:LogCosh"}}
    planned = study.planned(overlay)
    assert {job for job in planned if job.startswith("train")} == {f"train redcnn mine {fold} 0" for fold in (0, 1)}
    target = "results/models/redcnn/mine/fold0/seed0/run.json"
    done = study.run(target, overlay=overlay)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert json.loads((study.path / target).read_text())["status"] == "completed"


def test_a_users_own_metric_and_network_need_only_the_configuration(study, tmp_path):
    copy = StudyFolder(shutil.copytree(study.path, tmp_path / "copy"))
    (copy.path / "my_parts.py").write_text(
        "import numpy as np\n"
        "from ldct.metrics.base import Metric\n"
        "from ldct.models.cnn10 import CNN10\n\n\n"
        "class LargestError(Metric):\n"
        "    name, label, family, direction = 'largest_error', 'largest error', 'fidelity', 'lower'\n"
        "    low, unit, mapping, source = 0.0, 'HU', 'hu', 'a test'\n\n"
        "    def prepare(self, reference):\n"
        "        return reference\n\n"
        "    def score(self, state, prediction):\n"
        "        return float(np.abs(prediction.pixels - state.pixels)[state.valid].max())\n\n\n"
        "class Small(CNN10):\n"
        "    pass\n"
    )
    overlay = {
        "models": {"small": {"use": "my_parts:Small", "options": {"width": 4}}},
        "losses": {"l1": None, "compound": None},
        "evaluation": {"metrics": ["rmse", "my_parts:LargestError"]},
    }
    target = "results/metrics/fold0/shard0.parquet"
    done = copy.run(target, overlay=overlay)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    rows = [row for row in read_table(copy.path / target, METRICS).to_pylist() if row["model"] == "small"]
    assert {row["metric"] for row in rows} == {"rmse", "largest_error"}
    assert all(row["value"] > 0 for row in rows)
    # What was judged of the other network with the metric that stays is not judged again.
    log = (copy.path / "results/logs/evaluate/fold0/shard0.log").read_text()
    everything = read_table(copy.path / target, METRICS)
    known = sum(row["model"] != "small" and row["metric"] == "rmse" for row in everything.to_pylist())
    assert known and f"; {len(everything) - known} judged now" in log
