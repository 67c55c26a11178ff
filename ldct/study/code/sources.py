"""Modules of ldct and of the user's folders: where they lie and what their names stand for."""

from __future__ import annotations

import ast
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path

from ldct.errors import ConfigError

PACKAGE = Path(__file__).resolve().parents[2]
# A file changed so recently may change again without another time stamp.
FRESH_NS = 2_000_000_000


@dataclass(frozen=True)
class Import:
    """What a name is imported as: a module, or a name in it."""

    module: str
    name: str | None = None


@dataclass(eq=False)
class Module:
    """The statements of a module, by the names that they bind.

    imports: name -> what it stands for; defined: name -> the statements that bind it; effects: statements that do
    something when the module is imported; stars: modules of which all names are imported; loaded: all modules that
    are imported with it. has_bars: it may show progress.
    """

    name: str
    path: Path
    is_package: bool = False
    has_bars: bool = False
    imports: dict[str, list[Import]] = field(default_factory=dict)
    defined: dict[str, list[ast.stmt]] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def add(self, statement: ast.stmt, whole: ast.stmt | None = None) -> None:
        """Enter a statement at module level, or one inside the compound statement `whole`."""
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self._add_import(statement)
            return
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [statement.name]
        elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
            self._add_compound(statement, whole or statement)
            return
        else:
            names = sorted(set(bound(statement)))
            if not names or any(isinstance(n, ast.Attribute | ast.Subscript) for n in _targets(statement)):
                self._add_effect(whole or statement)
        for name in names:
            statements = self.defined.setdefault(name, [])
            if (whole or statement) not in statements:
                statements.append(whole or statement)

    def _add_compound(self, statement: ast.stmt, whole: ast.stmt) -> None:
        if isinstance(statement, ast.If) and _is_main(statement.test):
            return
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            # What is imported for types alone is not there when the code runs.
            for inner in statement.orelse:
                self.add(inner, whole)
            return
        if isinstance(statement, ast.For | ast.While | ast.With):
            self._add_effect(whole)
            for name in set(bound(statement)):
                self.defined.setdefault(name, []).append(whole)
        for part in blocks(statement):
            for inner in part:
                self.add(inner, whole)

    def _add_effect(self, statement: ast.stmt) -> None:
        if statement not in self.effects:
            self.effects.append(statement)

    def _add_import(self, statement: ast.Import | ast.ImportFrom) -> None:
        for name, target, modules in imported(statement, self):
            if name == "*":
                self.stars.append(target.module)
            else:
                self.imports.setdefault(name, []).append(target)
            self.loaded += modules


def imported(statement: ast.Import | ast.ImportFrom, module: Module) -> Iterator[tuple[str, Import, list[str]]]:
    """(name, what it stands for, modules that are loaded) of each name that a statement of `module` imports."""
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            name = alias.asname or alias.name.split(".")[0]
            yield name, Import(alias.name if alias.asname else name), [alias.name]
        else:
            base = statement.module or ""
            if statement.level:
                above = module.name.split(".")
                above = above[: len(above) - statement.level + module.is_package]
                base = ".".join([*above, *([base] if base else [])])
            yield alias.asname or alias.name, Import(base, alias.name), [base, f"{base}.{alias.name}"]


def blocks(statement: ast.AST) -> list[list[ast.stmt]]:
    """The lists of statements directly inside a compound statement."""
    parts = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
    inner = [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]
    return [part for part in [*parts, *(one.body for one in inner)] if isinstance(part, list) and part]


def bound(statement: ast.AST) -> Iterator[str]:
    """Names that a simple statement, or the head of a compound one, binds."""
    for target in _targets(statement):
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                yield node.id
    for node in ast.walk(statement) if not blocks(statement) else ():
        if isinstance(node, ast.NamedExpr) and isinstance(node.target, ast.Name):
            yield node.target.id


