"""How public collections are laid out on disk: a file of rules each, in the folder recipes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Recipe:
    """A layout. person: a pattern on a series' path whose group names the person; regions: by first letters of that.

    code: what a person's name looks like in the collection, so that regions hold for no other data.
    """

    name: str
    about: str
    person: re.Pattern[str]
    code: re.Pattern[str]
    regions: dict[str, str]

    def region(self, person: str) -> str:
        """The region that a person's code stands for; '' where it is none of the collection's."""
        if not self.code.fullmatch(person):
            return ""
        return next((region for start, region in self.regions.items() if person.startswith(start)), "")


@cache
def recipes() -> tuple[Recipe, ...]:
    """All recipes, in order of their files' names."""
    return tuple(
        Recipe(
            name=path.stem.partition("_")[2],
            about=entry["about"],
            person=re.compile(entry["person"]),
            code=re.compile(entry.get("code", "(?!)")),
            regions=entry.get("regions") or {},
        )
        for path in sorted((Path(__file__).parent / "recipes").glob("*.yaml"))
        for entry in [yaml.safe_load(path.read_text(encoding="utf-8"))]
    )


def recipe_of(paths: list[str]) -> Recipe | None:
    """The first recipe that names a person in every path; None where none does."""
    return next((recipe for recipe in recipes() if paths and all(map(recipe.person.search, paths))), None)
