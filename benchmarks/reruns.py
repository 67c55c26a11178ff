"""What a finished study does again: after a copy into a fresh clone, another version, touched and rewritten files.

Runs the demo (or --config) once in a clone of the last commit, then makes one harmless change after the other and runs
the same command; a training counts as repeated where it computed instead of finding its files. The last change, another
version of torch, is not harmless: its trainings are to be repeated.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.study import clone, snakemake

# A line of the log of a training that computes.
COMPUTES = re.compile(r"parameters, \d+ training and")


class Study:
    """A study in a clone: run again and again."""

    def __init__(self, folder: Path, options: list[str]):
        self.folder, self.options = folder, options
        clone(folder)

    def run(self, name: str) -> None:
        """Run it; print how many trainings computed, and the seconds."""
        logs = {path: path.stat().st_mtime_ns for path in self._logs()}
        done = snakemake(self.folder, *self.options)
        new = [path for path in self._logs() if logs.get(path) != path.stat().st_mtime_ns]
        repeated = sum(bool(COMPUTES.search(path.read_text())) for path in new)
        print(f"count trainings_repeated_{name} {repeated}")
        print(f"seconds {name} {done.seconds:.0f}", flush=True)

    def _logs(self) -> list[Path]:
        return sorted((self.folder / "results/logs/train").rglob("*.log"))

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        """Change the text of a file of the project."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert change(text) != text, path
        file.write_text(change(text), encoding="utf-8")


def rewrite(study: Study) -> None:
    """Every table of patches anew, with equal bytes."""
    for path in (study.folder / "results/patches").rglob("*.parquet"):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)


def main() -> None:
    """Print the counts."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--cores", type=int, default=2)
    cli.add_argument("--config", help="a YAML file of the project instead of the demo")
    args = cli.parse_args()
    options = ["--cores", str(args.cores), *(["--configfile", args.config] if args.config else [])]
    with tempfile.TemporaryDirectory() as temporary:
        first = Study(Path(temporary) / "first", options)
        first.run("first")
        study = Study(Path(temporary) / "second", options)
        # By 'cp -r', so that all times are new and out of order, and what Snakemake noted of them is gone.
        shutil.copytree(first.folder / "results", study.folder / "results", copy_function=shutil.copyfile)
        study.run("fresh_clone")
        study.edit("ldct/__init__.py", lambda text: re.sub(r'__version__ = "[^"]+"', '__version__ = "99.0"', text))
        study.run("version_bump")
        for path in (study.folder / "resources/demo").rglob("*.dcm"):
            path.touch()
        study.run("touch")
        study.edit("ldct/training/run.py", lambda text: f"# A comment.\n{text}")
        study.run("comment")
        rewrite(study)
        study.run("equal_bytes")
        data = study.folder / "resources/demo"
        if args.config is None:
            (data / "lung1").rename(data / "renamed")
            study.edit("resources/demo/manifest.csv", lambda text: text.replace("dicom,lung1,", "dicom,renamed,"))
            study.run("renamed_folder")
        # A version that only says so: the jobs of this clone read it first.
        (study.folder / "sitecustomize.py").write_text(UPGRADED)
        study.run("other_torch")


UPGRADED = """\
import importlib.metadata
_version = importlib.metadata.version
importlib.metadata.version = lambda name: "99.0" if name == "torch" else _version(name)
"""


if __name__ == "__main__":
    main()
