"""YAML as the configuration reads it: a key twice is a mistake, and 1e-3 is a number."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import yaml

from ldct.config.sources import Layer, Source
from ldct.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """PyYAML takes the last of two equal keys in silence, and 1e-3 for a text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in lines:
                    raise ConfigError(f"'{key.value}' stands in line {lines[key.value]} and again in line {line}")
                lines[key.value] = line
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+0123456789.")
)


def parse(text: str, name: str) -> Any:
    """YAML (or JSON) text as plain data; raises ConfigError that begins with `name`."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: not valid YAML: {error}") from None
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}; give it once") from None


def read_layers(paths: Sequence[str | Path]) -> list[Layer]:
    """The files, each under its name, or as much of its path as tells it from the others.

    Raises one ConfigError for all that cannot be read.
    """
    files = [Path(path).absolute() for path in paths]
    layers, wrong = [], []
    for path in files:
        try:
            layers.append(_read(path, _short_name(path, files)))
        except ConfigError as error:
            wrong.append(str(error))
    if wrong:
        raise ConfigError("\n".join(wrong))
    return layers


def arguments_layer(arguments: Sequence[str]) -> Layer:
    """'key=value' arguments as Snakemake's --config takes them; paths in them are relative to the working folder."""
    pairs = (argument.partition("=") for argument in arguments)
    values = {key: parse(text, f"--config {key}") for key, _, text in pairs}
    return Layer(Source("--config", Path.cwd()), values)


def _read(path: Path, name: str) -> Layer:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not text in UTF-8; expected a YAML file") from None
    values = parse(text, name)
    if values is not None and not isinstance(values, dict):
        raise ConfigError(f"{name}: holds a {type(values).__name__}; expected sections such as 'training:'")
    return Layer(Source(name, path.parent), values or {})


def _short_name(path: Path, others: Sequence[Path]) -> str:
    length = 1
    while any(other != path and other.parts[-length:] == path.parts[-length:] for other in others):
        length += 1
    return Path(*path.parts[-length:]).as_posix()
