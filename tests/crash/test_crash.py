"""A study killed at random moments and continued with the same command ends with the same bytes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from ldct.digests import altered, recorded
from tests.support.study_folder import StudyFolder

pytestmark = pytest.mark.crash

# LDCT_CRASHES: how many kills; the moments are drawn anew each time and printed with their seed.
CRASHES = int(os.environ.get("LDCT_CRASHES", "30"))
FLIPS = 200
# One training, so that a second run meets that of the first.
TRAINING = "results/models/redcnn/l1/fold0/seed0/run.json"
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


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[StudyFolder, float]:
    """A study that ran without a mishap, and its seconds."""
    folder = StudyFolder.copy(tmp_path_factory.mktemp("whole"), config=CONFIG)
    began = time.monotonic()
    assert start(folder).wait() == 0, (folder.path / "log").read_text()[-4000:]
    return folder, time.monotonic() - began


def test_every_flipped_bit_of_every_kind_of_result_is_noticed(whole):
    results = whole[0].path / "results"
    assert verify(["results"], whole[0]) == 0
    unrecorded = {"logs", "benchmarks", ".digests", ".code", ".store", "kept", "events"}
    files = [path for path in sorted(results.rglob("*")) if path.is_file() and path.stat().st_size]
    files = [path for path in files if not unrecorded & set(path.relative_to(results).parts)]
    files = [path for path in files if not path.name.startswith(".")]
    assert {path.suffix for path in files} >= {".parquet", ".safetensors", ".json", ".html", ".dcm"}
    chance, unnoticed = random.Random(0), 0
    # Each kind of result in turn.
    kinds = sorted({path.relative_to(results).parts[0] for path in files})
    for number in range(FLIPS):
        path = chance.choice([one for one in files if one.relative_to(results).parts[0] == kinds[number % len(kinds)]])
        before = path.read_bytes()
        damaged = bytearray(before)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        places = [one for one in recorded(results) if path == one or path.is_relative_to(one.parent)]
        unnoticed += path not in {file for place in places for file, _ in altered(place)}
        path.write_bytes(before)
    print(f"count flips_unnoticed {unnoticed}")
    assert unnoticed == 0
    assert verify(["results"], whole[0]) == 0


def verify(arguments: list[str], folder: StudyFolder) -> int:
    return subprocess.run([sys.executable, "-m", "ldct", "verify", *arguments], cwd=folder.path).returncode


def test_a_training_that_outlived_its_run_is_named_and_the_study_goes_on_after_it(whole, tmp_path):
    folder = StudyFolder.copy(tmp_path / "orphan", config=CONFIG)
    shutil.copytree(whole[0].path / "results", folder.path / "results")
    shutil.rmtree(folder.path / "results/models")
    shutil.rmtree(folder.path / "results/.store")
    # A training that takes long, so that it is at work when Snakemake is killed.
    long = {"training": {"steps_per_epoch": 100_000}}
    command = [*folder.command("--cores", "1", TRAINING), str(folder.overlay(long))]
    process = subprocess.Popen(command, cwd=folder.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: trainings(folder), 240)
    process.kill()
    process.wait()
    (orphan,) = trainings(folder)
    try:
        again = subprocess.run(command, cwd=folder.path, capture_output=True, text=True)
        assert again.returncode != 0
        logs = "".join(path.read_text() for path in (folder.path / "results/logs/train").rglob("*.log"))
        assert f"process {orphan}" in logs + again.stdout + again.stderr
    finally:
        os.kill(orphan, signal.SIGKILL)
    done = folder.run()
    assert done.returncode == 0, done.stderr[-3000:]


def trainings(folder: StudyFolder) -> list[int]:
    """Processes of trainings that are at work in `folder`."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        program, *words = process.info["cmdline"] or [""]
        trains = "python" in program and any(word.endswith("workflow_scripts/train.py") for word in words)
        if trains and process.info["cwd"] == str(folder.path):
            found.append(process.pid)
    return [one for one in found if list(folder.path.glob("results/models/*/*/*/*/.lock"))]


def wait_for(condition, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_killed_and_continued(whole, tmp_path):
    longest = max(6.0, 0.4 * whole[1])
    expected = tables(whole[0])
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
