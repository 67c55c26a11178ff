"""Where each value of a study comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The keys from the root of the configuration to a value.
Location = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A file (or a command line): its name in messages, and the folder in which its relative paths stand."""

    name: str
    folder: Path


@dataclass(frozen=True)
class Layer:
    """What one source gives."""

    source: Source
    values: Mapping[str, Any]


@dataclass
class Sources:
    """The source of each value that is not a default."""

    given: dict[Location, Source] = field(default_factory=dict)

    def of(self, location: Location) -> Source | None:
        """The source of a value, or of what it is part of; None for a default."""
        for length in range(len(location), 0, -1):
            if location[:length] in self.given:
                return self.given[location[:length]]
        return None

    def within(self, location: Location) -> list[Source]:
        """The sources of the values inside a section, each once."""
        inside = (source for place, source in self.given.items() if place[: len(location)] == location)
        return list(dict.fromkeys(inside))

    def file(self, location: Location, text: str) -> Path:
        """The file that the value `text` at `location` names: relative to the folder of the file that gives it."""
        source = self.of(location)
        return Path(os.path.normpath((source.folder if source else Path.cwd()) / text))

    def forget(self, location: Location) -> None:
        """Drop what is known of `location` and of all inside it."""
        self.given = {place: source for place, source in self.given.items() if place[: len(location)] != location}
