"""The parts of a module whose hashes make up a digest: functions, classes, their methods, constants, effects."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ldct.study.code import exempt
from ldct.study.code.normal import LOG, Normal
from ldct.study.code.scope import Chain, Outside, chain_of, outside
from ldct.study.code.sources import Import, Module, Sources
from ldct.study.code.text import short_hash

# The part of a module that stands for what it does when it is imported.
EFFECTS = "<import>"
# The hash of a part of which nothing is left.
EMPTY = short_hash()


@dataclass
class Part:
    """A definition in its plainest form: its hash, its line, and what it refers to.

    members: methods of a class, which are parts of their own. asked: attributes that a method asks of its class, None
    where it uses its class or instance as a whole. data: files beside the module that it names.
    """

    hash: str
    line: int
    outside: Outside
    members: tuple[str, ...] = ()
    asked: set[str] | None = field(default_factory=set)
    data: tuple[Path, ...] = ()


class Reader:
    """Parts of the modules of `sources`, each read once."""

    def __init__(self, sources: Sources):
        self.sources = sources
        self.parts: dict[Path, dict[str, Part]] = {}
        self.registering: dict[Path, list[str]] = {}

    def clear(self) -> None:
        """Read everything again: a name of one module may stand for the logger of another."""
        self.parts.clear()
        self.registering.clear()

    def part(self, module: Module, name: str) -> Part:
        """The part `name` of a module: 'function', 'Class', 'Class.method', 'CONSTANT' or '<import>'."""
        parts = self.parts.setdefault(module.path, {})
        if name not in parts:
            top = name.partition(".")[0]
            statements = module.effects if top == EFFECTS else module.defined[top]
            normal = Normal(module, lambda chain: self.meaning(module, chain))
            plain = [one for statement in statements for one in normal.statement(statement)]
            if len(plain) == 1 and isinstance(plain[0], ast.ClassDef):
                parts.update(self._class(module, plain[0]))
            else:
                parts[top] = self._part(module, plain)
        return parts[name]

    def has(self, module: Module, name: str) -> bool:
        """Whether a module has that part."""
        top, _, member = name.partition(".")
        if top not in module.defined:
            return False
        return not member or member in self.part(module, top).members

    def _class(self, module: Module, node: ast.ClassDef) -> dict[str, Part]:
        methods: dict[str, list[ast.stmt]] = {}
        rest: list[ast.stmt] = []
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                methods.setdefault(statement.name, []).append(statement)
            else:
                rest.append(statement)
        shell = ast.ClassDef(
            name=node.name, bases=node.bases, keywords=node.keywords, body=rest, decorator_list=node.decorator_list
        )
        parts = {f"{node.name}.{name}": self._part(module, body) for name, body in methods.items()}
        for name, body in methods.items():
            parts[f"{node.name}.{name}"].asked = _asked(body)
        whole = self._part(module, [ast.copy_location(shell, node)])
        whole.members = tuple(methods)
        return {**parts, node.name: whole}

    def _part(self, module: Module, plain: list[ast.stmt]) -> Part:
        refers = outside(plain, module)
        data: list[Path] = []
        if any(chain[0] == "__file__" for _, chain in refers.names if chain):
            data = _data(module.path.parent, refers.texts)
        names = [path.relative_to(module.path.parent).as_posix() for path in data]
        content = [self.sources.content(path) for path in data]
        line = min((_line(statement) for statement in plain), default=1)
        return Part(short_hash(*plain, *names, *content), line, refers, data=tuple(data))

    def place(self, module: Module, chain: Chain) -> tuple[Module, Chain] | None:
        """The module that defines what a dotted name of `module` stands for, and its name there; None outside."""
        for _ in range(20):
            name = chain[0]
            if name in module.defined:
                return module, chain
            if name not in module.imports:
                return None
            target = module.imports[name][-1]
            owner, chain = self.descend(target, chain[1:])
            if owner is None or not chain:
                return None
            module = owner
        return None

    def descend(self, target: Import, chain: Chain) -> tuple[Module | None, Chain]:
        """The innermost module on the way from an import along `chain`, and what is left of the way."""
        name, chain = target.module, (*([target.name] if target.name else []), *chain)
        module = self.sources.module(name)
        while chain and not (module and (chain[0] in module.defined or chain[0] in module.imports)):
            inner = self.sources.module(f"{name}.{chain[0]}")
            # A folder without __init__.py is a package too.
            if inner is None and (module is not None or len(chain) == 1):
                break
            name, chain, module = f"{name}.{chain[0]}", chain[1:], inner
        return module, chain

    def meaning(self, module: Module, chain: Chain) -> str:
        """What a dotted name of a module stands for: 'package.name' of others, 'module:name' of ours, LOG."""
        placed = self.place(module, chain)
        if placed is not None:
            owner, inner = placed
            if self._is_logger(owner, inner[0]):
                return ".".join([LOG, *inner[1:]])
            return f"{owner.name}:{'.'.join(inner)}"
        if chain[0] not in module.imports:
            return ".".join(chain)
        target = module.imports[chain[0]][-1]
        return ".".join([target.module, *([target.name] if target.name else []), *chain[1:]])

    def _is_logger(self, module: Module, name: str) -> bool:
        values = [getattr(statement, "value", None) for statement in module.defined[name]]
        chains = [chain_of(value.func) if isinstance(value, ast.Call) else () for value in values]
        return all(bool(chain) and self.meaning(module, chain) == ".".join(exempt.LOGGER) for chain in chains)


def _line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min(node.lineno for node in [statement, *decorators])


def _asked(body: list[ast.stmt]) -> set[str] | None:
    """Attributes that a method takes of its first argument; None where it uses it otherwise."""
    names: set[str] = set()
    for function in body:
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        arguments = [*function.args.posonlyargs, *function.args.args]
        if not arguments or any(chain_of(decorator) == ("staticmethod",) for decorator in function.decorator_list):
            continue
        first, roots = arguments[0].arg, 0
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == first:
                names.add(node.attr)
                roots += 1
            elif isinstance(node, ast.Name) and (node.id in (first, "super") or node.id == "__class__"):
                roots -= 1
        if roots < 0:
            return None
    return names


def _data(folder: Path, texts: set[str]) -> list[Path]:
    """The data files that code names beside its own file, by `__file__`."""
    files: list[Path] = []
    for text in sorted(texts):
        if text and len(text) < 100 and text.strip("./") and not set("*?\n\0") & set(text):
            path = folder / text
            files += sorted(path.rglob("*")) if path.is_dir() else [path]
    ours = (path for path in files if path.is_file() and path.suffix not in (".py", ".pyc"))
    return [path for path in ours if folder in path.parents and ".." not in path.parts]


def is_external(name: str) -> bool:
    """Whether a module's top name is that of a package from elsewhere, not of Python itself."""
    return name.split(".")[0] not in sys.stdlib_module_names
