"""The one way in which kernels are compiled: cached on disk, reassociating, but with NaN and infinity intact."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

Function = TypeVar("Function", bound=Callable)

FASTMATH = {"reassoc", "contract", "arcp", "nsz"}


def kernel(function: Function) -> Function:
    """Compile `function` for the types it is called with."""
    return numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH)(function)  # type: ignore[return-value]
