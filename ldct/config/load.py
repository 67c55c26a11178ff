"""From files to a validated `Study`, the same in `ldct check` and in Snakemake; the rules stand in merge.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldct.config.files import arguments_layer, read_layers
from ldct.config.merge import Merged, merge
from ldct.config.mistakes import examine, refusal
from ldct.config.sources import Layer, Source, Sources
from ldct.config.study import Study
from ldct.errors import ConfigError
from ldct.files import PROJECT

DEMO = PROJECT / "config" / "config.yaml"


@dataclass(frozen=True)
class Configuration:
    """A validated study, and where each of its values comes from.

    mistakes: what was wrong and is not in the study; none but where it was only examined.
    """

    study: Study
    sources: Sources
    mistakes: tuple[str, ...] = ()

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
    return _right(examine_files(*paths, arguments=arguments))


def load_values(values: Mapping[str, Any], folder: Path, name: str = "configuration") -> Configuration:
    """The study of plain data, whose relative paths stand in `folder`; `name`: of the data, in messages.

    Raises one ConfigError with every mistake.
    """
    return _right(examine_values(values, folder, name))


def examine_files(*paths: str | Path, arguments: Sequence[str] = ()) -> Configuration:
    """As `load_files`, but mistakes are kept beside the study of what is right, so that more can be looked for.

    Raises ConfigError where nothing of a study is left.
    """
    return _examined(_merge(_layers(paths, arguments)))


def examine_values(values: Mapping[str, Any], folder: Path, name: str = "configuration") -> Configuration:
    """As `load_values`, with mistakes kept as in `examine_files`."""
    return _examined(_merge([Layer(Source(name, folder), values)]))


def _examined(merged: Merged) -> Configuration:
    study, mistakes = examine(merged)
    if study is None:
        raise ConfigError(refusal(mistakes))
    return Configuration(study, merged.sources, tuple(mistakes))


def _right(configuration: Configuration) -> Configuration:
    if configuration.mistakes:
        raise ConfigError(refusal(configuration.mistakes))
    return configuration


def _layers(paths: Sequence[str | Path], arguments: Sequence[str]) -> list[Layer]:
    layers = read_layers([path for path in paths if Path(path).resolve() != DEMO])
    return [*layers, arguments_layer(arguments)] if arguments else layers


def _merge(layers: Sequence[Layer]) -> Merged:
    base = None if any(_names_patients(layer.values) for layer in layers) else _demo()
    return merge(Study, layers, base)


def _demo() -> Layer | None:
    """None where the package was installed without the project."""
    return read_layers([DEMO])[0] if DEMO.is_file() else None


def _names_patients(values: Mapping[str, Any]) -> bool:
    cohort = values.get("cohort")
    return isinstance(cohort, Mapping) and cohort.get("manifest") is not None
