"""Where the page's parts lie."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parent / "page"
