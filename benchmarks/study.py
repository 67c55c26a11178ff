"""What the whole study costs: the demo's wall time and how much of it is work, and the size of a full study's plan.

The demo is run in a fresh folder with the caller's environment. 'useful work' is the processor time of its jobs
(Snakemake's benchmark files) over wall time times cores. The full study has 299 patients, 16 losses, 3 seeds, 5 folds;
only its dry run is timed.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parent.parent


def clone(folder: Path) -> None:
    """The project's last commit in the new folder `folder`, with the weights that were made or fetched here."""
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(folder)], check=True)
    (folder / "resources/weights").symlink_to(PROJECT / "resources/weights")


def snakemake(folder: Path, *options: str) -> tuple[float, str]:
    """Wall seconds and output of a run of Snakemake in the clone `folder`; raises where it fails."""
    command = [sys.executable, "-m", "snakemake", *options]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return time.perf_counter() - start, done.stdout + done.stderr


def demo(cores: int, keep: Path | None) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary) / "demo"
        clone(folder)
        seconds, _ = snakemake(folder, "--cores", str(cores))
        cpu = 0.0
        for path in (folder / "results/benchmarks").rglob("*.tsv"):
            with path.open() as lines:
                for row in csv.DictReader(lines, delimiter="\t"):
                    cpu += float(row["cpu_time"]) if row["cpu_time"] not in ("NA", "-") else 0.0
    print(f"seconds demo {seconds:.0f}")
    print(f"share useful_work {cpu / (seconds * cores):.2f}")


def full_study() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "full"
        clone(folder)
        rows = [f"p{i:03},dicom,p{i:03}/full,p{i:03}/low,{('chest', 'abdomen', 'head')[i % 3]},," for i in range(299)]
        (folder / "manifest.csv").write_text("patient,kind,full,low,region,seed,fold\n" + "\n".join(rows) + "\n")
        config = {
            "cohort": {"manifest": str(folder / "manifest.csv"), "folds": 5},
            "losses": {
                "mse": "mse",
                "l1": "l1",
                "charbonnier": "charbonnier",
                "ms_ssim_l1": None,
                "edge": None,
                "vgg": None,
            }
            | {f"compound{i:02}": f"l1 + {i / 20} * sobel" for i in range(1, 14)},
            "training": {"seeds": [0, 1, 2]},
        }
        overlay = folder / "full.yaml"
        overlay.write_text(yaml.safe_dump(config))
        seconds, output = snakemake(
            folder, "--dry-run", "--quiet", "rules", "--cores", "2", "--configfile", str(overlay)
        )
    total = re.search(r"^total\s+(\d+)", output, re.MULTILINE)
    assert total, output
    print(f"count full_study_jobs {total[1]}")
    print(f"seconds full_study_dry_run {seconds:.1f}")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--cores", type=int, default=2)
    cli.add_argument("--keep", type=Path, help="a new folder in which the demo is run and stays")
    cli.add_argument("--plan-only", action="store_true", help="only the full study's dry run")
    args = cli.parse_args()
    if not args.plan_only:
        demo(args.cores, args.keep)
    full_study()


if __name__ == "__main__":
    main()
