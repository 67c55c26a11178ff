"""One process at a time in a folder, and no lock left behind by one that was killed.

The system's lock on a file ends with its process, but on some file systems of clusters it holds on one machine only,
and on some it does not work at all. So the file also says who holds it: host, boot, process, and when it last gave a
sign of life.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ldct.errors import InputError

# A run that only starts, or a dry run, holds the folder for moments: a second one waits so long for it.
PATIENCE_S = 20.0
HEARTBEAT_S = 30.0
# A job of another machine counts as dead after three signs of life that did not come.
LEASE_S = 100.0
UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Holder:
    """The process that holds a folder. begun: when the process started, in ticks since boot; running: whether it works
    already, since when."""

    host: str
    boot: str
    process: int
    begun: str
    running: str = ""

    @classmethod
    def here(cls, running: str = "") -> Holder:
        """This process."""
        return cls(socket.gethostname(), _boot(), os.getpid(), _begun(os.getpid()), running)

    @property
    def foreign(self) -> bool:
        """Whether it is, or was, on another machine."""
        return self.host != socket.gethostname()

    @property
    def dead(self) -> bool:
        """Whether the process is known to have ended; of another machine that is not known."""
        return not self.foreign and (self.boot != _boot() or _begun(self.process) != self.begun)


class Claim:
    """The claim of this process on a folder; it ends with the process, however that ends.

    held: whether the folder is ours. other: who has it otherwise, in words, as the last thing a user reads.
    """

    def __init__(self, path: Path, *, work: bool = True, patience_s: float = PATIENCE_S, lease_s: float | None = None):
        """Claim by the lock file `path`; without `work` only look whether another has it.

        patience_s: how long a process that only starts is waited for. lease_s: a process of another machine that gives
        no sign of life for so long counts as dead (watched here, so that no clocks are compared); None: never.
        """
        self.path, self.work = path, work
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = self._open()
        self._end = threading.Event()
        self.held, holder = self._wait(patience_s, lease_s)
        self.other = "" if self.held else self._said(holder)
        if self.held and work:
            self._write(Holder.here())
            atexit.register(self.release)
        else:
            self._unlock()

    def _wait(self, patience_s: float, lease_s: float | None) -> tuple[bool, Holder | None]:
        """Whether the folder is free, and who has it otherwise."""
        start = seen = time.monotonic()
        sign = self._sign()
        while True:
            locked, holder = self._lock(), self._holder()
            if locked is not False and not self._in_place():
                # Its last holder has removed the file meanwhile.
                self._unlock()
                self._handle = self._open()
                continue
            now = time.monotonic()
            if sign != (sign := self._sign()):
                seen = now
            silent = lease_s is not None and now - seen >= lease_s
            if locked and (holder is None or not holder.foreign or silent):
                return True, holder
            if locked is None and (holder is None or holder.dead or (holder.foreign and silent)):
                return True, holder
            leased = lease_s is not None and holder is not None and holder.foreign
            # A run goes on for long; a job that was left behind may be about to save and end.
            works = lease_s is None and holder is not None and holder.running
            if works or now - start >= (2 * (lease_s or 0) if leased else patience_s):
                return False, holder
            time.sleep(0.2)

    def _open(self) -> int:
        return os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)

    def _in_place(self) -> bool:
        """Whether the open file is still the one at the path."""
        try:
            return os.path.samestat(os.fstat(self._handle), os.stat(self.path))
        except FileNotFoundError:
            return False

    def _sign(self) -> int:
        return os.fstat(self._handle).st_mtime_ns

    def start(self) -> None:
        """Say that the work begins; from now on signs of life are given."""
        if self.held and self.work:
            self._write(Holder.here(time.strftime("%Y-%m-%d %H:%M:%S")))
            threading.Thread(target=self._beat, daemon=True).start()

    def release(self) -> None:
        """Give the folder back; the lock file goes."""
        if self.held and self.work and not self._end.is_set():
            self._end.set()
            with suppress(OSError):
                os.ftruncate(self._handle, 0)
                self.path.unlink(missing_ok=True)
            self._unlock()

    def _beat(self) -> None:
        while not self._end.wait(HEARTBEAT_S):
            with suppress(OSError):
                os.utime(self._handle)

    def _lock(self) -> bool | None:
        """Whether the system gives us its lock; None where this file system has none."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return None if error.errno in UNSUPPORTED else False
        return True

    def _unlock(self) -> None:
        with suppress(OSError):
            fcntl.flock(self._handle, fcntl.LOCK_UN)
        with suppress(OSError):
            os.close(self._handle)

    def _holder(self) -> Holder | None:
        try:
            return Holder(**json.loads(os.pread(self._handle, 1000, 0)))
        except (ValueError, TypeError):
            return None

    def _write(self, holder: Holder) -> None:
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, json.dumps(asdict(holder)).encode(), 0)

    def _said(self, holder: Holder | None) -> str:
        if holder is None:
            return "a process that only starts"
        since = f", since {holder.running}" if holder.running else ""
        said = f"process {holder.process} on {holder.host}{since}"
        if not holder.foreign:
            return said
        minutes = max(0, round((time.time() - os.fstat(self._handle).st_mtime) / 60))
        return f"{said}, last sign of life {minutes} min ago; if it is over there, delete {self.path}"


@contextmanager
def alone(folder: Path, *, patience_s: float = PATIENCE_S, lease_s: float = LEASE_S) -> Iterator[None]:
    """Nobody else works in `folder` meanwhile: a job that outlived its run would write the same files.

    Raises InputError where another does: a process of this machine, or one of another that gives signs of life.
    """
    claim = Claim(folder / ".lock", patience_s=patience_s, lease_s=lease_s)
    if claim.other:
        action = "Wait for it or end it, then run the same command again; what it has done is kept."
        raise InputError(folder, f"another job at work here ({claim.other})", "nobody", action)
    claim.start()
    try:
        yield
    finally:
        claim.release()


def _boot() -> str:
    with suppress(OSError):
        return BOOT.read_text(encoding="utf-8").strip()
    return ""


def _begun(process: int) -> str:
    """When a process of this machine started, '' where there is none (or no /proc: then whether it lives)."""
    try:
        # After the name in brackets, which may hold anything, the 20th field.
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        if Path("/proc/self/stat").exists():
            return ""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "alive"
