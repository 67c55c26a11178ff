"""Which names of a definition are its own, and which stand for something outside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from ldct.study.code import exempt
from ldct.study.code.sources import Import, Module, imported

Chain = tuple[str, ...]
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Binding = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar,
    ast.MatchMapping, ast.For, ast.AsyncFor, ast.AugAssign, ast.AnnAssign, ast.NamedExpr,
)  # fmt: skip
COMPREHENSIONS = frozenset((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
INNER = frozenset((ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef))
LEAVES = frozenset((ast.Load, ast.Store, ast.Constant))
Bindings = dict[str, list[ast.AST | Import | None]]


def chain_of(node: ast.AST) -> Chain:
    """('a', 'b', 'c') of the expression a.b.c; () of any other."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else ()


@cache
def bindings(function: ast.AST, module: Module) -> Bindings:
    """Local names of a function (or class) of `module`: what is assigned to each, None where that is not plain."""
    local: Bindings = {}
    outside: set[str] = set()
    stored: set[str] = set()
    for argument in ast.walk(function.args) if isinstance(function, Function) else ():
        if isinstance(argument, ast.arg):
            local.setdefault(argument.arg, []).append(None)
    for node in _inside(function):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                stored.add(node.id)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            outside.update(node.names)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name, target, _ in imported(node, module):
                local.setdefault(name, []).append(target)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            local.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            local.setdefault(node.optional_vars.id, []).append(node.context_expr)
        elif isinstance(node, Binding):
            for name in _bound_by(node):
                local.setdefault(name, []).append(None)
    # Names stored elsewhere than in a plain assignment: tuples, deletions.
    for name in stored - local.keys():
        local[name] = [None]
    return {name: values for name, values in local.items() if name not in outside}


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler):
        yield from [node.name] if node.name else []
    elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
    elif isinstance(node, ast.For | ast.AsyncFor | ast.AugAssign | ast.AnnAssign | ast.NamedExpr):
        yield from (n.id for n in ast.walk(node.target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _inside(function: ast.AST) -> Iterator[ast.AST]:
    """Nodes in the body of a function, those of functions and classes inside it left out."""
    body = function.body if isinstance(function, Function | ast.ClassDef) else []
    stack: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind in LEAVES:
            continue
        yield node
        if kind in COMPREHENSIONS:
            stack += [part for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
        elif kind not in INNER and kind is not ast.Name:
            for name in node._fields:
                value = getattr(node, name, None)
                if isinstance(value, list):
                    stack += [part for part in value if isinstance(part, ast.AST)]
                elif isinstance(value, ast.AST):
                    stack.append(value)


@dataclass
class Outside:
    """What a definition refers to outside itself.

    names: (import, chain): the dotted name `chain`, of what was imported inside the definition or else of its module.
    dynamic: it reaches names in a way that its text does not tell. texts: its string constants.
    """

    names: set[tuple[Import | None, Chain]] = field(default_factory=set)
    dynamic: bool = False
    texts: set[str] = field(default_factory=set)


class _Names(ast.NodeVisitor):
    """Gathers in `outside` the names of visited statements that no scope around them binds."""

    def __init__(self, module: Module):
        self.module = module
        self.outside = Outside()
        self.scopes: list[Bindings] = []

    def visit_Name(self, node: ast.Name) -> None:
        self._refer((node.id,))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if chain := chain_of(node):
            self._refer(chain)
        else:
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.outside.texts.add(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        function = chain_of(node.func)
        if function and "import_module" in function[-1:]:
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("."):
                self.outside.names.add((Import(name.value), ()))
            else:
                self.outside.dynamic = True
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.outside.names.update((None, (name,)) for name in node.names)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for _, target, modules in imported(node, self.module):
            # Loaded for what it does when it is imported, should no name of it be used.
            self.outside.names.update((Import(name, ""), ()) for name in modules)
            if target.name == "*":
                self.outside.names.add((Import(target.module), ()))

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        for part in [*getattr(node, "decorator_list", []), getattr(node, "returns", None)]:
            if part is not None:
                self.visit(part)
        self.visit(node.args)
        self.scopes.append(bindings(node, self.module))
        for part in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(part)
        self.scopes.pop()

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_Lambda = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(part)
        # Its other names are left visible from outside: too much counts rather than too little.
        names = bindings(node, self.module).items()
        self.scopes.append({name: values for name, values in names if any(isinstance(v, Import) for v in values)})
        for part in node.body:
            self.visit(part)
        self.scopes.pop()

    def _comprehension(self, node: Comprehension) -> None:
        targets = [n for part in node.generators for n in ast.walk(part.target) if isinstance(n, ast.Name)]
        self.visit(node.generators[0].iter)
        self.scopes.append({n.id: [None] for n in targets if isinstance(n.ctx, ast.Store)})
        self.generic_visit(node)
        self.scopes.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _refer(self, chain: Chain) -> None:
        """A dotted name as it is used: nothing where it is local, else what it was imported as, or a module's own."""
        for names in reversed(self.scopes):
            if chain[0] in names:
                for value in names[chain[0]]:
                    if isinstance(value, Import):
                        self.outside.names.add((value, chain[1:]))
                return
        if chain[0] in exempt.DYNAMIC:
            self.outside.dynamic = True
        self.outside.names.add((None, chain))


def outside(statements: list[ast.stmt], module: Module) -> Outside:
    """What normalised statements at the top of `module` refer to."""
    names = _Names(module)
    for statement in statements:
        names.visit(statement)
    return names.outside
