"""A conda that runs anywhere, and a channel of stub packages, so that `snakemake --sdm conda` can be tested offline.

conda is the genuine one that conda-lock carries. The packages of the channel are empty, at the versions that
envs/*.yaml pin; its `python` runs the interpreter of the tests. So this proves that the env files are valid, that each
rule is run in its env, and what a change of an env reruns; it does not prove that conda-forge can solve them.
"""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import os
import re
import sys
import tarfile
from pathlib import Path

import yaml

ACTIVATE = 'eval "$({conda} shell.posix activate "$1")"\n'
CONDA = """#!/bin/sh
export PYTHONPATH={alias} CONDA_NO_PLUGINS=true CONDARC={condarc}
exec {python} -m conda "$@"
"""


def pins(envs: Path) -> set[tuple[str, str]]:
    """(package, version) of every dependency of the env files; raises ValueError for one that is not pinned."""
    found = {("pip", "25.0")}
    for path in sorted(envs.glob("*.yaml")):
        for item in yaml.safe_load(path.read_text())["dependencies"]:
            if isinstance(item, dict) or item == "pip":
                continue
            match = re.fullmatch(r"([\w.-]+) =([\d.]+)", item)
            if match is None:
                raise ValueError(f"{path.name}: '{item}' is not pinned as 'name =version'")
            found.add((match[1], match[2]))
    return found


def package(name: str, version: str, folder: Path) -> dict[str, object]:
    """Write a stub package to `folder`; returns its entry in the channel's index."""
    files = {}
    if name == "python":
        files["bin/python"] = files["bin/python3.11"] = f'#!/bin/sh\nexec {sys.executable} "$@"\n'.encode()
    index = {
        "name": name,
        "version": f"{version}.0",
        "build": "0",
        "build_number": 0,
        "depends": [],
        "subdir": folder.name,
        "license": "none",
    }
    paths = [
        {
            "_path": path,
            "path_type": "hardlink",
            "sha256": hashlib.sha256(data).hexdigest(),
            "size_in_bytes": len(data),
        }
        for path, data in files.items()
    ]
    info = {
        "info/index.json": json.dumps(index).encode(),
        "info/files": "".join(f"{path}\n" for path in files).encode(),
        "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}).encode(),
    }
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path, data in {**info, **files}.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), 0o755 if path in files else 0o644
            tar.addfile(member, io.BytesIO(data))
    data = bz2.compress(stream.getvalue())
    file = folder / f"{name}-{version}.0-0.tar.bz2"
    file.write_bytes(data)
    checks = {"md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return {file.name: {**index, **checks}}


def write_channel(folder: Path, packages: set[tuple[str, str]]) -> None:
    """A channel 'conda-forge' under `folder` with these packages."""
    for subdir in ("linux-64", "noarch"):
        place = folder / "conda-forge" / subdir
        place.mkdir(parents=True, exist_ok=True)
        entries: dict[str, object] = {}
        if subdir == "linux-64":
            for name, version in sorted(packages):
                entries |= package(name, version, place)
        index = {"info": {"subdir": subdir}, "packages": entries, "packages.conda": {}}
        (place / "repodata.json").write_text(json.dumps(index))


def make_conda(venv: Path, folder: Path) -> dict[str, str]:
    """A `conda` on the PATH of the environment returned, whose only channel lies under `folder`.

    venv: where `make test-conda` installed conda-lock and what conda needs.
    """
    (vendored,) = venv.glob("lib/python*/site-packages/conda_lock/_vendor/conda")
    alias, binaries, condarc = folder / "alias", folder / "bin", folder / "condarc"
    alias.mkdir(parents=True, exist_ok=True)
    binaries.mkdir(parents=True)
    (alias / "conda").symlink_to(vendored)
    conda = binaries / "conda"
    conda.write_text(CONDA.format(alias=alias, condarc=condarc, python=venv / "bin/python"))
    conda.chmod(0o755)
    # Snakemake sources the one beside conda's own interpreter.
    (venv / "bin/activate").write_text(ACTIVATE.format(conda=conda))
    settings = {
        "channel_alias": f"file://{folder}/channels",
        "solver": "classic",
        "channel_priority": "strict",
        # Else conda asks for pip wherever python is, and the conflict it then reports misleads.
        "add_pip_as_python_dependency": False,
        "pkgs_dirs": [str(folder / "pkgs")],
        "notify_outdated_conda": False,
    }
    condarc.write_text(yaml.safe_dump(settings))
    return {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"}
