"""The source files a stage depends on, followed through its imports without importing anything.

Snakemake does not see changes in imported modules; with a digest of these files as a parameter of each rule it reruns
what an edit touches, and nothing where a file was only touched or moved. (As inputs they would be most of a plan.)
Tables of declarations are left out: the files in use are listed themselves, and of what is declared a stage reads
what its specification says, so a new entry for one loss does not rerun the others.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ldct.study.code.sources import PACKAGE


def closure(*modules: str, files: Iterable[Path] = ()) -> list[Path]:
    """Files of `modules` ('ldct.training.run'), the `files` given, and all ldct modules they import, sorted.

    A file outside the package (a user's own loss) counts, with what it imports of ldct.
    """
    seen: set[Path] = set()
    stack = [*files, *(path for module in modules for path in _files(module))]
    while stack:
        path = stack.pop()
        if path not in seen:
            seen.add(path)
            stack.extend(_imports(path))
    return sorted(path for path in seen if not (path.name == "declared.py" and PACKAGE in path.parents))


def digest(files: Iterable[Path], said: str = "") -> str:
    """'code ' and a SHA-256 of the names and contents of `files`, and of what is `said` beside them."""
    made = hashlib.sha256(said.encode())
    for path in files:
        made.update(f"{path.name} {_content(path)}\n".encode())
    return f"code {made.hexdigest()[:32]}"


@cache
def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.split(".")[0] == PACKAGE.name:
                found.update(_files(name))
    return tuple(found)


@cache
def _files(module: str) -> tuple[Path, ...]:
    """The module's file and the package files above it; () for a name that is no module."""
    parts = module.split(".")[1:]
    base = PACKAGE.joinpath(*parts)
    own = base.with_suffix(".py") if base.with_suffix(".py").is_file() and parts else base / "__init__.py"
    if not own.is_file():
        return ()
    packages = [PACKAGE.joinpath(*parts[:depth]) / "__init__.py" for depth in range(len(parts) + 1)]
    return tuple({own, *(path for path in packages if path.is_file())})
