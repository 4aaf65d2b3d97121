"""The data directory of a site: made, held by one ``quanshi run``, and nobody else's to read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from monitor.bus.locks import FileLock, LockHeldError
from monitor.trouble import Said, Trouble

PRIVATE: Final = 0o077
"""The umask of every process that writes there: what it makes is its user's alone."""

_OURS: Final = (
    "accounts.db", "alerts.db", "archive", "collect", "first-login", "good", "ledger.", "locks",
    "monitor.json", "monitor.new", "redis", "reports", "run.lock",
)  # fmt: skip
"""What the names in there begin with."""


def make_data(data: Path, language: str | None) -> None:
    """The data directory, closed to others as far as it is ours. Raises Trouble.

    A directory that holds other things too keeps its own mode: somebody else may need to get in.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        shared = False
        for entry in data.iterdir():
            if entry.name.startswith(_OURS):
                _close(entry)
            else:
                shared = True
        if not shared:
            _close(data.resolve())
    except OSError as error:
        raise _unusable(data, error, language) from error


def lock_data(data: Path, language: str | None) -> FileLock:
    """One ``quanshi run`` a data directory. Raises Trouble."""
    try:
        return FileLock(data / "run.lock")
    except LockHeldError as error:
        who = f"{data} ({error.pid})" if error.pid else str(data)
        raise Trouble(
            Said("这个数据目录已有 quanshi run 在运行", "quanshi run already runs on this data directory"),
            who,
            Said(
                "先停止它（括号中为进程号），或在 site.yaml 中换一个 data:",
                "stop that one first (its process stands in brackets), or choose another data: in site.yaml",
            ),
            language,
        ) from error
    except OSError as error:
        raise _unusable(data, error, language) from error


def _close(path: Path) -> None:
    """Take from others what an older version, or another umask, left open to them."""
    try:
        found = path.lstat()
    except FileNotFoundError:  # a journal of SQLite, gone by now
        return
    if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
        return
    if found.st_mode & PRIVATE:
        path.chmod(stat.S_IMODE(found.st_mode) & ~PRIVATE)


def _unusable(data: Path, error: OSError, language: str | None) -> Trouble:
    return Trouble(
        Said("数据目录无法使用", "the data directory cannot be used"),
        f"{data}: {error.strerror}",
        Said(
            "检查权限和磁盘，或在 site.yaml 中换一个 data:",
            "see to its rights and the disk, or choose another data: in site.yaml",
        ),
        language,
    )
