"""A mistake of a study, and what an error of somebody's class says."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import NamedTuple

from ldct.config.sources import Location
from ldct.errors import LdctError


class Mistake(NamedTuple):
    """The keys to a setting, and what was found there, what was expected, and the nearest valid name."""

    location: Location
    text: str

    @property
    def line(self) -> str:
        """'losses.ssim.terms.0.options.size: what is wrong'."""
        return f"{'.'.join(self.location)}: {self.text}"


def said(error: Exception) -> str:
    """An error as part of a line: the message of ldct's own, else its kind, message and the line that raised it."""
    if isinstance(error, LdctError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    at = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{at}"
