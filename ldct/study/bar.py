"""Progress of what takes long before any job runs."""

from __future__ import annotations

import sys

from tqdm import tqdm


def late_bar(text: str, unit: str, patience_s: float) -> tqdm:
    """A bar on standard error, of nothing yet, which appears after `patience_s` and goes when the process ends.

    Where standard error is no terminal it is written less often.
    """
    every = 0.5 if sys.stderr.isatty() else max(patience_s, 0.1)
    return tqdm(total=0, desc=text, unit=f" {unit}", delay=patience_s, leave=False, mininterval=every)
