"""Definitions that enter themselves in a table when their module is imported: they count though no code names them."""

from __future__ import annotations

import ast

from ldct.study.code import exempt
from ldct.study.code.parts import Reader
from ldct.study.code.scope import Chain, bindings, chain_of
from ldct.study.code.sources import Module

# Methods that run when an instance is made.
MAKING = ("__init__", "__new__", "__post_init__", "__call__", "__init_subclass__")


def registering(reader: Reader, module: Module) -> list[str]:
    """Names of `module` whose decorator, value or base class writes to a table as the module is imported."""
    if module.path not in reader.registering:
        names = [n for n, statements in module.defined.items() if any(_fills(reader, module, s) for s in statements)]
        reader.registering[module.path] = names
    return reader.registering[module.path]


def _fills(reader: Reader, module: Module, statement: ast.stmt) -> bool:
    """Whether a definition enters itself: by a decorator, by the call that gives its value, or by its base class."""
    value = getattr(statement, "value", None)
    calls = [value] if isinstance(value, ast.Call) else []
    callers = [*getattr(statement, "decorator_list", []), *(call.func for call in calls)]
    chains = [chain_of(node.func if isinstance(node, ast.Call) else node) for node in callers]
    if any(chain and _writes(reader, module, chain) for chain in chains):
        return True
    return isinstance(statement, ast.ClassDef) and any(
        (chain := chain_of(base)) and _tells_its_base(reader, module, chain) for base in statement.bases
    )


def _tells_its_base(reader: Reader, module: Module, chain: Chain) -> bool:
    """Whether the class `chain`, or one above it, is told of its subclasses (`__init_subclass__`)."""
    placed = reader.place(module, chain)
    if placed is None:
        return False
    owner, (name, *_) = placed
    for base in owner.defined[name]:
        if isinstance(base, ast.ClassDef):
            names = {method.name for method in base.body if isinstance(method, ast.FunctionDef)}
            above = [above for node in base.bases if (above := chain_of(node)) and above != (name,)]
            if "__init_subclass__" in names or any(_tells_its_base(reader, owner, node) for node in above):
                return True
    return False


def _writes(reader: Reader, module: Module, chain: Chain) -> bool:
    """Whether calling what `chain` stands for writes to a name of a module of ours."""
    placed = reader.place(module, chain)
    if placed is None:
        return False
    owner, (name, *rest) = placed
    for statement in owner.defined[name]:
        if isinstance(statement, ast.ClassDef):
            methods = [node for node in statement.body if isinstance(node, ast.FunctionDef) and node.name in MAKING]
            if (rest and rest[-1] in exempt.FILLING) or any(_writes_outside(method, owner) for method in methods):
                return True
        elif isinstance(statement, ast.FunctionDef):
            if (rest and rest[-1] in exempt.FILLING) or (not rest and _writes_outside(statement, owner)):
                return True
        elif rest:
            # A method of an object, which may keep what it is given.
            return True
    return False


def _writes_outside(function: ast.FunctionDef, module: Module) -> bool:
    """Whether a function changes something that is not its own: a global, an attribute or entry of an outer name."""
    inside = [n for n in ast.walk(function) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    local = {name for part in inside for name in bindings(part, module)}
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            return True
        target = None
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            target = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in exempt.FILLING:
            target = node.func.value
        while isinstance(target, ast.Subscript | ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name) and target.id not in local:
            return True
    return False
