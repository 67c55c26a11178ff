"""config/defaults.yaml and config/schema.json, written from the typed models so that they cannot disagree."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic.fields import FieldInfo

from ldct.config.base import Section, is_named_set, section_of
from ldct.config.study import Study
from ldct.config.training import Loss

HEADER = """\
# Every key with its meaning and its default, which holds wherever no file of yours says otherwise. Written by 'ldct
# config' from the typed models; not to be edited. Put what you change into a file of your own: README.md beside this.
"""


def default_yaml() -> str:
    """Every key, preceded by its description, with its default; keys without one are commented out."""
    return HEADER + "\n".join(_section(Study, 0)) + "\n"


def json_schema() -> str:
    """The JSON schema of a configuration file, for editors: nothing is required of a single file, null drops."""
    schema = Study.model_json_schema(mode="validation")
    schema["$defs"]["Loss"] = {"anyOf": [schema["$defs"]["Loss"], {"type": "string"}]}
    for model in (Study, *filter(None, map(section_of, Study.model_fields.values()))):
        section = schema if model is Study else schema["$defs"][model.__name__]
        section.pop("required", None)
        for name, field in model.model_fields.items():
            if is_named_set(field):
                entries = section["properties"][name]
                entries["additionalProperties"] = {"anyOf": [entries["additionalProperties"], {"type": "null"}]}
                entries.pop("minProperties", None)
    return json.dumps(schema, indent=1) + "\n"


def write(folder: Path) -> list[Path]:
    """Write both files into `folder`; returns their paths."""
    outputs = {folder / "defaults.yaml": default_yaml(), folder / "schema.json": json_schema()}
    for path, text in outputs.items():
        path.write_text(text, encoding="utf-8")
    return list(outputs)


def _section(model: type[Section], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for name, field in model.model_fields.items():
        if depth == 0:
            yield ""
        yield from textwrap.wrap(field.description or "", 110, initial_indent=f"{pad}# ", subsequent_indent=f"{pad}# ")
        inner = section_of(field)
        if inner:
            yield f"{pad}{name}:"
            yield from _section(inner, depth + 1)
        elif field.is_required():
            yield f"{pad}# {name}: ..."
        else:
            yield from _value(name, field, pad)


def _value(name: str, field: FieldInfo, pad: str) -> Iterator[str]:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, dict) and value:
        yield f"{pad}{name}:"
        yield from (f"{pad}  {key}: {_entry(item)}" for key, item in value.items())
    else:
        yield f"{pad}{name}: {_flow(value)}"


def _entry(item: Any) -> str:
    """An entry of a set; a loss as an expression where its terms have no options."""
    if isinstance(item, Loss) and not any(term.options for term in item.terms):
        return " + ".join(term.use if term.weight == 1 else f"{term.weight:g} * {term.use}" for term in item.terms)
    return _flow(item.model_dump(exclude_defaults=True) if isinstance(item, Section) else item)


def _flow(value: Any) -> str:
    plain = list(value) if isinstance(value, tuple) else value
    text = yaml.safe_dump(plain, default_flow_style=True, width=10**6, allow_unicode=True).strip()
    return text.removesuffix("...").strip()
