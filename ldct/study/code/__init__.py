"""The code that a result depends on, found and told apart without importing it.

Snakemake does not see changes in imported modules; with a digest of the reachable code as a parameter of each rule it
reruns what an edit can change, and nothing where comments, messages or unrelated functions were edited.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ldct.study.code.reach import packages, reachable
from ldct.study.code.record import Change, explain, record
from ldct.study.code.sources import PACKAGE

__all__ = ["PACKAGE", "Change", "digest", "explain", "packages", "reachable", "record"]


def digest(parts: Mapping[str, str]) -> str:
    """'code ' and 32 hexadecimal digits that stand for the result of `reachable`."""
    text = "".join(f"{name} {part}\n" for name, part in sorted(parts.items()))
    return f"code {hashlib.sha256(text.encode()).hexdigest()[:32]}"
