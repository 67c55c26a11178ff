"""Names to classes: a built-in name or any dotted path 'module:Class', imported only when used."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ldct.errors import ConfigError


def resolve(name: str, builtin: Mapping[str, str], kind: str) -> str:
    """The 'module:Class' path behind `name`; raises ConfigError naming the nearest built-in."""
    if ":" in name:
        return name
    if name not in builtin:
        raise ConfigError(f"no {kind} '{name}'{nearest(name, builtin)} (or give 'package.module:Class' of your own)")
    return builtin[name]


def load(name: str, builtin: Mapping[str, str], kind: str) -> Any:
    """Import and return what `name` stands for."""
    module, _, attribute = resolve(name, builtin, kind).partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{kind} '{name}': cannot import {attribute} from {module} ({error})") from error


def source_file(name: str, builtin: Mapping[str, str], kind: str) -> Path:
    """The file that defines `name`, found without importing it."""
    module = resolve(name, builtin, kind).partition(":")[0]
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ConfigError(f"{kind} '{name}': there is no module {module} on the Python path")
    return Path(spec.origin)


def nearest(name: str, known: Iterable[str]) -> str:
    """'; the nearest is ...' for an error message, or the whole list where nothing is near."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; the nearest is '{close[0]}'" if close else f"; there are: {', '.join(known)}"
