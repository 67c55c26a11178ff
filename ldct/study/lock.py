"""One run at a time in a folder, and no lock left behind by a run that was killed.

Snakemake's own lock outlives a killed run. The system's lock on a file does not, so it tells whether a run is alive.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

RUNNING = "running"
# A run that only starts, or a dry run, holds the folder for moments: a second one waits so long for it.
PATIENCE_S = 20.0


class Claim:
    """The claim of this process on a Snakemake folder; it ends with the process, however that ends."""

    def __init__(self, folder: Path, patience_s: float = PATIENCE_S):
        """Claim `folder` (.snakemake) and, where nobody else holds it, remove the locks that a killed run left."""
        folder.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(folder / "ldct.lock", os.O_RDWR | os.O_CREAT, 0o666)
        end = time.monotonic() + patience_s
        while not (held := self._take()) and not self._holder().startswith(RUNNING) and time.monotonic() < end:
            time.sleep(0.2)
        self.held = held
        self.other = "" if held else self._holder()
        if held:
            self._write("starting")
            for stale in (folder / "locks").glob("*.lock"):
                stale.unlink(missing_ok=True)

    def start(self) -> None:
        """Say that jobs are about to run."""
        if self.held:
            self._write(f"{RUNNING} as process {os.getpid()} since {time.strftime('%Y-%m-%d %H:%M:%S')}")

    def _take(self) -> bool:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # Held by another, or a file system without locks: Snakemake's own lock then decides alone.
            return False
        return True

    def _holder(self) -> str:
        return os.pread(self._handle, 200, 0).decode(errors="replace")

    def _write(self, text: str) -> None:
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text.encode(), 0)
