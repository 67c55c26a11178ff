"""Every mistake of a configuration in one message: with its file, its key and the nearest valid name."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ldct.config.base import Section, is_named_set, section_of
from ldct.config.merge import Merged
from ldct.config.sources import Location, Sources
from ldct.config.study import Study
from ldct.declaration import nearest

# Each round finds mistakes that those before hid; a configuration needs two or three.
MOST_ROUNDS = 20


def refusal(mistakes: Iterable[str]) -> str:
    """One message of all mistakes."""
    lines = "\n".join(f"  {line}".replace("\n", "\n  ") for line in dict.fromkeys(mistakes))
    return f"the configuration cannot be used:\n{lines}"


def examine(merged: Merged) -> tuple[Study | None, list[str]]:
    """The `Study` of what is right in merged values (None where nothing is left of it), and a line for each mistake.

    A mistake hides what is checked later, so what is wrong is taken out and the rest validated again, until nothing
    new is found. Settings that were taken out have no part in checks across sections.
    """
    values, mistakes, broken = copy.deepcopy(merged.values), list(merged.mistakes), set[str]()
    values.setdefault("cohort", {})
    study = None
    for _ in range(MOST_ROUNDS):
        try:
            study = Study.model_validate(values, context={"broken": broken})
            break
        except ValidationError as error:
            items = error.errors(include_url=False)
            mistakes += [explain(item, merged.sources) for item in items]
            for item in items:
                if item["type"] == "inconsistent":
                    broken.add(".".join(_location(item)))
                else:
                    broken |= _take_out(values, _location(item), bad_name=item["loc"][-1] == "[key]")
    return study, mistakes


def explain(error: Mapping[str, Any], sources: Sources) -> str:
    """A line for one of pydantic's errors: 'file: key: what is wrong (found ...)'."""
    location = _location(error)
    return line_of(location, _message(error, location), sources)


def line_of(location: Location, text: str, sources: Sources) -> str:
    """'file: key: text', without the file where no file gave the key."""
    return f"{_files(location, sources)}{'.'.join(location)}: {text}"


def _message(error: Mapping[str, Any], location: Location) -> str:
    kind, given, context = error["type"], error.get("input"), error.get("ctx", {})
    shown = f" (found {given!r})" if isinstance(given, str | int | float | bool) or given is None else ""
    if kind == "extra_forbidden":
        return f"unknown key{nearest(location[-1], _keys(location[:-1]))}"
    if kind == "missing":
        if location == ("cohort", "manifest"):
            return (
                "no file names the patients. 'ldct manifest FOLDER -o my_manifest.csv' writes the manifest of a folder "
                "of DICOM data; then give cohort: {manifest: my_manifest.csv}"
            )
        return "is required"
    if kind == "literal_error":
        expected = re.findall(r"'([^']*)'", context["expected"])
        return f"expected {context['expected']}{shown}" + (
            nearest(given, expected) if isinstance(given, str) and expected else ""
        )
    if kind == "too_short" and context.get("actual_length") == 0:
        return "must name at least one"
    if kind == "inconsistent":
        return error["msg"]
    return error["msg"].removeprefix("Value error, ") + ("" if kind == "value_error" else shown)


def _location(error: Mapping[str, Any]) -> Location:
    """The keys to what is wrong, without pydantic's marks of which of several forms was tried."""
    return tuple(str(part) for part in error["loc"] if not str(part).startswith(("<", "[")))


def _files(location: Location, sources: Sources) -> str:
    """'my.yaml: ', or nothing where no file gave it."""
    source = sources.of(location)
    named = [source] if source else sources.within(location)
    return f"{', '.join(item.name for item in named)}: " if named else ""


def _setting(location: Location) -> tuple[Location, FieldInfo | None]:
    """The section's setting or the set that `location` is in, and its field; None where there is no such key."""
    model: type[Section] = Study
    for depth, key in enumerate(location, start=1):
        field = model.model_fields.get(key)
        inner = section_of(field)
        if inner is None or depth == len(location):
            return location[:depth], field
        model = inner
    return location, None


def _keys(location: Location) -> list[str]:
    """The keys that the section, or the entry of a set, at `location` knows."""
    model: Any = Study
    for key in location:
        fields = getattr(model, "model_fields", {})
        if key in fields:
            model = fields[key].annotation
        while getattr(model, "__args__", None):
            sections = [item for item in _inner(model) if hasattr(item, "model_fields")]
            if not sections:
                break
            model = sections[0]
    return list(getattr(model, "model_fields", {}))


def _inner(annotation: Any) -> list[Any]:
    """The types inside `annotation`, at any depth."""
    arguments = getattr(annotation, "__args__", ())
    return [item for argument in arguments for item in (argument, *_inner(argument))]


def _take_out(values: dict[str, Any], location: Location, *, bad_name: bool) -> set[str]:
    """Put what is right in the place of a mistake; returns the settings ('section.key') that are then not the user's.

    bad_name: the mistake is the name of an entry.
    """
    place, field = _setting(location)
    holder: Any = values
    for key in place[:-1]:
        holder = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(holder, dict):
        return set()
    key = place[-1]
    if field is None:
        # Perhaps a misspelt setting, which then is not what the user meant either.
        holder.pop(key, None)
        near = re.search(r"nearest is '(\w+)'", nearest(key, _keys(place[:-1])))
        return {".".join((*place[:-1], near[1]))} if near else set()
    if is_named_set(field) and len(location) > len(place):
        # A wrong entry leaves its name, so that settings that refer to it are not blamed.
        entries, name = holder[key], location[len(place)]
        default = next(iter((field.get_default() or {}).values()), None)
        holder[key] = {other: value for other, value in entries.items() if str(other) != name}
        if default is not None and not bad_name:
            holder[key][name] = default
        return set()
    if field.is_required():
        holder[key] = "missing" if section_of(field) is None else {}
    else:
        holder.pop(key, None)
    return {".".join(place)}
