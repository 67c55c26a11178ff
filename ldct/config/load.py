"""From files to a validated `Study`, the same in `ldct check` and in Snakemake; the rules stand in merge.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ldct
from ldct.config.files import arguments_layer, read_layers
from ldct.config.merge import merge
from ldct.config.mistakes import validate
from ldct.config.sources import Layer, Source, Sources
from ldct.config.study import Study

PROJECT = Path(ldct.__file__).resolve().parents[1]
DEMO = PROJECT / "config" / "config.yaml"


@dataclass(frozen=True)
class Configuration:
    """A validated study, and where each of its values comes from."""

    study: Study
    sources: Sources

    def file(self, *location: str) -> Path | None:
        """The file that the setting at `location` names; None where it names none."""
        value: Any = self.study
        for key in location:
            value = value.get(key) if isinstance(value, Mapping) else getattr(value, key)
        return None if value is None else self.sources.file(location, value)


def load_files(*paths: str | Path, arguments: Sequence[str] = ()) -> Configuration:
    """The study of YAML files and of 'key=value' arguments after them; of neither, the demo.

    Raises one ConfigError with every mistake.
    """
    layers = read_layers([path for path in paths if Path(path).resolve() != DEMO])
    return _load([*layers, arguments_layer(arguments)] if arguments else layers)


def load_values(values: Mapping[str, Any], folder: Path, name: str = "configuration") -> Configuration:
    """The study of plain data (the `config` of a workflow that uses this one as a module).

    folder: where relative paths in it stand. name: of the data, in messages.
    """
    return _load([Layer(Source(name, folder), values)])


def _load(layers: Sequence[Layer]) -> Configuration:
    base = None if any(_names_patients(layer.values) for layer in layers) else _demo()
    merged = merge(Study, layers, base)
    return Configuration(validate(merged), merged.sources)


def _demo() -> Layer | None:
    """None where the package was installed without the project."""
    return read_layers([DEMO])[0] if DEMO.is_file() else None


def _names_patients(values: Mapping[str, Any]) -> bool:
    cohort = values.get("cohort")
    return isinstance(cohort, Mapping) and cohort.get("manifest") is not None
