"""config/config.yaml and config/schema.json, written from the typed models so that they cannot disagree."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from ldct.config.study import Study
from ldct.config.training import Loss

HEADER = """\
# The demo study, and the default of every key. Written by 'ldct config'; do not edit this copy of the
# defaults: put what you change into a file of your own and give it with 'snakemake --configfile my.yaml'.
"""


def default_yaml() -> str:
    """The default configuration as YAML, each key preceded by its description."""
    return HEADER + "\n".join(_section(Study(), 0)) + "\n"


def json_schema() -> str:
    """The JSON schema of the configuration, for editors."""
    schema = Study.model_json_schema(mode="validation")
    loss = schema["properties"]["losses"]["additionalProperties"]
    schema["properties"]["losses"]["additionalProperties"] = {"anyOf": [loss, {"type": "string"}, {"type": "null"}]}
    model = schema["properties"]["models"]["additionalProperties"]
    schema["properties"]["models"]["additionalProperties"] = {"anyOf": [model, {"type": "null"}]}
    return json.dumps(schema, indent=1) + "\n"


def write(folder: Path) -> list[Path]:
    """Write both files into `folder`; returns their paths."""
    outputs = {folder / "config.yaml": default_yaml(), folder / "schema.json": json_schema()}
    for path, text in outputs.items():
        path.write_text(text)
    return list(outputs)


def _section(section: BaseModel, depth: int) -> list[str]:
    pad = "  " * depth
    lines: list[str] = []
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if depth == 0:
            lines.append("")
        lines += textwrap.wrap(field.description or "", 110, initial_indent=f"{pad}# ", subsequent_indent=f"{pad}# ")
        if name == "losses":
            lines.append(f"{pad}losses:")
            lines += [f"{pad}  {key}: {_loss(loss)}" for key, loss in value.items()]
        elif isinstance(value, BaseModel):
            lines.append(f"{pad}{name}:")
            lines += _section(value, depth + 1)
        elif isinstance(value, dict) and value and all(isinstance(item, BaseModel) for item in value.values()):
            lines.append(f"{pad}{name}:")
            lines += [f"{pad}  {key}: {_flow(_set_fields(item))}" for key, item in value.items()]
        else:
            lines.append(f"{pad}{name}: {_flow(value)}")
    return lines


def _loss(loss: Loss) -> str:
    """As an expression where its terms have no options."""
    if any(term.options for term in loss.terms):
        return _flow(_set_fields(loss))
    return " + ".join(term.use if term.weight == 1 else f"{term.weight:g} * {term.use}" for term in loss.terms)


def _set_fields(section: BaseModel) -> dict[str, Any]:
    return section.model_dump(exclude_defaults=True)


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True).strip()
    return text.removesuffix("...").strip()
