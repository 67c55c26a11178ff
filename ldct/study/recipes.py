"""How public collections name full- and low-dose series; read from recipes.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Recipe:
    """Patterns on a series' folder (relative path): patient and dose, and regions by the patient's name."""

    name: str
    patient: re.Pattern[str]
    full: re.Pattern[str]
    low: re.Pattern[str]
    regions: dict[str, str]

    def region(self, patient: str) -> str:
        """Region by the first letters of the patient's name; 'unknown' where no letter is listed."""
        return next((region for start, region in self.regions.items() if patient.startswith(start)), "unknown")


@cache
def recipes() -> tuple[Recipe, ...]:
    """All recipes, the most specific first."""
    content = yaml.safe_load((Path(__file__).parent / "recipes.yaml").read_text(encoding="utf-8"))
    return tuple(
        Recipe(
            name=name,
            patient=re.compile(entry["patient"]),
            full=re.compile(entry["full"], re.IGNORECASE),
            low=re.compile(entry["low"], re.IGNORECASE),
            regions=entry.get("regions") or {},
        )
        for name, entry in content.items()
    )
