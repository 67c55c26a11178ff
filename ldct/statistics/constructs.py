"""What a metric measures: constructs, each with one vote on the losses however many metrics and windows it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONSTRUCTS = ("fidelity", "structure", "features", "noise", "resolution", "task", "no_reference")
# The construct of a family of the catalogue, for a metric of which the catalogue names none.
_OF_FAMILY = {"perceptual": "features", "distribution": "features", "physics": "noise"}


def construct_of(card: Mapping[str, Any], stated: Mapping[str, str]) -> str:
    """Construct of a metric: as the study states it, else as its catalogue row does, else by its family."""
    family = str(card["family"])
    return stated.get(card["metric"]) or card.get("construct") or _OF_FAMILY.get(family, family)
