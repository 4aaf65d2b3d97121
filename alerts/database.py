"""The alert role's own small database: what was heard, what fired, what is to be delivered.

Plain sqlite3: the role must stay small, and the tables are few. One transaction holds all that follows from
a batch of events, the position in the stream included: after a crash nothing of it is half done.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Self

Step = Sequence[str]
"""The statements by which a version of the file has more than the one before it."""


class DatabaseError(Exception):
    """The database could not be used; nothing was stored and no position has moved."""


class Database:
    """The file, brought to the newest version. Every method may raise DatabaseError."""

    def __init__(self, path: Path, steps: Sequence[Step]) -> None:
        """Opens or makes the file; its directory must exist."""
        self.path = path
        with self._explained():
            self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None)
            try:
                self._prepare(steps)
            except (sqlite3.Error, DatabaseError):
                self._db.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For questions."""
        with self._explained():
            yield self._db

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done in it is stored together, or nothing of it."""
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _prepare(self, steps: Sequence[Step]) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what is acknowledged must survive a power cut
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(steps):
            raise DatabaseError(
                f"{self.path} was written by a newer version (schema {version}): run that one"
            )
        if version < len(steps):
            with self.transaction() as db:
                for statement in chain(*steps[version:], [f"PRAGMA user_version = {len(steps)}"]):
                    db.execute(statement)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise DatabaseError(f"{self.path}: {error}") from error
