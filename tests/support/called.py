"""The functions of ldct that really run: the referee of what is said to be reachable."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ldct.study.code import PACKAGE
from ldct.study.code.exempt import no_result

# What a stage is handed ready-made: its spec, whose JSON is compared, and declarations, whose classes are entries.
GIVEN = ("ldct.config.", "ldct.stages.", "ldct.declar")


@contextmanager
def calls_of_ldct() -> Iterator[set[str]]:
    """Qualified names ('module:function', 'module:Class.method') of what is called inside the block."""
    names: set[str] = set()

    def look(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(str(PACKAGE)) or not code.co_flags & inspect.CO_OPTIMIZED:
            return
        module, name = frame.f_globals["__name__"], code.co_qualname.split(".<locals>")[0]
        if not no_result(module) and not module.startswith(GIVEN) and "<" not in name:
            names.add(f"{module}:{name}")

    before = sys.getprofile()
    threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield names
    finally:
        sys.setprofile(before)
        threading.setprofile(None)  # type: ignore[arg-type]
