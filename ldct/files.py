"""Files and folders that appear whole or not at all, and the folder of pretrained weights."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent if (PACKAGE.parent / "Snakefile").is_file() else None
# Where the workflow is: a checkout, or what an installed package carries.
PROJECT = CHECKOUT or PACKAGE / "workflow"


def weights_folder() -> Path:
    """Folder of pretrained weights, from any working folder: $LDCT_WEIGHTS, or resources/weights of the checkout, or
    the user's data folder where ldct is installed without one."""
    if named := os.environ.get("LDCT_WEIGHTS"):
        return Path(named)
    if CHECKOUT:
        return CHECKOUT / "resources" / "weights"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "ldct" / "weights"


def sha256(path: Path) -> str:
    """SHA-256 of a file of any size, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def atomic(path: str | Path, *, durable: bool = False, private: bool = False) -> Iterator[Path]:
    """An empty temporary file beside `path` that replaces it when it is left without an error, and goes otherwise.

    Its mode is that of any new file here: plain creation honours the umask and the folder's own rules, which temporary
    files of the system do not. durable: it also survives a crash of the machine. private: its owner alone may
    read it, from the first moment. Missing folders are made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.touch(0o600 if private else 0o666, exist_ok=False)
        yield temporary
        if durable:
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """An empty temporary folder beside `path` that takes its place when it is left without an error.

    What a killed job left of it is removed first, and what a failed one wrote at once.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def link(path: Path, target: Path) -> None:
    """Make `path` a symbolic link to `target`, in place of another one."""
    if path.is_symlink() and path.resolve() == target.resolve():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    temporary.symlink_to(target)
    os.replace(temporary, path)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Replace `path` by `content` in one step that survives a crash of the machine."""
    with atomic(path, durable=True) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Replace `path` by `content` in UTF-8, as `write_bytes` does."""
    write_bytes(path, content.encode())


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Replace `path` by `content` as JSON with sorted keys, as `write_bytes` does."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True) + "\n")


def set_aside(path: str | Path) -> Path:
    """Move a damaged file or folder out of the way, so that the next run makes it anew; where it is now."""
    path = Path(path)
    aside = path.with_name(f"{path.name}.damaged")
    if aside.is_dir():
        shutil.rmtree(aside)
    os.replace(path, aside)
    return aside
