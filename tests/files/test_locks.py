"""One run at a time; a killed one leaves no lock behind, and one of another machine is left alone."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from ldct import locks
from ldct.errors import InputError
from ldct.locks import Claim, alone
from ldct.study.lock import claim_study

PROJECT = Path(__file__).parents[2]
HOLD = (
    "import sys, time; from pathlib import Path; from ldct.locks import Claim; "
    "claim = Claim(Path(sys.argv[1])); claim.start(); print(claim.held, flush=True); time.sleep(60)"
)


@contextmanager
def holder(file: Path):
    """Another process that works under the lock `file`."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(file)], cwd=PROJECT, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"True\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def stale(tmp_path) -> Path:
    """A lock of Snakemake's own."""
    lock = tmp_path / "locks/0.output.lock"
    lock.parent.mkdir()
    lock.write_text("results/a")
    return lock


@pytest.fixture
def unlocked(monkeypatch):
    """A file system without locks."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(locks.fcntl, "flock", refuse)


def elsewhere(file: Path, monkeypatch) -> None:
    """The lock `file` as it is where it was taken on another machine and flock holds on one machine only."""
    text = json.loads(file.read_text()) if file.exists() and file.read_text() else locks.Holder.here("now").__dict__
    file.write_text(json.dumps(text | {"host": "node7"}))


def test_a_second_run_is_told_of_the_first_and_takes_nothing(tmp_path, stale):
    with holder(tmp_path / "ldct.lock") as process:
        second = claim_study(tmp_path, dry=False)
        assert not second.held
        assert f"process {process.pid}" in second.other
        assert stale.exists()


def test_locks_of_a_killed_run_go(tmp_path, stale):
    with holder(tmp_path / "ldct.lock") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert claim_study(tmp_path, dry=False).held
    assert not stale.exists()


def test_a_dry_run_removes_nothing_and_takes_nothing(tmp_path, stale):
    assert claim_study(tmp_path, dry=True).held
    assert stale.exists()
    assert claim_study(tmp_path, dry=False).held


def test_a_folder_that_is_only_being_looked_at_is_waited_for(tmp_path):
    first = Claim(tmp_path / "lock")
    second = Claim(tmp_path / "lock", patience_s=0.5)
    assert not second.held
    first.start()
    assert first.held
    first.release()
    assert Claim(tmp_path / "lock", patience_s=0).held


def test_a_run_of_another_machine_is_left_alone_for_good(tmp_path, stale, monkeypatch):
    elsewhere(tmp_path / "ldct.lock", monkeypatch)
    start = time.monotonic()
    other = claim_study(tmp_path, dry=False)
    assert not other.held and stale.exists()
    assert "on node7" in other.other and "last sign of life 0 min ago" in other.other
    assert "delete" in other.other and "ldct.lock" in other.other
    assert time.monotonic() - start < 5


def test_where_the_file_system_has_no_locks_the_process_is_looked_for(tmp_path, stale, monkeypatch):
    with holder(tmp_path / "ldct.lock") as process, pytest.MonkeyPatch.context() as patch:
        patch.setattr(locks.fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOLCK, "none")))
        start = time.monotonic()
        assert not claim_study(tmp_path, dry=False).held
        assert time.monotonic() - start < 5, "no wait in silence"
        assert stale.exists()
        process.kill()
        process.wait()
        assert claim_study(tmp_path, dry=False).held
    assert not stale.exists()


def test_a_process_number_that_was_given_again_is_not_the_holder(tmp_path, unlocked):
    here = locks.Holder.here("now").__dict__
    (tmp_path / "lock").write_text(json.dumps(here | {"begun": "1"}))
    assert Claim(tmp_path / "lock", patience_s=0).held
    (tmp_path / "lock").write_text(json.dumps(here))
    assert not Claim(tmp_path / "lock", patience_s=0).held


def test_a_job_waits_for_signs_of_life_of_another_machine(tmp_path, monkeypatch):
    elsewhere(tmp_path / ".lock", monkeypatch)
    start = time.monotonic()
    with alone(tmp_path, lease_s=1.0):
        assert time.monotonic() - start >= 1.0, "it was watched"
    assert not (tmp_path / ".lock").exists()
    elsewhere(tmp_path / ".lock", monkeypatch)
    over = threading.Event()

    def beat():
        while not over.wait(0.2):
            (tmp_path / ".lock").touch()

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(InputError, match="on node7"), alone(tmp_path, lease_s=1.0):
            pass
    finally:
        over.set()
        thread.join()


def test_a_job_that_outlived_its_run_is_named_and_its_end_waited_for(tmp_path):
    with holder(tmp_path / ".lock") as process:
        with pytest.raises(InputError, match=f"process {process.pid}"), alone(tmp_path, patience_s=0.5):
            pass
        threading.Timer(1.0, process.kill).start()
        with alone(tmp_path, patience_s=20):
            pass
