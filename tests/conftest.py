"""What all tests share."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole studies first: beside them the rest fits in, after them it would wait."""
    items.sort(key=lambda item: item.get_closest_marker("study") is None)
