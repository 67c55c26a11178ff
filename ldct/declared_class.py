"""The declaration that a user's class makes by its class attributes, read from the source without importing it."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from enum import StrEnum
from importlib.machinery import PathFinder
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

from ldct.errors import ConfigError

if TYPE_CHECKING:
    from ldct.declaration import Declaration, Declarations

D = TypeVar("D", bound="Declaration")


def declaration_of_class(use: str, declared: Declarations[D]) -> D:
    """What the class 'module:Class' says of itself: the fields of its kind as literal class attributes.

    Attributes of base classes count too: of those in the same folder of modules, and of those that ldct declares. What
    nobody says has the default of its kind. Raises ConfigError where there is no such module or class, where an
    attribute is no literal or of another type, or a field without a default is missing.
    """
    module, _, name = use.partition(":")
    known = {field.name for field in fields(declared.declaration)} - {"path"}
    facts = _Reader(use, declared, known).facts_of(module, name)
    facts = {"name": name, "label": facts.get("name", name), **facts, "path": use}
    wrong, values = [], {}
    for field, hint in get_type_hints(declared.declaration).items():
        if field in facts:
            values[field], problem = _as(hint, facts[field])
            wrong += [f"{field} is {facts[field]!r}; expected {problem}"] if problem else []
    needed = [f.name for f in fields(declared.declaration) if f.default is MISSING and f.name not in facts]
    wrong += [f"{field} is missing" for field in needed]
    if wrong:
        raise ConfigError(f"{declared.kind} '{use}': of its class attributes {'; '.join(wrong)}")
    return declared.declaration(**values)


def _as(hint: Any, value: Any) -> tuple[Any, str]:
    """`value` as the type `hint` of a field, and '' or what was expected instead."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    for kind in kinds:
        if kind is NoneType and value is None:
            return None, ""
        if get_origin(kind) is tuple and isinstance(value, (tuple, list)) and all(isinstance(v, str) for v in value):
            return tuple(value), ""
        if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value), ""
        if isinstance(kind, type) and issubclass(kind, StrEnum) and value in list(kind):
            return kind(value), ""
        if kind in (str, bool, int) and type(value) is kind:
            return value, ""
    return None, " or ".join(_said(kind) for kind in kinds)


def _said(kind: Any) -> str:
    """A type as an error message names it."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"one of {', '.join(kind)}"
    plain = {bool: "True or False", int: "a whole number", float: "a number", str: "a text", NoneType: "None"}
    return plain.get(kind, "a list of texts")


class _Reader:
    """Reads class attributes from sources for the user's class `use`; `known` are the fields of its kind."""

    def __init__(self, use: str, declared: Declarations[Any], known: set[str]):
        self.use, self.declared, self.known = use, declared, known
        self.top = use.partition(":")[0].partition(".")[0]
        self.seen: set[tuple[str, str]] = set()

    def facts_of(self, module: str, name: str) -> dict[str, Any]:
        """What the class says, its base classes first; raises ConfigError where it cannot be read."""
        from ldct.declaration import nearest

        handed_down = self.declared.by_path.get(f"{module}:{name}")
        if handed_down is not None:
            return {key: value for key, value in handed_down.facts.items() if key not in ("name", "label")}
        path = module_file(module)
        if path is None:
            raise self._error(f"there is no module {module} on the Python path")
        if (module, name) in self.seen:
            return {}
        self.seen.add((module, name))
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        except (SyntaxError, UnicodeDecodeError) as error:
            raise self._error(f"{path.name} is no Python source ({error})") from None
        statements = list(_statements(tree.body))
        classes = {node.name: node for node in statements if isinstance(node, ast.ClassDef)}
        imported = _imported(statements, module, path)
        if name in classes:
            return self._facts(classes[name], module, set(classes), imported)
        if name in imported:
            return self._follow(*imported[name])
        if name not in _assigned(statements):
            raise self._error(f"{path.name} has no class {name}{nearest(name, classes) if classes else ''}")
        return {}

    def _facts(
        self, node: ast.ClassDef, module: str, classes: set[str], imported: dict[str, tuple[str, str]]
    ) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        for base in reversed(node.bases):
            dotted = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
            first, _, rest = dotted.partition(".")
            if dotted in classes:
                facts |= self.facts_of(module, dotted)
            elif first in imported:
                source, attribute = imported[first]
                whole = ".".join(part for part in (source, attribute, rest) if part)
                facts |= self._follow(*_split(whole))
        for statement in node.body:
            for target, value in _assignments(statement):
                facts |= self._literals(target, value)
        return facts

    def _follow(self, module: str, name: str) -> dict[str, Any]:
        """Facts of a class elsewhere: one that ldct declares, or one in the user's own modules."""
        path = module_file(module) if module else None
        home = module_file(self.use.partition(":")[0])
        near = module.partition(".")[0] == self.top or (path and home and path.parent == home.parent)
        if f"{module}:{name}" in self.declared.by_path or (near and path is not None):
            return self.facts_of(module, name)
        return {}

    def _literals(self, target: ast.expr, value: ast.expr) -> dict[str, Any]:
        """Fields among the names that are assigned, `a, b = 1, 2` included."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=False))
            return {key: fact for pair in pairs for key, fact in self._literals(*pair).items()}
        names = [node.id for node in ast.walk(target) if isinstance(node, ast.Name) and node.id in self.known]
        if not names:
            return {}
        try:
            return dict.fromkeys(names, ast.literal_eval(value))
        except ValueError:
            raise self._error(
                f"its class attribute {names[0]} is {ast.unparse(value)!r}; expected a literal, as the workflow reads "
                "it without running the module"
            ) from None

    def _error(self, message: str) -> ConfigError:
        return ConfigError(f"{self.declared.kind} '{self.use}': {message}")


def module_file(module: str) -> Path | None:
    """The source file of a module, found without importing it or the packages above it; None where there is none."""
    return _find(module) or (importlib.invalidate_caches() or _find(module))


def _find(module: str) -> Path | None:
    top, *below = module.split(".")
    specs = (finder.find_spec(top, None) for finder in sys.meta_path if hasattr(finder, "find_spec"))
    spec = next((spec for spec in specs if spec is not None), None)
    for part in below:
        if spec is None or spec.submodule_search_locations is None:
            return None
        # By its own name: by its full one, a folder without __init__.py would ask for the packages above it.
        spec = PathFinder.find_spec(part, list(spec.submodule_search_locations))
    return Path(spec.origin) if spec is not None and spec.origin and spec.has_location else None


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module, those under if, try and with included."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _statements(handler.body)


def _imported(statements: Sequence[ast.stmt], module: str, path: Path) -> dict[str, tuple[str, str]]:
    """Name in the module -> (module it comes from, name there; empty for a module)."""
    found: dict[str, tuple[str, str]] = {}
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in statements:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0],
                    "",
                )
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if package else []
            above = parts[: len(parts) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            found |= {alias.asname or alias.name: (source, alias.name) for alias in node.names}
    return found


def _split(dotted: str) -> tuple[str, str]:
    module, _, name = dotted.rpartition(".")
    return module, name


def _assignments(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield target, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield statement.target, statement.value


def _assigned(statements: Sequence[ast.stmt]) -> set[str]:
    targets = [target for statement in statements for target, _ in _assignments(statement)]
    functions = {node.name for node in statements if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return functions | {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
