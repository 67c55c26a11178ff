"""Options of a class against its signature."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ldct.checks.mistake import Mistake
from ldct.config.sources import Location
from ldct.declaration import nearest

# What the workflow hands over by itself.
GIVEN = ("intensity", "weights_dir", "encoder")
NAMED = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def options_of(kind: type) -> tuple[dict[str, Any], bool]:
    """Keyword arguments of a class with their defaults, and whether it takes any other too.

    An `__init__` with **options hands them to the next class of its order.
    """
    options: dict[str, Any] = {}
    handed_on = False
    for base in kind.__mro__:
        if "__init__" not in vars(base) or base.__module__.partition(".")[0] in ("builtins", "torch"):
            continue
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        for one in parameters:
            if one.kind in NAMED:
                options.setdefault(one.name, one.default)
        handed_on = any(one.kind is one.VAR_KEYWORD for one in parameters)
        if not handed_on:
            break
    return options, handed_on


def wrong_options(
    kind: type, use: str, given: Mapping[str, Any], at: Location, ours: Iterable[str] = GIVEN
) -> Iterator[Mistake]:
    """Options that the class does not have, and those that it cannot do without; ours: not the user's to give."""
    options, any_other = options_of(kind)
    theirs = {name: default for name, default in options.items() if name not in ours}
    for name in given:
        if name not in theirs and not any_other:
            hint = nearest(name, theirs) if theirs else "; it takes none"
            yield Mistake((*at, name), f"unknown option of {use}{hint}")
    for name, default in theirs.items():
        if default is inspect.Parameter.empty and name not in given:
            yield Mistake((*at, name), f"missing; {use} cannot be built without it")
