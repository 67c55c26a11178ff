"""A reduced study, run once for real by the command a user types; the tests then look at what it left."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
PARTS = ["Snakefile", "rules", "workflow_scripts", "ldct", "config", "profiles", "resources", "tests", "envs"]


@dataclass
class StudyFolder:
    """A copy of the project in which a study is run and its files are changed."""

    path: Path
    config: str = "tests/study/reduced.yaml"

    def snakemake(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *options]
        done = subprocess.run(command, cwd=self.path, capture_output=True, text=True)
        return done

    def run(self, *options: str, overlay: dict | None = None) -> subprocess.CompletedProcess[str]:
        return self.snakemake(*options, "--configfile", *self._configs(overlay))

    def planned(self, overlay: dict | None = None) -> Counter[str]:
        """Jobs that a dry run plans, as 'rule wildcards', read from the place of their logs."""
        done = self.run("--dry-run", "--printshellcmds", overlay=overlay)
        assert done.returncode == 0, done.stdout + done.stderr
        logs = re.findall(r"tee results/logs/(\S+)\.log", done.stdout + done.stderr)
        return Counter(re.sub(r"(fold|seed)(\d+)", r"\2", log).replace("/", " ") for log in logs)

    def _configs(self, overlay: dict | None) -> list[str]:
        if overlay is None:
            return [self.config]
        path = self.path / "overlay.yaml"
        path.write_text(yaml.safe_dump(overlay, sort_keys=False))
        return [self.config, str(path)]


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> StudyFolder:
    """The reduced study, finished."""
    folder = tmp_path_factory.mktemp("study")
    for part in PARTS:
        source = PROJECT / part
        ignored = shutil.ignore_patterns("__pycache__", "weights", "demo")
        shutil.copytree(source, folder / part, ignore=ignored) if source.is_dir() else shutil.copy(
            source, folder / part
        )
    made = StudyFolder(folder)
    done = made.run()
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return made
