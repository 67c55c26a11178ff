"""Pseudonymous UIDs: the same source UID and key give the same new UID, and nothing leads back."""

from __future__ import annotations

import hashlib
import hmac

# 2.25 is the root of UIDs made of a 128-bit number (PS3.5 B.2).
_ROOT = "2.25."


def keyed_uid(key: bytes, *parts: str) -> str:
    """A UID from an HMAC of `parts` under `key`."""
    digest = hmac.new(key, "\x00".join(parts).encode(), hashlib.sha256).digest()
    return _ROOT + str(int.from_bytes(digest[:16], "big"))
