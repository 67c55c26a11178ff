"""SIGTERM asks a run to save and stop; nothing is lost and nothing is half done."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

# What a shell reports of a process that SIGTERM ended.
EXIT_CODE = 128 + signal.SIGTERM


class Termination:
    """While entered, SIGTERM only sets `requested`; outside the main thread it changes nothing."""

    def __init__(self) -> None:
        self.requested = False

    def __enter__(self) -> Termination:
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._previous = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._main:
            signal.signal(signal.SIGTERM, self._previous)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
