"""A study killed at random moments and continued with the same command ends with the same bytes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from tests.support.study_folder import StudyFolder

pytestmark = pytest.mark.crash

# LDCT_CRASHES: how many kills; the moments are drawn anew each time and printed with their seed.
CRASHES = int(os.environ.get("LDCT_CRASHES", "30"))
CONFIG = "tests/crash/study.yaml"


def start(folder: StudyFolder) -> subprocess.Popen:
    log = (folder.path / "log").open("a")
    command = folder.command("--cores", "2")
    return subprocess.Popen(command, cwd=folder.path, stdout=log, stderr=log, start_new_session=True)


def tables(folder: StudyFolder) -> dict[str, bytes]:
    results = folder.path / "results"
    kept = [path for kind in ("parquet", "safetensors") for path in results.rglob(f"[!.]*.{kind}")]
    return {path.relative_to(results).as_posix(): path.read_bytes() for path in kept}


def kill(process: subprocess.Popen) -> None:
    """End Snakemake and its jobs without warning."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_killed_and_continued(tmp_path):
    whole = StudyFolder.copy(tmp_path / "whole", config=CONFIG)
    began = time.monotonic()
    assert start(whole).wait() == 0, (whole.path / "log").read_text()[-4000:]
    longest = max(6.0, 0.4 * (time.monotonic() - began))
    expected = tables(whole)
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    moments = random.Random(seed)
    broken = StudyFolder.copy(tmp_path / "broken", config=CONFIG)
    kills = 0
    while True:
        process = start(broken)
        try:
            done = process.wait(timeout=moments.uniform(0.5, longest) if kills < CRASHES else 600)
        except subprocess.TimeoutExpired:
            kill(process)
            kills += 1
            continue
        assert done == 0, (broken.path / "log").read_text()[-4000:]
        found = tables(broken)
        assert found["metrics/metrics.parquet"] == expected["metrics/metrics.parquet"]
        assert {name for name in expected if found.get(name) != expected[name]} == set()
        if kills >= CRASHES:
            break
        # It ended before all kills were spent: once more from the start.
        shutil.rmtree(broken.path / "results")


def test_two_runs_at_once(tmp_path):
    folder = StudyFolder.copy(tmp_path / "two", config=CONFIG)
    first = start(folder)
    try:
        end = time.monotonic() + 60
        while not list((folder.path / ".snakemake/locks").glob("*.lock")) and time.monotonic() < end:
            time.sleep(0.2)
        second = folder.run()
        assert second.returncode != 0
        assert "Another run is at work in this folder" in second.stdout + second.stderr
        assert first.poll() is None, "the first goes on"
    finally:
        kill(first)