def _targets(statement: ast.AST) -> list[ast.AST]:
    if isinstance(statement, ast.With | ast.AsyncWith):
        return [item.optional_vars for item in statement.items if item.optional_vars]
    if isinstance(statement, ast.Assign | ast.Delete):
        return list(statement.targets)
    target = getattr(statement, "target", None)
    return [target] if isinstance(target, ast.AST) else []


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def read(name: str, path: Path, content: bytes) -> Module:
    """The module `name` from the content of its file; raises ConfigError where it is no Python."""
    try:
        tree = ast.parse(content, filename=str(path))
    except (SyntaxError, ValueError) as error:
        where = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
        raise ConfigError(f"{path.name} of module {name} cannot be read as Python ({where}); correct it") from None
    module = Module(name, path, path.name == "__init__.py", b"tqdm" in content)
    for statement in tree.body:
        module.add(statement)
    return module


class Sources:
    """The modules of ldct, of `folders`, and of folders on the Python path in which nothing is installed.

    ldct is that of the first folder which holds it, else the one that is running.
    """

    def __init__(self, folders: tuple[Path, ...]):
        self.folders = [folder for folder in folders if not _installed(folder)]
        ours = (folder for folder in self.folders if (folder / PACKAGE.name / "__init__.py").is_file())
        self.roots: dict[str, Path] = {PACKAGE.name: next(ours, PACKAGE.parent)}
        self.elsewhere: dict[str, list[Path]] = {}
        self.places: dict[str, Path | None] = {}
        self.modules: dict[Path, Module] = {}
        # Of each file: size and time of change, when it was read, and a hash of its content.
        self.stamps: dict[Path, tuple[tuple[int, int], int, str]] = {}

    def module(self, name: str) -> Module | None:
        """The module of that name; None where it is not ldct's nor the user's."""
        if name not in self.places:
            parts = name.split(".")
            folders = [self.roots[parts[0]]] if parts[0] in self.roots else [*self.folders, *self._elsewhere(parts[0])]
            self.places[name] = next(filter(None, (_file(folder, parts) for folder in folders)), None)
        path = self.places[name]
        return None if path is None else self._read(name, path)

    def _elsewhere(self, top: str) -> list[Path]:
        """The folder on the Python path from which a module that is not installed would be imported."""
        if top not in self.elsewhere:
            spec = None if top in sys.stdlib_module_names else PathFinder.find_spec(top)
            file = Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None
            folder = file and (file.parent.parent if file.name == "__init__.py" else file.parent)
            self.elsewhere[top] = [] if folder is None or _installed(folder) else [folder]
        return self.elsewhere[top]

    def changed(self, path: Path) -> bool:
        """Whether the file is another than the one that was read."""
        if path not in self.stamps:
            return True
        stamp, when, content = self.stamps[path]
        try:
            stat = os.stat(path)
            if stamp == (stat.st_size, stat.st_mtime_ns) and when - stat.st_mtime_ns > FRESH_NS:
                return False
            return content != hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            return True

    def forget(self) -> None:
        """Read every file again when it is asked for."""
        self.modules.clear()
        self.places.clear()
        self.elsewhere.clear()
        self.stamps.clear()

    def content(self, path: Path) -> bytes:
        """The bytes of a file, whose changes are seen from now on."""
        when, stat, content = time.time_ns(), os.stat(path), path.read_bytes()
        self.stamps[path] = (stat.st_size, stat.st_mtime_ns), when, hashlib.sha256(content).hexdigest()
        return content

    def _read(self, name: str, path: Path) -> Module:
        if path not in self.modules:
            self.modules[path] = read(name, path, self.content(path))
        return self.modules[path]


def _file(folder: Path, parts: list[str]) -> Path | None:
    base = folder.joinpath(*parts)
    for path in (base / "__init__.py", base.with_name(f"{base.name}.py")):
        if path.is_file():
            return path
    return None


def _installed(folder: Path) -> bool:
    return bool({"site-packages", "dist-packages"} & set(folder.parts))
