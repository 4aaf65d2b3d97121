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
    damaged file, a newer schema). Otherwise (disk full, locked, read-only, a server that is away) the same
    call may be made again at any time: nothing was stored, and no position has moved. Only where the
    connection broke at the very end nobody knows: then all was stored, and the same call finds it so.
    """

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


class LedByAnotherError(LedgerError):
    """Another monitor leads: what this one would write is not wanted any more. Nothing was stored."""

    def __init__(self) -> None:
        super().__init__("ledger: another monitor leads", lasting=True)


class LockedError(LedgerError):
    """Somebody else keeps it locked for longer than was to be waited."""


_DAMAGED: Final = "the file is damaged; keep a copy of it and restore a backup"
_NO_SQLITE: Final = "the file is damaged or no SQLite database"
_HURT: Final = "the database is damaged; keep a copy of it and restore a backup"
_SCHEMA: Final = "a row contradicts the schema"
_LOCKED: Final = "another process keeps it locked"
_LASTING: Final = frozenset((_DAMAGED, _NO_SQLITE, _HURT, _SCHEMA))

_SQLITE: Final = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it is read-only for this process",
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": "another connection keeps it locked",
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _NO_SQLITE,
    "SQLITE_CANTOPEN": "it cannot be opened; does its directory exist, and may this user write there?",
    "SQLITE_IOERR": "the disk reported an error",
    "SQLITE_CONSTRAINT": _SCHEMA,
}

_POSTGRES: Final = {
    "08": "the connection to the server broke",
    "23": _SCHEMA,
    "25006": "it is read-only: is this a standby?",
    "25P03": "the server ended a transaction that said nothing for too long",
    "28": "the server does not let us in: see to user and password, in ledger:, PGPASSWORD or ~/.pgpass",
    "3D000": "there is no such database; create it (createdb)",
    "40": "another process was faster",
    "42501": "this user may not do that there",
    "53100": "the disk is full",
    "53200": "the server is out of memory",
    "53300": "the server has too many connections",
    "55P03": _LOCKED,
    "57014": "the server broke the statement off",
    "57P": "the server is starting or stopping",
    "58": "the server's disk reported an error",
    "P0001": _SCHEMA,
    "XX001": _HURT,
    "XX002": _HURT,
}
"""By the beginning of an SQLSTATE. Who mends one of these need not touch us, so few of them last."""


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn whatever the database raises inside into a LedgerError about ``place``."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        # SQLAlchemy wraps what its drivers raise, except inside the hooks of a new connection.
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        raise _explain(place, cause) from error
    except Exception as error:
        if not _is_of_driver(error):
            raise
        raise _explain(place, error) from error


def _is_of_driver(error: Exception) -> bool:
    """Whether asyncpg raised it, which need not be installed: a connection is made without SQLAlchemy."""
    return any(kind.__module__.startswith("asyncpg.") for kind in type(error).__mro__)


def _explain(place: str, cause: BaseException) -> LedgerError:
    code, sentence = _sentence(cause)
    if sentence == _LOCKED:
        return LockedError(f"ledger {place}: {sentence} ({code})")
    if sentence:
        return LedgerError(f"ledger {place}: {sentence} ({code})", lasting=sentence in _LASTING)
    if isinstance(cause, OSError) and place.startswith("postgresql:"):
        reason = "no answer in time" if isinstance(cause, TimeoutError) else _line(cause)
        return LedgerError(f"ledger {place}: the server cannot be reached ({reason})")
    return LedgerError(f"ledger {place}: {_line(cause)}")


def _sentence(cause: BaseException) -> tuple[str, str]:
    """What is wrong, and in brackets the word by which it can be looked up. Empty when we know no better."""
    code = getattr(cause, "sqlite_errorname", "")
    for prefix, sentence in _SQLITE.items():
        if code.startswith(prefix):
            return code, sentence
    code = getattr(cause, "sqlstate", None) or ""
    for prefix, sentence in _POSTGRES.items():
        if code.startswith(prefix):
            return f"{code}: {_line(cause)}", sentence
    return "", ""


def _line(cause: BaseException) -> str:
    """The first line of what the driver itself says: SQLAlchemy puts the name of a class before it."""
    said = cause.__cause__ if hasattr(cause, "sqlstate") and cause.__cause__ else cause
    if isinstance(said, OSError) and said.strerror:
        return said.strerror
    return (str(said) or type(said).__name__).splitlines()[0]
