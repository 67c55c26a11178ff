"""Data inside a page of HTML."""

from __future__ import annotations

import json
from typing import Any

# In a script element '<!--' and '<script' change how the rest is read, not only '</script'.
ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def as_json(value: Any) -> str:
    """JSON that no text in it can break out of a script element with."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).translate(ESCAPED)
