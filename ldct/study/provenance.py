"""results/provenance.json: what a study was made with."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ldct

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


def write_provenance(spec: dict[str, Any], hashed: Sequence[Path], output: Path) -> None:
    """Write versions, commit, configuration, SHA-256 of `hashed` and the kind of machine, atomically."""
    record = {
        "versions": versions(),
        "commit": commit(Path(__file__).parent),
        "config": spec["config"],
        "unavailable": spec["unavailable"],
        "sha256": {path.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in hashed},
        "hardware": {"machine": platform.machine(), "system": platform.system(), "cores": os.cpu_count()},
    }
    temporary = output.with_name(f".{output.name}.part")
    temporary.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    os.replace(temporary, output)
