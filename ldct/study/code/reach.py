"""What code can be reached from a function or class, by following the names in its text."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ldct.declaration import nearest
from ldct.errors import ConfigError
from ldct.study.code import exempt
from ldct.study.code.parts import EFFECTS, EMPTY, Part, Reader, is_external
from ldct.study.code.registering import registering
from ldct.study.code.scope import Chain
from ldct.study.code.sources import PACKAGE, Import, Module, Sources
from ldct.study.code.text import short_hash


def reachable(*entries: str, folders: Sequence[Path] | None = None) -> dict[str, str]:
    """Qualified name -> hash of all code that a result of `entries` depends on, sorted by name.

    entries: 'module:function', 'module:Class', 'module:Class.method' or 'module' (all of it). folders: where the
    user's modules lie; the project's folder and the working folder where it is left out. Code of ldct and of these
    folders counts, and of any other folder on the Python path in which nothing is installed; an entry in an installed
    package counts by its version. A name is 'module:name', and
    'module:<import>' stands for what a module does when it is imported.

    A class counts with its methods and bases, a constant where it is named, a data file that code names by its
    `__file__`. Docstrings, comments, annotations of functions, logging, progress bars and the texts of built-in
    exceptions do not count. Where names cannot be told from the text (`globals()`, an import by a variable name, a
    star import), the whole module counts. Raises ConfigError where an entry does not exist.
    """
    graph = _graph(_places(folders))
    parts: dict[str, str] = {}
    for entry in dict.fromkeys(entries):
        parts |= graph.reach(entry).parts
    return dict(sorted(parts.items()))


def packages(*entries: str, folders: Sequence[Path] | None = None) -> dict[str, str]:
    """Version of each package from elsewhere that the reachable code names; sorted by name.

    Packages that are not installed are left out, for they gave no result.
    """
    graph = _graph(_places(folders))
    tops = {top for entry in entries for top in graph.reach(entry).packages}
    known = _distributions()
    return {name: importlib.metadata.version(name) for name in sorted({n for top in tops for n in known.get(top, ())})}


def where(name: str, folders: Sequence[Path] | None = None) -> tuple[Path, int] | None:
    """File and line of a qualified name of `reachable`; None where there is none now."""
    return _graph(_places(folders)).where(name)


def present(names: Iterable[str], folders: Sequence[Path] | None = None) -> dict[str, str]:
    """The hashes that qualified names of `reachable` have now; names that are gone are left out."""
    graph = _graph(_places(folders))
    hashes = ((name, graph.part(name)) for name in names)
    return {name: part.hash for name, part in hashes if part is not None}


def _places(folders: Sequence[Path] | None) -> tuple[Path, ...]:
    return (PACKAGE.parent, Path.cwd()) if folders is None else tuple(Path(folder).resolve() for folder in folders)


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


@cache
def _graph(folders: tuple[Path, ...]) -> Graph:
    return Graph(folders)


@dataclass
class Reached:
    """Parts with their hashes, the files that were read for them, and packages from elsewhere."""

    parts: dict[str, str] = field(default_factory=dict)
    files: set[Path] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)


class Graph:
    """What each entry reaches; read again where a file changed."""

    def __init__(self, folders: tuple[Path, ...]):
        self.sources = Sources(folders)
        self.reader = Reader(self.sources)
        self.reached: dict[str, Reached] = {}

    def reach(self, entry: str) -> Reached:
        """What `entry` reaches."""
        before = self.reached.get(entry)
        if before is not None:
            if not any(self.sources.changed(path) for path in before.files):
                return before
            self.sources.forget()
            self.reader.clear()
            self.reached.clear()
        self.reached[entry] = _Walk(self.sources, self.reader).walk(entry)
        return self.reached[entry]

    def part(self, name: str) -> Part | None:
        """The part of a qualified name; None where there is none of that name now."""
        name, _, part = name.partition(":")
        module = self.sources.module(name)
        if module is None or not (module.effects if part == EFFECTS else self.reader.has(module, part)):
            return None
        return self.reader.part(module, part)

    def where(self, name: str) -> tuple[Path, int] | None:
        """File and line of a part; None where there is none of that name now."""
        part, module = self.part(name), self.sources.module(name.partition(":")[0])
        return None if part is None or module is None else (module.path, part.line)


class _Walk:
    """One search from an entry: parts still to be followed are on `stack`, those that were met in `reached`."""

    def __init__(self, sources: Sources, reader: Reader):
        self.sources, self.reader = sources, reader
        self.reached = Reached()
        self.loaded: set[str] = set()
        self.stack: list[tuple[Module, str]] = []

    def walk(self, entry: str) -> Reached:
        name, _, part = entry.partition(":")
        module = self.sources.module(name)
        if module is None:
            self._installed(entry, name.partition(".")[0])
            return self.reached
        if not part:
            self._whole(module)
        elif "." in part and self.reader.has(module, part):
            self._push(module, part)
        elif part in module.defined or part in module.imports:
            self._attribute(module, part, ())
        else:
            raise ConfigError(f"'{entry}': no '{part}' in {module.path.name}{nearest(part, module.defined)}")
        self._load(name)
        while self.stack:
            module, part = self.stack.pop()
            self._follow(module, part, self.reader.part(module, part))
        return self.reached

    def _installed(self, entry: str, top: str) -> None:
        """An entry in an installed package: its version stands for its code."""
        names = _distributions().get(top, ())
        if not names:
            raise ConfigError(f"'{entry}': there is no module {top} on the Python path or in the working folder")
        self.reached.packages.add(top)
        self.reached.parts[entry] = short_hash(*(f"{one} {importlib.metadata.version(one)}" for one in sorted(names)))

    def _push(self, module: Module, part: str) -> None:
        """Count a part, and follow it later."""
        if exempt.no_result(module.name):
            return
        name = f"{module.name}:{part}"
        if name not in self.reached.parts:
            self.reached.parts[name] = self.reader.part(module, part).hash
            self.stack.append((module, part))

    def _follow(self, module: Module, name: str, part: Part) -> None:
        """Count all that a part refers to."""
        self._load(module.name)
        self.reached.files.update(part.data)
        for member in part.members:
            self._push(module, f"{name}.{member}")
        if "." in name and (whole := name.partition(".")[0]) and f"{module.name}:{whole}" not in self.reached.parts:
            self._class_of_method(module, whole, part)
        if part.outside.dynamic and module.name not in exempt.LOADERS:
            self._whole(module)
        for target, chain in sorted(part.outside.names, key=repr):
            if target is None:
                self._name(module, chain)
            else:
                self._import(target, chain)

    def _class_of_method(self, module: Module, name: str, part: Part) -> None:
        """A method that is an entry alone: what it asks of its class."""
        members = self.reader.part(module, name).members
        if part.asked is None or not part.asked <= set(members):
            self._push(module, name)
        for member in part.asked or ():
            if member in members:
                self._push(module, f"{name}.{member}")

    def _name(self, module: Module, chain: Chain) -> None:
        """A name at the level of a module."""
        for target in module.imports.get(chain[0], ()):
            self._import(target, chain[1:])
        if chain[0] in module.defined and not self._is_declaration(module, chain[0]):
            self._push(module, chain[0])
        if chain[0] not in module.defined and chain[0] not in module.imports:
            for star in module.stars:
                if (other := self.sources.module(star)) and self._binds(other, chain[0]):
                    self._name(other, chain)

    def _import(self, target: Import, chain: Chain) -> None:
        """What `chain` stands for, seen from an import: a name in a module, a whole module, or a package elsewhere."""
        if target.name == "":
            self._load(target.module)
            return
        module, rest = self.reader.descend(target, chain)
        top = target.module.split(".")[0]
        if module is not None and rest:
            self._attribute(module, rest[0], rest[1:])
        elif module is not None:
            self._whole(module)
        elif is_external(top):
            self.reached.packages.add(top)

    def _attribute(self, module: Module, name: str, rest: Chain) -> None:
        """A name of another module; what cannot be told there makes the whole module count."""
        if name in module.defined or name in module.imports or module.stars:
            self._name(module, (name, *rest))
        elif not name.startswith("__"):
            self._whole(module)

    def _whole(self, module: Module) -> None:
        """Everything that a module defines."""
        for name in module.defined:
            if not self._is_declaration(module, name):
                self._push(module, name)
        for star in module.stars:
            if other := self.sources.module(star):
                self._whole(other)
        self._load(module.name)

    def _load(self, name: str) -> None:
        """The module `name` is imported, and all that it imports: what they do then counts."""
        pending = [name]
        while pending:
            name = pending.pop()
            if name in self.loaded:
                continue
            self.loaded.add(name)
            pending.extend(name.rpartition(".")[:1])
            module = self.sources.module(name) if name else None
            if module is None:
                continue
            self.reached.files.add(module.path)
            pending += module.loaded
            pending += module.stars
            if exempt.no_result(module.name):
                continue
            if module.effects and self.reader.part(module, EFFECTS).hash != EMPTY:
                self._push(module, EFFECTS)
            for part in registering(self.reader, module):
                if not self._is_declaration(module, part):
                    self._push(module, part)

    def _binds(self, module: Module, name: str) -> bool:
        """Whether a module may have a name."""
        return name in module.defined or name in module.imports or bool(module.stars)

    def _is_declaration(self, module: Module, name: str) -> bool:
        """Whether `name` is a table from names to classes."""
        ours = module.name.startswith(f"{PACKAGE.name}.") and module.path.name in exempt.DECLARATIONS
        return ours and all(not hasattr(statement, "body") for statement in module.defined[name])
