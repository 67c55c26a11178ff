"""Syntax trees as text: equal trees give equal text, wherever they stand in a file and whatever Python reads them."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from typing import Any

UNREAD = frozenset(("ctx", "kind", "type_comment"))


def short_hash(*trees: ast.AST | str | bytes) -> str:
    """16 hexadecimal digits that stand for syntax trees, or texts, in this order."""
    total = hashlib.sha256()
    for tree in trees:
        words: list[str] = []
        if isinstance(tree, ast.AST):
            _write(tree, words.append)
        total.update(tree if isinstance(tree, bytes) else (tree if isinstance(tree, str) else "".join(words)).encode())
        total.update(b"\0")
    return total.hexdigest()[:16]


def _write(node: Any, write: Any) -> None:
    """A tree as words, each handed to `write`."""
    if isinstance(node, ast.Constant):
        write(f"{type(node.value).__name__} {node.value!r}")
    elif isinstance(node, ast.AST):
        write(type(node).__name__)
        write("(")
        for name in node._fields:
            value = getattr(node, name, None)
            # What is empty is left out: later versions of Python add such fields.
            if name not in UNREAD and value is not None and value != []:
                write(name)
                write("=")
                _write(value, write)
                write(",")
        write(")")
    elif isinstance(node, list):
        _write_all(node, write)
    else:
        write(repr(node))


def _write_all(nodes: Iterable[Any], write: Any) -> None:
    write("[")
    for node in nodes:
        _write(node, write)
        write(",")
    write("]")
