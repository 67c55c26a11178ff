"""The code that a result depends on, found and told apart without importing it.

Snakemake does not see changes in imported modules; with a digest of the reachable code as a parameter of each rule it
reruns what an edit can change, and nothing where comments, messages or unrelated functions were edited.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ldct.study.code import files
from ldct.study.code.files import closure
from ldct.study.code.reach import packages, reachable
from ldct.study.code.record import Change, explain, record
from ldct.study.code.sources import PACKAGE

__all__ = ["PACKAGE", "Change", "closure", "digest", "explain", "packages", "reachable", "record"]


def digest(parts: Mapping[str, str] | Iterable[Path]) -> str:
    """'code ' and 32 hexadecimal digits that stand for the result of `reachable` (or for whole files)."""
    if not isinstance(parts, Mapping):
        return files.digest(parts)
    text = "".join(f"{name} {part}\n" for name, part in sorted(parts.items()))
    return f"code {hashlib.sha256(text.encode()).hexdigest()[:32]}"
