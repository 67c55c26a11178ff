"""Progress as people know it: a bar on a terminal, else a plain line every few seconds."""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import Any

from tqdm import tqdm

INTERVAL_S = 5.0

log = logging.getLogger("ldct")


def wants_bar() -> bool:
    """Whether stderr is a terminal that this run has to itself (the workflow sets LDCT_PROGRESS=lines)."""
    return sys.stderr.isatty() and os.environ.get("LDCT_PROGRESS", "bar") == "bar"


class Progress:
    """Tells epoch, loss, validation RMSE, images/s and time left of the run called `label`."""

    def __init__(self, label: str, epochs: int, steps_per_epoch: int, batch: int, done: int, bar: bool | None = None):
        self.label, self.epochs, self.steps_per_epoch, self.batch = label, epochs, steps_per_epoch, batch
        self.rmse = float("nan")
        self._started = self._told = time.monotonic()
        self._first = self._told_step = done
        self._bar = None
        if wants_bar() if bar is None else bar:
            total = epochs * steps_per_epoch
            self._bar = tqdm(total=total, initial=done, desc=label, unit=" steps", dynamic_ncols=True)

    def step(self, done: int, loss: float) -> None:
        """After `done` steps of the whole run; `loss` is the running epoch's mean so far."""
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
            self._bar.set_postfix_str(self._numbers(done, loss), refresh=False)
        elif time.monotonic() - self._told >= INTERVAL_S:
            self._line(done, loss)

    def epoch(self, done: int, row: dict[str, Any]) -> None:
        """After an epoch with history row `row`."""
        self.rmse = row["validation_rmse_hu"]
        if self._bar is None:
            self._line(done, row["train_loss"])

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _line(self, done: int, loss: float) -> None:
        epoch = min(self.epochs, -(-done // self.steps_per_epoch))
        left = (self.epochs * self.steps_per_epoch - done) * self._seconds_per_step(done)
        log.info("%s: epoch %d/%d, %s, %s left", self.label, epoch, self.epochs, self._numbers(done, loss), clock(left))
        self._told, self._told_step = time.monotonic(), done

    def _numbers(self, done: int, loss: float) -> str:
        rmse = f", validation RMSE {self.rmse:.1f} HU" if self.rmse == self.rmse else ""
        return f"loss {loss:.4g}{rmse}, {self.batch / max(self._seconds_per_step(done), 1e-9):.0f} images/s"

    def _seconds_per_step(self, done: int) -> float:
        return (time.monotonic() - self._started) / max(1, done - self._first)


def clock(seconds: float) -> str:
    """'42 s', '3 min 05 s' or '2 h 07 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
