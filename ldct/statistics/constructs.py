"""What a metric measures: constructs, each with one vote on the losses however many metrics and windows it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The construct of a family of the catalogue, for a metric of which the catalogue names none.
_OF_FAMILY = {"perceptual": "features", "distribution": "features", "physics": "noise"}


def construct_of(card: Mapping[str, Any]) -> str:
    """Construct of a metric: as its row of the catalogue says, else by its family."""
    family = str(card["family"])
    return card["construct"] or _OF_FAMILY.get(family, family)
