"""What the whole study costs: the demo's wall time and how much of it is work, and the size of a full study's plan.

The demo is run in a clone of the last commit with the caller's environment. 'useful work' is the processor time of its
jobs, their start included and Snakemake's own left out, over wall time times cores. (Snakemake's benchmark files look
at a job every 30 s only, and miss what follows the last look.) The full study has 299 patients, 16 losses, 3 seeds, 5
folds, the large one 1,000, 30, 5, 5; only their dry runs are timed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

PROJECT = Path(__file__).resolve().parent.parent


def clone(folder: Path) -> None:
    """The project's last commit in the new folder `folder`, with the weights that were made or fetched here."""
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(folder)], check=True)
    (folder / "resources/weights").symlink_to(PROJECT / "resources/weights")


@dataclass(frozen=True)
class Done:
    """Wall seconds, processor seconds of the jobs, and output of a run of Snakemake."""

    seconds: float
    jobs: float
    output: str


def snakemake(folder: Path, *options: str) -> Done:
    """Run Snakemake in the clone `folder`; raises SystemExit with its output where it fails."""
    start, own = time.perf_counter(), 0.0
    with tempfile.TemporaryFile("w+") as output:
        command = [sys.executable, "-m", "snakemake", *options]
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        snakemake_itself = psutil.Process(process.pid)
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            with contextlib.suppress(psutil.Error):
                own = sum(snakemake_itself.cpu_times()[:2])
            time.sleep(0.5)
        _, status, used = os.wait4(process.pid, 0)
        output.seek(0)
        text = output.read()
    if status:
        raise SystemExit(text)
    return Done(time.perf_counter() - start, used.ru_utime + used.ru_stime - own, text)


def demo(cores: int, keep: Path | None) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary) / "demo"
        clone(folder)
        done = snakemake(folder, "--cores", str(cores))
    print(f"seconds demo {done.seconds:.0f}")
    print(f"share useful_work {done.jobs / (done.seconds * cores):.2f}")


def check() -> None:
    """Processor seconds of `ldct check` of the demo, and lines of the library."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "ldct", "check"], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"seconds check_demo {used:.1f}")
    lines = sum(len(path.read_text().splitlines()) for path in (PROJECT / "ldct").rglob("*.py"))
    print(f"count lines_ldct {lines}")


def planned(name: str, patients: int, losses: int, seeds: int) -> None:
    """Jobs of a study on five folds, and the seconds of its dry run."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        clone(folder)
        regions = ("chest", "abdomen", "head")
        rows = [f"p{i:04},dicom,p{i:04}/full,p{i:04}/low,{regions[i % 3]},," for i in range(patients)]
        (folder / "manifest.csv").write_text("patient,kind,full,low,region,seed,fold\n" + "\n".join(rows) + "\n")
        compounds = {f"compound{i:02}": f"l1 + {i / 20} * sobel" for i in range(1, losses - 2)}
        config = {
            "cohort": {"manifest": str(folder / "manifest.csv"), "folds": 5},
            "losses": {"mse": "mse", "l1": "l1", "charbonnier": "charbonnier"} | compounds,
            "training": {"seeds": list(range(seeds))},
            "evaluation": {"shards": 4},
        }
        overlay = folder / "study.yaml"
        overlay.write_text(yaml.safe_dump(config))
        done = snakemake(folder, "--dry-run", "--quiet", "rules", "--cores", "2", "--configfile", str(overlay))
    total = re.search(r"^total\s+(\d+)", done.output, re.MULTILINE)
    assert total, done.output
    print(f"count {name}_jobs {total[1]}")
    print(f"seconds {name}_dry_run {done.seconds:.1f}")


def stat_calls() -> None:
    """Looks at files (stat) with which a cluster's job plans itself: all of them, and those of Snakemake alone.

    The study has 299 patients of two series of 200 files. Needs strace.
    """
    if shutil.which("strace") is None:
        print("count stat_calls_one_job unavailable: install strace")
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = ["patient,kind,full,low"]
        for name in (f"P{number:03d}" for number in range(299)):
            for dose in ("full", "low"):
                (folder / name / dose).mkdir(parents=True)
                for number in range(200):
                    (folder / name / dose / f"{number}.dcm").touch()
            rows.append(f"{name},dicom,{name}/full,{name}/low")
        (folder / "manifest.csv").write_text("\n".join(rows))
        (folder / "study.yaml").write_text("cohort: {manifest: manifest.csv, folds: 5}\n")
        (folder / "empty.smk").write_text("rule all:\n    output: 'x'\n    shell: 'touch x'\n")
        job = ["--snakefile", str(PROJECT / "Snakefile"), "--configfile", "study.yaml", "--allowed-rules", "train"]
        job += ["--target-jobs", "train:model=redcnn,loss=mse,fold=0,seed=0", "--mode", "remote", "--nolock"]
        calls = [_stats(folder, job), _stats(folder, ["--snakefile", "empty.smk"])]
    print(f"count stat_calls_one_job {calls[0] - calls[1]} (and {calls[1]} of Snakemake's own start)")


def _stats(folder: Path, options: list[str]) -> int:
    trace = ["strace", "-f", "-c", "-U", "calls,name", "-e", "trace=%%stat", "-o", "trace"]
    command = [*trace, sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "--cores", "1", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return int((folder / "trace").read_text().splitlines()[-1].split()[0])


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--cores", type=int, default=2)
    cli.add_argument("--keep", type=Path, help="a new folder in which the demo is run and stays")
    cli.add_argument("--plan-only", action="store_true", help="only dry runs of large studies")
    args = cli.parse_args()
    if not args.plan_only:
        demo(args.cores, args.keep)
    planned("full_study", patients=299, losses=16, seeds=3)
    planned("large_study", patients=1000, losses=30, seeds=5)
    stat_calls()
    check()


if __name__ == "__main__":
    main()
