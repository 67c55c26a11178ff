"""One text for equal content: what Snakemake compares to decide whether a job's parameters changed."""

from __future__ import annotations

import json
from typing import Any


def canonical(value: Any) -> str:
    """Compact JSON with sorted keys and one spelling per number (1.0 becomes 1)."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
