"""A study on a genuine SLURM: `snakemake --workflow-profile profiles/slurm` from raw projections to the report."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from datetime import datetime

import pytest

from tests.slurm.conftest import OPTIONS, queue, unhindered, wait_for
from tests.support.study_folder import StudyFolder

pytestmark = pytest.mark.slurm


def test_the_study_ends_with_its_report(story):
    failed = re.findall(r"^Error in rule .*\n    message: .*", story.log, re.MULTILINE)
    assert story.exit_code == 0, "\n".join([*failed, story.log[-3000:]])
    assert (story.results / "report/report.html").stat().st_size > 100_000
    assert {row["State"] for row in story.rows} >= {"COMPLETED"}


def test_short_jobs_are_grouped(story):
    jobs = len(set(re.findall(r"^\s*Job (\d+): ", story.log, re.MULTILINE)))
    submitted = sum(row["State"] == "COMPLETED" for row in story.rows)
    assert submitted < 0.75 * jobs, f"{submitted} SLURM jobs, failed attempts apart, for {jobs} jobs"


def test_a_job_out_of_memory_is_retried_with_more(story):
    attempts = story.attempts("evaluate")
    assert len(attempts) == 2
    for tries in attempts.values():
        assert [row["State"] for row in tries][-1] == "COMPLETED"
        assert tries[0]["State"] in ("FAILED", "OUT_OF_MEMORY")
        assert tries[0]["ReqMem"] == "150M"
        assert tries[-1]["ReqMem"] == "2400M"


def test_a_training_over_its_time_limit_goes_on_from_its_checkpoint(story):
    slow = {comment: tries for comment, tries in story.attempts("train").items() if "slow" in comment}
    assert len(slow) == 2
    for tries in slow.values():
        # A slow machine may need a third attempt.
        assert [row["State"] for row in tries] in (["TIMEOUT", "COMPLETED"], ["TIMEOUT", "TIMEOUT", "COMPLETED"])
        assert [row["Timelimit"] for row in tries] == ["00:02:00", "00:04:00", "00:06:00"][: len(tries)]
    for fold in (0, 1):
        log = (story.results / f"logs/train/redcnn/slow/fold{fold}/seed0.log").read_text()
        step = re.search(r"going on after step (\d+) of 16", log)
        assert step, log
        assert int(step[1]) > 0
        run = json.loads((story.results / f"models/redcnn/slow/fold{fold}/seed0/run.json").read_text())
        assert (run["status"], run["step"]) == ("completed", 16)


def test_a_drained_node_gets_no_more_jobs_and_the_rest_goes_on(story):
    started = [(datetime.fromisoformat(row["Start"]).timestamp(), row) for row in story.rows]
    after = [row for start, row in started if start > story.drained_at + 1]
    assert {row["NodeList"] for _, row in started} == {"n1", "n2"}
    assert len(after) > 5
    assert {row["NodeList"] for row in after} == {"n2"}


def test_a_restarted_controller_is_survived(story):
    assert story.restarted
    assert story.exit_code == 0


def test_ctrl_c_cancels_what_runs(tmp_path):
    """With the status polled by squeue, as on a cluster without accounting."""
    folder = StudyFolder.copy(tmp_path, config="tests/slurm/study.yaml")
    process = subprocess.Popen(
        folder.command(*OPTIONS, "--slurm-status-command", "squeue"),
        cwd=tmp_path,
        stdout=(log := (tmp_path / "log").open("w")),
        stderr=subprocess.STDOUT,
        env=unhindered(),
        # A shell's background job ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_for("jobs run", lambda: any(state == "RUNNING" for _, state, _ in queue(tmp_path)), 180)
    # Let one poll with squeue pass.
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=180)
    log.close()
    assert process.returncode != 0
    wait_for("the queue is empty", lambda: not queue(tmp_path), 90)
    assert not (tmp_path / "results/report/report.html").exists()
    assert not list((tmp_path / ".snakemake/locks").glob("*")), "the folder is free for the next run"
