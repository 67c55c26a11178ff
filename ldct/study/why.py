"""Why jobs are planned: which key of the configuration, which definition of the code, or which file has changed.

usage: ldct why [options of snakemake]

Says for each rule that 'snakemake' with the same options would run what caused it, without running anything.
Jobs of one rule with the same cause are one line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ldct.errors import ConfigError
from ldct.study.code import PACKAGE, explain

SCRIPT = PACKAGE.parent / "workflow_scripts" / "why.py"
CODE = Path("results/.code")
SHOWN, LONGEST = 8, 60
ABSENT = object()


@dataclass(frozen=True)
class Planned:
    """A job that would run, with what is on record of its last run.

    planned: its parameters by name; recorded: the values of its parameters at its last run, None where it has none.
    updated, added, removed, missing, incomplete: files; upstream: rules whose jobs run before it.
    """

    rule: str
    planned: dict[str, str] = field(default_factory=dict)
    recorded: list[str] | None = None
    updated: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    upstream: list[str] = field(default_factory=list)
    command: bool = False
    software: bool = False
    forced: bool = False


def report(jobs: Iterable[Planned], code: Path = CODE) -> list[str]:
    """A line for each rule and cause, with the number of jobs, in the order of the plan."""
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for job in jobs:
        for cause, example in causes(job, code):
            counts[job.rule, cause] += 1
            examples.setdefault((job.rule, cause), example)
    lines = []
    for (rule, cause), count in counts.items():
        example = examples[rule, cause]
        lines.append(
            f"{count:5d} {rule}: {cause}" + (f" ({'first ' if count > 1 else ''}{example})" if example else "")
        )
    return lines


def causes(job: Planned, code: Path = CODE) -> Iterator[tuple[str, str]]:
    """(cause, a file as an example or '') of a planned job; what runs before it comes last."""
    ours = list(_own_causes(job, code))
    yield from ours
    if job.upstream:
        yield f"runs after {', '.join(sorted(set(job.upstream)))}", ""
    elif not ours:
        yield "another job needs its output", ""


def _own_causes(job: Planned, code: Path) -> Iterator[tuple[str, str]]:
    if job.forced and not job.incomplete:
        yield "forced by an option", ""
    if job.incomplete:
        yield "its last run did not end", job.incomplete[0]
    if job.missing:
        yield ("its output is missing" if job.recorded is not None else "never ran here"), job.missing[0]
    if job.recorded is not None:
        for cause in dict.fromkeys(_changed_parameters(job.planned, job.recorded, code)):
            yield cause, ""
    if job.updated:
        yield "an input file changed", job.updated[0]
    if job.added:
        yield f"{_times(len(job.added), 'new input file')}", job.added[0]
    if job.removed:
        yield f"{_times(len(job.removed), 'input file')} no longer read", job.removed[0]
    if job.command:
        yield "the rule's command changed", ""
    if job.software:
        yield "the rule's software environment changed", ""


def _changed_parameters(planned: dict[str, str], recorded: list[str], code: Path) -> Iterator[str]:
    gone = [value for value in recorded if value not in planned.values()]
    for name, value in planned.items():
        if value in recorded:
            continue
        is_code = _is_code(value)
        old = next((one for one in gone if _is_code(one) == is_code), None)
        if old is None:
            yield f"parameter {name} is new"
            continue
        gone.remove(old)
        yield from _changed_code(old, code) if is_code else _changed_spec(name, old, value, code)
    yield from ("a parameter is gone" for _ in gone)


def _changed_code(old: str, folder: Path) -> Iterator[str]:
    try:
        changes = explain(old, None, folder)
    except ConfigError as error:
        yield f"code changed: {error}"
        return
    if changes is None:
        yield "code changed (which definitions it had is not on record)"
    elif not changes:
        yield "code changed: it reaches other definitions than before, or other facts are declared of it"
    else:
        for change in changes[:SHOWN]:
            yield f"code: {change}"
        if len(changes) > SHOWN:
            yield f"code: {len(changes) - SHOWN} definitions more"


def _changed_spec(name: str, old: str, new: str, folder: Path) -> Iterator[str]:
    try:
        before, now = json.loads(old), json.loads(new)
    except ValueError:
        yield f"{name} {_short(old)} -> {_short(new)}"
        return
    changes = list(differences(before, now))
    keys = [change for change in changes if not any(map(_is_code, change[1:]))]
    for path, was, become in keys[:SHOWN]:
        yield f"{name} {path or 'as a whole'}: {_short(was)} -> {_short(become)}"
    if len(keys) > SHOWN:
        yield f"{name}: {len(keys) - SHOWN} keys more"
    # A specification may hold digests of code of its own, of each metric for example.
    for _, was, become in changes:
        if isinstance(was, str) and _is_code(was) and _is_code(become):
            yield from _changed_code(was, folder)


def _is_code(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(isinstance(one, str) and one.startswith("code ") for one in values)


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, old, new) of each place where two JSON values differ; ABSENT where one has none."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), inner)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (before, now) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, now, f"{path}[{place}]")
    elif isinstance(old, list) and isinstance(new, list):
        gone, added = [x for x in old if x not in new], [x for x in new if x not in old]
        yield path, gone or ABSENT, added or ABSENT
    elif type(old) is not type(new) or old != new:
        yield path, old, new


def _short(value: Any) -> str:
    if value is ABSENT:
        return "absent"
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"


def main(argv: Sequence[str]) -> int:
    """Print the report for the options of snakemake in `argv`; returns the exit status."""
    if list(argv) in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if not SCRIPT.is_file():
        raise ConfigError(f"{SCRIPT.name} is not beside the package; run 'ldct why' from a checkout of the workflow")
    return subprocess.run([sys.executable, str(SCRIPT), *argv]).returncode
