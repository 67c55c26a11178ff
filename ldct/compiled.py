"""The one way in which kernels are compiled: kept on disk where possible, else compiled anew by each process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable)

# Reassociating, but with NaN and infinity intact.
FASTMATH = {"reassoc", "contract", "arcp", "nsz"}


def njit(**options: Any) -> Callable[[Function], Function]:
    """numba.njit with `options` and a cache; without one where neither the package's folder nor the user's can be
    written (a read-only checkout without a home)."""

    def compile_it(function: Function) -> Function:
        try:
            return numba.njit(cache=True, **options)(function)  # type: ignore[return-value]
        except RuntimeError:
            return numba.njit(**options)(function)  # type: ignore[return-value]

    return compile_it


def kernel(function: Function) -> Function:
    """Compile `function` for the types it is called with; it runs without the interpreter's lock."""
    return njit(nogil=True, error_model="numpy", fastmath=FASTMATH)(function)
