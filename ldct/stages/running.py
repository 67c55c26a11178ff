"""A stage as a command: its parts as options, a log, and no traceback where the input is at fault."""

from __future__ import annotations

import argparse
import errno
import inspect
import logging
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ldct.digests import RESULTS, forget, record, require_unaltered, results_of
from ldct.errors import LdctError
from ldct.machine import versions
from ldct.stages.base import REFUSED, Stage, paths
from ldct.store import find, keep, key_of, store_of

STORAGE = {
    errno.ENOSPC: "the disk of the results is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EFBIG: "a file would be larger than this system allows",
    errno.EROFS: "the disk of the results is read-only",
    errno.EACCES: "no permission",
    errno.EIO: "the disk reports an error",
}
_log = logging.getLogger("ldct")
# How the options of each part begin.
PREFIXES = {"inputs": "--", "outputs": "--output-", "sources": "--source-"}


def main(stage: type[Stage], arguments: Sequence[str] | None = None) -> None:
    """Run one job of `stage` as the command line says; an LdctError or a full disk ends it with a message, status 1."""
    given = vars(parser(stage).parse_args(arguments))
    parts: dict[str, Any] = {"spec": stage.Spec.model_validate_json(given["spec"])}
    for part, kind in _parts(stage).items():
        values = {name: given[f"{part}.{name}"] for name in kind.model_fields}
        parts[part] = kind.model_validate({name: value for name, value in values.items() if value is not None})
    refused = (results_of(next(chain(*paths(parts["outputs"]).values()))) or Path(RESULTS)) / REFUSED
    if stage.needs_check and refused.is_file():
        message = f"error: the check of the study failed, see {refused}; nothing is computed before it is right"
        print(message, file=sys.stderr)
        raise SystemExit(1)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    logging.getLogger("ldct").setLevel(logging.INFO)
    try:
        _work(stage, parts, given["code"])
    except LdctError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        why = STORAGE.get(error.errno or 0)
        if why is None:
            raise
        where = f" at {error.filename}" if error.filename else ""
        print(
            f"error: {why}{where} ({os.strerror(error.errno or 0)}). Half-written files were removed, finished results "
            "are kept; mend it and run the same command again.",
            file=sys.stderr,
        )
        raise SystemExit(1) from None


def _work(stage: type[Stage], parts: Mapping[str, Any], code: str | None) -> None:
    """Do the job, or take what an equal one has left in the store; record the bytes of what is written."""
    read, written = paths(parts["inputs"]), paths(parts["outputs"])
    require_unaltered(chain(*read.values()))
    outputs = list(chain(*written.values()))
    for path in outputs:
        forget(path)
    store = store_of(outputs) if stage.stored and code else None
    key = ""
    if store and code:
        key = key_of(
            stage.name(), parts["spec"].canonical(), code, read, {name: versions()[name] for name in stage.stored}
        )
    if store and find(store, key, outputs):
        _log.info("%s: taken from the store, made before of equal data, settings and code", outputs[0])
    else:
        stage.run(**{name: parts[name] for name in inspect.signature(stage.run).parameters})
    beside = stage.beside(parts["outputs"])
    kept = [(path, beside.get(name, ())) for name, some in written.items() for path in some if path.exists()]
    for path, more in kept:
        record(path, more)
    if store and stage.worth_keeping(parts["outputs"]):
        keep(store, key, stage.name(), kept)


def parser(stage: type[Stage]) -> argparse.ArgumentParser:
    """An option for the spec, and one for each input, output and source of `stage`."""
    made = argparse.ArgumentParser(
        description=stage.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    names = ", ".join(stage.Spec.model_fields) or "none"
    made.add_argument("--code", help="digest of the code that the job runs; with it the store is asked")
    made.add_argument("--spec", default="{}", help=f"what the job reads of the configuration, JSON: {names}")
    for part, kind in _parts(stage).items():
        for name, field in kind.model_fields.items():
            made.add_argument(
                f"{PREFIXES[part]}{name}",
                dest=f"{part}.{name}",
                nargs=_nargs(field),
                required=part != "outputs" and field.is_required() and _nargs(field) is None,
                default=None,
                metavar="PATH",
                help=field.description,
            )
    return made


def command(stage: type[Stage]) -> str:
    """The shell command of the rule of `stage`; its script is in the folder $LDCT_SCRIPTS."""
    words = [f'python "$LDCT_SCRIPTS/{stage.name()}.py" --spec {{params.spec:q}}']
    words += ["--code {params.code:q}"] if stage.stored else []
    words += [f"--{name} {{input.{name}:q}}" for name in stage.Inputs.model_fields]
    words += [f"--output-{name} {{output.{name}:q}}" for name in stage.Outputs.model_fields]
    if stage.Sources.model_fields:
        words.append("{params.sources}")
    return " ".join(words) + " 2>&1 | tee {log:q}"


def source_options(sources: BaseModel, prefix: str = "") -> str:
    """The options that hand `sources` to the job, quoted for the shell.

    prefix: the folder in which a workflow that uses this one as a module puts the results.
    """
    words = []
    for name, listed in paths(sources).items():
        kept = "kept" in type(sources).model_fields[name].metadata
        words += [f"--source-{name}", *(f"{prefix if kept else ''}{path}" for path in listed)] if listed else []
    return shlex.join(words)


def _parts(stage: type[Stage]) -> dict[str, type[BaseModel]]:
    return {"inputs": stage.Inputs, "outputs": stage.Outputs, "sources": stage.Sources}


def _nargs(field: FieldInfo) -> str | None:
    """As argparse counts: any number for a list, none or one for an optional file, one otherwise."""
    if get_origin(field.annotation) in (list, tuple):
        return "*"
    return "?" if type(None) in get_args(field.annotation) else None
