"""From YAML files to a validated `Study`, with errors a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from ldct.config.study import Study
from ldct.declaration import nearest
from ldct.errors import ConfigError


def load_files(*paths: str | Path) -> Study:
    """Read YAML files, later ones over earlier ones key by key, as `snakemake --configfile` does."""
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            overlay = yaml.safe_load(Path(path).read_text()) or {}
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
        except yaml.YAMLError as error:
            raise ConfigError(f"{path}: not valid YAML: {error}") from None
        merged = merge(merged, overlay)
    return validate(merged)


def merge(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """`overlay` over `base`; nested mappings are merged, all else is replaced."""
    merged = dict(base)
    for key, value in overlay.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def validate(config: Mapping[str, Any]) -> Study:
    """A `Study` from plain data; raises one ConfigError that names every wrong key and the nearest valid one."""
    try:
        return Study.model_validate(dict(config))
    except ValidationError as error:
        lines = [f"  {_explain(dict(item), config)}" for item in error.errors()]
        raise ConfigError("the configuration cannot be used:\n" + "\n".join(lines)) from None


def _explain(error: dict[str, Any], config: Mapping[str, Any]) -> str:
    location = [str(part) for part in error["loc"]]
    key = ".".join(location)
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key{nearest(location[-1], _valid_keys(location[:-1]))}"
    message = error["msg"].removeprefix("Value error, ")
    given = error.get("input")
    shown = f" (found {given!r})" if isinstance(given, str | int | float | bool) or given is None else ""
    return f"{key}: {message}{shown}" if key else message


def _valid_keys(location: list[str]) -> list[str]:
    """The keys that the section at `location` knows."""
    section: Any = Study
    for part in location:
        if isinstance(section, type) and issubclass(section, BaseModel) and part in section.model_fields:
            section = section.model_fields[part].annotation
        arguments = [a for a in get_args(section) if isinstance(a, type) and issubclass(a, BaseModel)]
        section = arguments[0] if arguments else section
    return list(section.model_fields) if isinstance(section, type) and issubclass(section, BaseModel) else []
