"""What may pass from a header: keyed UIDs that lead back to nobody, and words from short lists."""

from __future__ import annotations

import hashlib
import hmac
import re

# 2.25 is the root of UIDs made of a 128-bit number (PS3.5 B.2).
_ROOT = "2.25."


def keyed_uid(key: bytes, *parts: str) -> str:
    """A UID from an HMAC of `parts` under `key`."""
    digest = hmac.new(key, "\x00".join(parts).encode(), hashlib.sha256).digest()
    return _ROOT + str(int.from_bytes(digest[:16], "big"))


_MANUFACTURERS = ("Siemens", "GE", "Philips", "Canon", "Toshiba", "Hitachi", "Neusoft", "United Imaging", "Samsung")
_KERNEL_WORDS = {"STANDARD", "STND", "SOFT", "DETAIL", "LUNG", "BONE", "BONEPLUS", "EDGE", "CHEST", "ULTRA"}


def known_manufacturer(text: str | None) -> str | None:
    """The vendor's common name, or None: free text of a header is never passed on."""
    words = (text or "").lower()
    return next((name for name in _MANUFACTURERS if re.search(rf"\b{name.lower()}\b", words)), None)


def known_kernel(text: str | None) -> str | None:
    """A kernel name of the usual form (B30f, Br38f/3, FC18, STANDARD), or None for any other text."""
    name = (text or "").strip()
    usual = re.fullmatch(r"[A-Za-z]{1,3}\d{1,3}[a-z]{0,2}(/\d)?|[A-Z]{1,2}", name)
    return name if usual or name.upper() in _KERNEL_WORDS else None
