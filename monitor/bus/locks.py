"""One owner for a file or directory, proven by the kernel: the lock ends with its last holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class LockHeldError(Exception):
    """Somebody else has the lock; ``pid`` is who wrote itself into it (0: could not be read)."""

    def __init__(self, path: Path, pid: int) -> None:
        super().__init__(f"{path} is held by process {pid}" if pid else f"{path} is held")
        self.pid = pid


class FileLock:
    """An exclusive flock. A child that inherits ``fd`` holds it too, until both are gone.

    The file stays when the lock is released: removing it would let two owners lock two files of one name.
    """

    def __init__(self, path: Path) -> None:
        """Takes the lock or raises LockHeldError; OSError when the file cannot be made."""
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = _read_pid(self.fd)
            os.close(self.fd)
            raise LockHeldError(path, pid) from error
        os.truncate(self.fd, 0)
        os.pwrite(self.fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Gives the lock back; a second call does nothing."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def _read_pid(fd: int) -> int:
    text = os.pread(fd, 20, 0).strip()
    return int(text) if text.isdigit() else 0
