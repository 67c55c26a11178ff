"""Every value of a study with the file that gives it, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldct.config.base import Section, is_named_set, section_of
from ldct.config.canonical import canonical
from ldct.config.load import Configuration
from ldct.config.sources import Location


def value_lines(configuration: Configuration) -> list[str]:
    """'training.epochs: 40  # default', a line a setting and a line an entry of networks, losses and windows."""
    rows = []
    for location, value in _values(configuration.study, ()):
        source = configuration.sources.of(location)
        rows.append(f"{'.'.join(location)}: {canonical(value)}  # {source.name if source else 'default'}")
    return rows


def _values(section: Section, at: Location) -> Iterator[tuple[Location, Any]]:
    for name, field in type(section).model_fields.items():
        value, place = getattr(section, name), (*at, name)
        if section_of(field):
            yield from _values(value, place)
        elif is_named_set(field):
            yield from (((*place, entry), _plain(item)) for entry, item in value.items())
        else:
            yield place, _plain(value)


def _plain(value: Any) -> Any:
    return value.model_dump() if isinstance(value, Section) else value
