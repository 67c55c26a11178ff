"""A genuine SLURM of two nodes on this machine; `make test-slurm` starts it before these tests and stops it after."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.study_folder import StudyFolder

CONTROLLER = Path("/run/slurm/slurmctld.pid")
OPTIONS = [
    *["--workflow-profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2"],
    *["--latency-wait", "10", "--set-threads", "train=1", "predict=1"],
]
# Two minutes for the first attempt at a training, and too little memory for the first attempt at its metrics.
TIGHT = ["train:runtime=2*attempt", "evaluate:mem_mb=150*attempt**4", "train:gres=gpu:1", "predict:gres=gpu:1"]


@dataclass
class Story:
    """What was done to the cluster while a study ran on it, and what was seen."""

    folder: StudyFolder
    exit_code: int = -1
    log: str = ""
    drained_at: float = 0.0
    restarted: bool = False
    rows: list[dict[str, str]] = field(default_factory=list)

    @property
    def results(self) -> Path:
        return self.folder.path / "results"

    def attempts(self, rule: str) -> dict[str, list[dict[str, str]]]:
        """Jobs of a rule, oldest first, by their wildcards."""
        found: dict[str, list[dict[str, str]]] = {}
        for row in self.rows:
            if row["Comment"].startswith(f"rule_{rule}_"):
                found.setdefault(row["Comment"], []).append(row)
        return found


def ask(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def queue(folder: Path) -> list[tuple[str, str, str]]:
    """(id, state, comment) of the jobs that a Snakemake in `folder` has in the queue."""
    lines = ask("squeue", "-h", "-t", "pending,running,completing", "-o", "%A|%T|%k|%Z").splitlines()
    return [tuple(line.split("|")[:3]) for line in lines if line.split("|")[3].startswith(str(folder))]  # type: ignore[misc]


def wait_for(what: str, condition, seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.5)


def accounting(since: str) -> list[dict[str, str]]:
    columns = ["JobID", "State", "NodeList", "Start", "ReqMem", "Timelimit", "Comment", "WorkDir"]
    lines = ask("sacct", "-X", "-n", "-P", "-S", since, "-o", ",".join(columns)).splitlines()
    return sorted((dict(zip(columns, line.split("|"), strict=True)) for line in lines), key=lambda r: int(r["JobID"]))


def restart_controller() -> None:
    """End slurmctld, leave the cluster without one for a while, start it again."""
    process = int(CONTROLLER.read_text())
    os.kill(process, signal.SIGTERM)
    wait_for("slurmctld ends", lambda: not Path(f"/proc/{process}").exists(), 30)
    time.sleep(5)
    ask("runuser", "-u", "slurm", "--", "/usr/sbin/slurmctld")
    wait_for("slurmctld answers", lambda: subprocess.run(["scontrol", "ping"], capture_output=True).returncode == 0, 30)


@pytest.fixture(scope="session")
def story(tmp_path_factory) -> Story:
    """A reduced study from raw projections to the report, with mishaps."""
    told = Story(StudyFolder.copy(tmp_path_factory.mktemp("cluster"), config="tests/slurm/study.yaml"))
    since = time.strftime("%Y-%m-%dT%H:%M:%S")
    log = told.folder.path / "snakemake.log"
    with log.open("w") as out:
        command = told.folder.command(*OPTIONS, "--set-resources", *TIGHT)
        process = subprocess.Popen(command, cwd=told.folder.path, stdout=out, stderr=out, env=unhindered())
        watcher = threading.Thread(target=meddle, args=(told, process), daemon=True)
        watcher.start()
        try:
            told.exit_code = process.wait(timeout=1200)
        finally:
            process.kill()
            watcher.join()
            ask("scontrol", "update", "nodename=n1", "state=resume")
    told.log = log.read_text()
    told.rows = [row for row in accounting(since) if row["WorkDir"].startswith(str(told.folder.path))]
    return told


def meddle(told: Story, process: subprocess.Popen) -> None:
    """Drain a node and restart the controller while trainings run."""
    path = told.folder.path

    def slow_ones_run() -> bool:
        running = [comment for _, state, comment in queue(path) if state == "RUNNING" and "slow" in comment]
        return len(running) == 2 or process.poll() is not None

    wait_for("both slow trainings run", slow_ones_run, 600)
    if process.poll() is not None:
        return
    ask("scontrol", "update", "nodename=n1", "state=drain", "reason=test")
    told.drained_at = time.time()
    time.sleep(5)
    restart_controller()
    told.restarted = True


def unhindered() -> dict[str, str]:
    """This environment without what pytest and an enclosing SLURM job would add."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "PYTEST_"))}
