"""results/provenance.json: what a study was made with."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ldct
from ldct.files import sha256, write_text

if TYPE_CHECKING:
    from ldct.stages.provenance import Provenance

PACKAGES = (
    "snakemake",
    "torch",
    "torchvision",
    "pydicom",
    "SimpleITK",
    "numba",
    "numpy",
    "scipy",
    "lpips",
    "piq",
    "safetensors",
    "pandas",
    "pyarrow",
    "statsmodels",
    "scikit-posthocs",
    "pydantic",
    "plotly",
)


def versions() -> dict[str, str]:
    """Versions of ldct, Python and the packages that shape a result; 'absent' where one is not installed here."""
    found = {"ldct": ldct.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "absent"
    return found


def commit(folder: Path) -> str:
    """Commit of the checkout, with '+changes' where files differ from it, or 'unknown' outside git."""
    try:
        ask = ["git", "-C", str(folder)]
        head = subprocess.run([*ask, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        dirty = subprocess.run([*ask, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+changes" if dirty.strip() else "")


def hardware() -> dict[str, Any]:
    """The machine: processor, cores, memory (GB) and GPU, but not its name."""
    return {
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _first("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.processor() or "unknown",
        "cores": os.cpu_count(),
        "cores_usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(int(_first("/proc/meminfo", r"MemTotal:\s*(\d+) kB") or 0) / 2**20, 1) or None,
        "gpus": _gpus(),
    }


def write_provenance(spec: Provenance.Spec, hashed: Sequence[Path], card: Path, output: Path) -> None:
    """Write versions, commit, configuration, the study's card, checksums and the kind of machine, atomically.

    hashed: files, or folders of which every file counts that is not hidden.
    """
    files = [file for path in hashed for file in (sorted(path.rglob("[!.]*.*")) if path.is_dir() else [path])]
    registered = spec.preregistration
    record = {
        "versions": versions(),
        "commit": commit(Path(__file__).parent),
        "config": spec.config,
        "unavailable": [item.model_dump() for item in spec.unavailable],
        "card": json.loads(card.read_text()),
        "inputs": spec.patients,
        "sha256": {path.as_posix(): sha256(path) for path in files},
        "hardware": hardware(),
        "preregistration": None
        if registered is None
        else {
            "sha256": registered.sha256,
            "study_sha256": registered.study_sha256,
            "confirmatory": not registered.differences,
            "differences": [one.text for one in registered.differences],
        },
    }
    write_text(output, json.dumps(record, indent=1, sort_keys=True) + "\n")


def _first(path: str, pattern: str) -> str | None:
    """The first match in a file of the system; None where there is no such file."""
    try:
        found = re.search(pattern, Path(path).read_text())
    except OSError:
        return None
    return found[1].strip() if found else None


def _gpus() -> list[str]:
    try:
        ask = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    except (OSError, subprocess.CalledProcessError):
        return []
