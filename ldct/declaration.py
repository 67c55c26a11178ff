"""Declarations: what is known of a loss, metric, network or filter by its name, before any of them is imported."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

from ldct.errors import ConfigError


@dataclass(frozen=True)
class Declaration:
    """name: as in the configuration and the tables. path: 'module:Class' (or function). label: as the field writes it.

    licence: of the code and of what it reads.
    """

    name: str
    path: str
    _: KW_ONLY
    label: str
    source: str = ""
    licence: str = "Apache-2.0"

    @property
    def facts(self) -> dict[str, Any]:
        """All fields but where the class lies, as plain data."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "path"}


D = TypeVar("D", bound=Declaration)


class Declarations(Mapping[str, D], Generic[D]):
    """The declarations of one kind by name, in order; a dotted path 'module:Class' stands for a user's own class.

    bases: classes that are not used by name, but hand down what they declare to a user's subclasses.
    """

    def __init__(self, kind: str, declaration: type[D], items: Iterable[D], bases: Iterable[D] = ()):
        self.kind, self.declaration = kind, declaration
        self._items = {item.name: item for item in items}
        self.by_path = {item.path: item for item in (*self._items.values(), *bases)}

    def __getitem__(self, name: str) -> D:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def of(self, use: str) -> D:
        """The declaration of a built-in name or of a user's 'module:Class', which is read and not imported.

        Raises ConfigError naming the nearest name, or what in the user's class cannot be read.
        """
        if ":" in use:
            from ldct.declared_class import declaration_of_class

            return declaration_of_class(use, self)
        if use not in self._items:
            raise ConfigError(
                f"no {self.kind} '{use}'{nearest(use, self._items)} (or give 'package.module:Class' of your own)"
            )
        return self._items[use]

    def load(self, use: str) -> Any:
        """Import and return the class or function; raises ConfigError."""
        module, _, attribute = self._path(use).partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise ConfigError(f"{self.kind} '{use}': cannot import {attribute} from {module} ({error})") from error

    def source_file(self, use: str) -> Path:
        """The file of the module of `use`, found without importing it; raises ConfigError."""
        from ldct.declared_class import module_file

        module = self._path(use).partition(":")[0]
        path = module_file(module)
        if path is None:
            raise ConfigError(f"{self.kind} '{use}': there is no module {module} on the Python path")
        return path

    def _path(self, use: str) -> str:
        return use if ":" in use else self.of(use).path


def nearest(name: str, known: Iterable[str]) -> str:
    """'; the nearest is ...' for an error message, or the whole list where nothing is near."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; the nearest is '{close[0]}'" if close else f"; there are: {', '.join(known)}"
