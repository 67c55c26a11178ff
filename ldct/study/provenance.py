"""results/provenance.json: what a study was made with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ldct.files import sha256, write_text
from ldct.machine import hardware, versions

if TYPE_CHECKING:
    from ldct.stages.provenance import Provenance


def commit(folder: Path) -> str:
    """Commit of the checkout, with '+changes' where files differ from it, or 'unknown' outside git."""
    try:
        ask = ["git", "-C", str(folder)]
        head = subprocess.run([*ask, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        dirty = subprocess.run([*ask, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+changes" if dirty.strip() else "")


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
        "card": json.loads(card.read_text(encoding="utf-8")),
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
