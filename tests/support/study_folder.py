"""A copy of the project in which a study is run and its files are changed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[2]
PARTS = ["Snakefile", "rules", "workflow_scripts", "ldct", "config", "profiles", "resources", "tests", "envs"]


@dataclass
class StudyFolder:
    """The copy, and the configuration that its studies are run with."""

    path: Path
    config: str = "tests/study/reduced.yaml"

    @classmethod
    def copy(cls, path: Path, **options: str) -> StudyFolder:
        """Copy the project, without weights and demo data, to the folder `path`."""
        path.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns("__pycache__", "weights", "demo")
        for part in PARTS:
            source = PROJECT / part
            if source.is_dir():
                shutil.copytree(source, path / part, ignore=ignored)
            else:
                shutil.copy(source, path / part)
        return cls(path, **options)

    def command(self, *options: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", *options, "--configfile", self.config]

    def snakemake(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *options]
        return subprocess.run(command, cwd=self.path, capture_output=True, text=True)

    def run(self, *options: str, overlay: dict | None = None) -> subprocess.CompletedProcess[str]:
        return self.snakemake(*options, "--configfile", *self._configs(overlay))

    def planned(self, overlay: dict | None = None, *options: str) -> Counter[str]:
        """Jobs that a dry run plans, as 'rule wildcards', read from the place of their logs."""
        done = self.run("--dry-run", "--printshellcmds", *options, overlay=overlay)
        assert done.returncode == 0, done.stdout + done.stderr
        logs = re.findall(r"tee results/logs/(\S+)\.log", done.stdout + done.stderr)
        return Counter(re.sub(r"(fold|seed|shard)(\d+)", r"\2", log).replace("/", " ") for log in logs)

    def why(self, overlay: dict | None = None) -> subprocess.CompletedProcess[str]:
        """What 'ldct why' says of the jobs that `overlay` causes."""
        command = [sys.executable, "-m", "ldct", "why", "--configfile", *self._configs(overlay)]
        return subprocess.run(command, cwd=self.path, capture_output=True, text=True)

    def _configs(self, overlay: dict | None) -> list[str]:
        if overlay is None:
            return [self.config]
        return [self.config, str(self.overlay(overlay))]

    def overlay(self, values: dict) -> Path:
        """A file of settings over the study's."""
        path = self.path / "overlay.yaml"
        path.write_text(yaml.safe_dump(values, sort_keys=False))
        return path
