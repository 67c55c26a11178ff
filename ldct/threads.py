"""How many threads the compiled kernels may use."""

from __future__ import annotations

import os

import numba


def limit_threads() -> int:
    """Let OMP_NUM_THREADS bound numba's threads where NUMBA_NUM_THREADS does not; return the number in use."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if "NUMBA_NUM_THREADS" not in os.environ and asked.isdigit() and int(asked) > 0:
        numba.set_num_threads(min(int(asked), numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
    return numba.get_num_threads()
