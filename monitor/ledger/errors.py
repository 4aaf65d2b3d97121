"""The one error of the ledger, with a line for people and the decision for programs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError


class LedgerError(Exception):
    """The ledger did nothing of what was asked, and says in one line why.

    ``lasting``: trying again cannot help before somebody acts and the program is started anew (a
    damaged file, a newer schema). Otherwise (disk full, locked, read-only) the same call may be made
    again at any time: nothing was stored, and no position has moved.
    """

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


_LASTING: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CONSTRAINT")
_SAID: Final = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it is read-only for this process",
    "SQLITE_BUSY": "another process keeps it locked",
    "SQLITE_LOCKED": "another connection keeps it locked",
    "SQLITE_CORRUPT": "the file is damaged; keep a copy of it and restore a backup",
    "SQLITE_NOTADB": "the file is damaged or no SQLite database",
    "SQLITE_CANTOPEN": "it cannot be opened; does its directory exist, and may this user write there?",
    "SQLITE_IOERR": "the disk reported an error",
    "SQLITE_CONSTRAINT": "a row contradicts the schema",
}


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn whatever the database raises inside into a LedgerError about ``place``."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        # SQLAlchemy wraps what its drivers raise, except inside the hooks of a new connection.
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        raise _explain(place, cause) from error


def _explain(place: str, cause: BaseException) -> LedgerError:
    code = getattr(cause, "sqlite_errorname", "")
    for prefix, sentence in _SAID.items():
        if code.startswith(prefix):
            lasting = code.startswith(_LASTING)
            return LedgerError(f"ledger {place}: {sentence} ({code})", lasting=lasting)
    line = (str(cause) or type(cause).__name__).splitlines()[0]
    return LedgerError(f"ledger {place}: {line}")
