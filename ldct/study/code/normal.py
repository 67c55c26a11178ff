"""Statements without what cannot change a result: docstrings, annotations, messages, logging, progress bars."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from ldct.study.code import exempt
from ldct.study.code.scope import bindings, chain_of
from ldct.study.code.sources import Import, Module, blocks

# What the root of a dotted name stands for: 'logging.getLogger' of another package, or 'module:name' of ours.
Meaning = Callable[[tuple[str, ...]], str]
Function = ast.FunctionDef | ast.AsyncFunctionDef
Kinds = dict[str, str | None]

LOG, BAR = "a logger", "a progress bar"


class Normal:
    """Normalises statements of a module in their places; `meaning` says what its names stand for."""

    def __init__(self, module: Module, meaning: Meaning):
        self.module, self.meaning = module, meaning

    def statement(self, statement: ast.stmt) -> list[ast.stmt]:
        """A statement at module level in its plainest form; [] where nothing is left."""
        return self._block([statement], [], annotated=False)

    def _block(self, body: Iterable[ast.stmt], kinds: list[Kinds], annotated: bool) -> list[ast.stmt]:
        return [plain for statement in body for plain in self._plain(statement, kinds, annotated)]

    def _plain(self, node: ast.stmt, kinds: list[Kinds], annotated: bool) -> list[ast.stmt]:
        if isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            return []
        if isinstance(node, Function):
            self._function(node, kinds)
        elif isinstance(node, ast.ClassDef):
            node.body = self._block(node.body, kinds, annotated=True)
        elif isinstance(node, ast.Expr | ast.Assign) and self._only_tells(node, kinds):
            return [ast.copy_location(ast.Expr(call), call) for call in _effects(node.value)]
        elif isinstance(node, ast.Raise):
            self._raise(node, kinds)
        elif isinstance(node, ast.Assert):
            node.msg = None
        elif isinstance(node, ast.AnnAssign) and not annotated:
            if node.value is None:
                return []
            node = ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)
        else:
            return self._compound(node, kinds)
        self._without_bars(node, kinds)
        return [node]

    def _compound(self, node: ast.stmt, kinds: list[Kinds]) -> list[ast.stmt]:
        for part in blocks(node):
            part[:] = self._block(part, kinds, annotated=False)
        self._without_bars(node, kinds)
        if isinstance(node, ast.If) and not node.body and not node.orelse and not _effects(node.test):
            return []
        if isinstance(node, ast.With):
            node.items = [item for item in node.items if not self._is_bar(item.context_expr, kinds)]
            return [node] if node.items else node.body
        return [node]

    def _function(self, node: Function, kinds: list[Kinds]) -> None:
        names = bindings(node, self.module)
        kinds = [*kinds, {name: self._kind(values) for name, values in names.items()}]
        node.body = self._block(node.body, kinds, annotated=False)
        plain = {"staticmethod", "classmethod", "property"}
        # A decorator of another kind may read annotations, as functools.singledispatch does.
        if all(isinstance(decorator, ast.Name) and decorator.id in plain for decorator in node.decorator_list):
            node.returns = None
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None

    def _kind(self, values: list[ast.AST | Import | None]) -> str | None:
        """What a local name is, by all that is assigned to it."""
        found = {self._kind_of(value) for value in values}
        return found.pop() if len(found) == 1 else None

    def _kind_of(self, value: ast.AST | Import | None) -> str | None:
        if isinstance(value, Import):
            return value.module if value.name is None else f"{value.module}.{value.name}"
        if isinstance(value, ast.Call) and (chain := chain_of(value.func)):
            meant = self.meaning(chain)
            if meant == ".".join(exempt.LOGGER):
                return LOG
            if (_is_bar(meant) and not value.args) or meant.startswith(exempt.PROGRESS):
                return BAR
        return None

    def _means(self, chain: tuple[str, ...], kinds: list[Kinds]) -> str:
        """What a dotted name stands for where the functions around it bind `kinds`; '' for other local names."""
        for names in reversed(kinds):
            if chain[0] in names:
                kind = names[chain[0]]
                return ".".join([kind, *chain[1:]]) if kind else ""
        return self.meaning(chain)

    def _only_tells(self, node: ast.Expr | ast.Assign, kinds: list[Kinds]) -> bool:
        if not isinstance(node.value, ast.Call):
            return False
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            return bool(kinds) and isinstance(target, ast.Name) and kinds[-1].get(target.id) in (LOG, BAR)
        function = node.value.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
            # logging.getLogger("pydicom").setLevel(...)
            chain = chain_of(function.value.func)
            return bool(chain) and self._means(chain, kinds) == ".".join(exempt.LOGGER)
        chain = chain_of(function)
        meant = self._means(chain, kinds) if chain else ""
        return meant.startswith((*exempt.TELLING, LOG, BAR)) and meant != LOG

    def _is_bar(self, node: ast.AST, kinds: list[Kinds]) -> bool:
        chain = chain_of(node.func) if isinstance(node, ast.Call) else ()
        return bool(chain) and _is_bar(self._means(chain, kinds))

    def _raise(self, node: ast.Raise, kinds: list[Kinds]) -> None:
        if not isinstance(node.exc, ast.Call) or not (chain := chain_of(node.exc.func)):
            return
        meant = self._means(chain, kinds)
        if exempt.no_result(meant.partition(":")[0]) or exempt.only_text(meant):
            node.exc = node.exc.func

    def _without_bars(self, node: ast.AST, kinds: list[Kinds]) -> None:
        """Put what a bar runs over in the place of the bar, in the expressions of a statement."""
        if not self.module.has_bars:
            return
        for name, value in ast.iter_fields(node):
            for at, one in enumerate(value) if isinstance(value, list) else ((None, value),):
                if not isinstance(one, ast.expr | ast.withitem | ast.comprehension | ast.keyword):
                    continue
                if isinstance(one, ast.Call) and one.args and self._is_bar(one, kinds):
                    one = one.args[0]
                    if at is None:
                        setattr(node, name, one)
                    else:
                        value[at] = one
                self._without_bars(one, kinds)


def _is_bar(meant: str) -> bool:
    return meant in exempt.BARS


def _effects(node: ast.AST) -> list[ast.Call | ast.NamedExpr]:
    """Calls in a message that may do more than tell, the outermost ones."""
    found: list[ast.Call | ast.NamedExpr] = []
    parts = ast.iter_child_nodes(node)
    if isinstance(node, ast.Call):
        parts = [*node.args, *(word.value for word in node.keywords)]
    for part in parts:
        if isinstance(part, ast.NamedExpr) or (isinstance(part, ast.Call) and not _is_pure(part)):
            found.append(part)
        else:
            found += _effects(part)
    return found


def _is_pure(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Constant | ast.JoinedStr)
    return isinstance(function, ast.Name) and function.id in exempt.PURE
