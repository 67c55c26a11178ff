"""One run at a time; a killed run leaves no lock behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from ldct.study.lock import Claim

HOLD = (
    "import sys, time; from pathlib import Path; from ldct.study.lock import Claim; "
    "claim = Claim(Path(sys.argv[1])); claim.start(); print(claim.held, flush=True); time.sleep(60)"
)


def holder(folder: Path) -> subprocess.Popen:
    """Another process that runs in `folder`."""
    project = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], cwd=project, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"True\n"
    return process


def test_a_second_run_is_told_of_the_first_and_takes_nothing(tmp_path):
    lock = tmp_path / "locks/0.output.lock"
    lock.parent.mkdir()
    process = holder(tmp_path)
    lock.write_text("results/a")
    try:
        second = Claim(tmp_path)
        assert not second.held
        assert f"process {process.pid}" in second.other
        assert lock.exists()
    finally:
        process.kill()
        process.wait()


def test_locks_of_a_killed_run_go(tmp_path):
    lock = tmp_path / "locks/0.output.lock"
    lock.parent.mkdir()
    process = holder(tmp_path)
    lock.write_text("results/a")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert Claim(tmp_path).held
    assert not lock.exists()


def test_a_folder_that_is_only_being_looked_at_is_waited_for(tmp_path):
    first = Claim(tmp_path)
    second = Claim(tmp_path, patience_s=0.5)
    assert (second.held, second.other) == (False, "starting")
    first.start()
    assert first.held
