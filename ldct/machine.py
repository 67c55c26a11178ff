"""What computes here: versions of the packages that shape a result, and the kind of machine, but not its name."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from functools import cache
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


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Versions of ldct, Python and `packages`; 'absent' where one is not installed here."""
    known = {"ldct": ldct.__version__, "python": platform.python_version()}
    for package in packages:
        try:
            known[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            known[package] = "absent"
    return known


def hardware() -> dict[str, Any]:
    """The machine: processor, cores, memory (GB), GPUs and their driver."""
    return {
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "cores_usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(int(_first("/proc/meminfo", r"MemTotal:\s*(\d+) kB") or 0) / 2**20, 1) or None,
        "gpus": _nvidia("name"),
        "driver": driver(),
    }


def processor() -> str:
    """The model of the processor, or 'unknown'."""
    return _first("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.processor() or "unknown"


@cache
def driver() -> str | None:
    """The driver of the GPUs; None where there are none."""
    return next(iter(_nvidia("driver_version")), None)


def _first(path: str, pattern: str) -> str | None:
    """The first match in a file of the system; None where there is no such file."""
    try:
        match = re.search(pattern, Path(path).read_text(encoding="utf-8"))
    except OSError:
        return None
    return match[1].strip() if match else None


def _nvidia(what: str) -> list[str]:
    try:
        ask = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader"]
        return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    except (OSError, subprocess.CalledProcessError):
        return []
