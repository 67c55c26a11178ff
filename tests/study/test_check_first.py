"""The check runs first and alone; when it fails, nothing is computed, also where Snakemake keeps going."""

from __future__ import annotations

import re

import pytest

from tests.support.study_folder import StudyFolder

WRONG = {"losses": {"mse": "mse", "x": {"terms": [{"use": "ssim", "options": {"sigmaa": 2}}]}}}
# Room for many jobs at once, as on a cluster.
ROOM = ("--cores", "8")


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> StudyFolder:
    return StudyFolder.copy(tmp_path_factory.mktemp("study") / "project")


def written(study: StudyFolder) -> set[str]:
    """Files of results but logs, benchmarks and records of code."""
    folder = study.path / "results"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in files if not name.startswith(("logs/", "benchmarks/", ".code/"))}


def test_a_refused_study_computes_nothing_though_it_keeps_going(study):
    done = study.run(*ROOM, "--keep-going", overlay=WRONG)
    text = done.stdout + done.stderr
    assert done.returncode != 0 and "unknown option of ssim; the nearest is 'sigma'" in text
    assert written(study) == {"check/refused.txt"}
    assert "the check of the study failed" in text, "jobs that need nothing of the check were started after it"


def test_no_job_starts_beside_the_check(study):
    """As Snakemake tells it: the check is over before the next job begins, though there is room for all."""
    done = study.run(*ROOM, "--until", "simulate", "check")
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    events = re.findall(r"^(?:\[.*\]\n)?(?:Job (\d+): (.*)|Finished jobid: (\d+) \(Rule: (\w+)\))$", text, re.MULTILINE)
    assert events[0][1].startswith("Check: ") and events[1][3] == "check", events
    assert sum(message.startswith("Synthetic patient") for _, message, _, _ in events) > 1
