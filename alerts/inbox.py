"""What the alert role has heard, in a small database of its own.

Plain sqlite3: the role must stay small, and the tables are few.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final, Self

from monitor.model.events import MONITOR, Event, type_of
from monitor.model.sequences import Intake, Mark, take

_STEPS: Final = (
    (
        "CREATE TABLE positions (stream TEXT PRIMARY KEY, position TEXT NOT NULL)",
        (
            "CREATE TABLE writers"
            " (collector TEXT, epoch INTEGER, sequence INTEGER, PRIMARY KEY (collector, epoch))"
        ),
        "CREATE TABLE heard (type TEXT PRIMARY KEY, count INTEGER NOT NULL)",
    ),
    (
        # The first version heard anybody who wrote into the stream.
        f"DELETE FROM writers WHERE collector != '{MONITOR}'",  # noqa: S608 - a constant of ours
        "CREATE TABLE refusals (stream TEXT, entry TEXT, error TEXT NOT NULL, PRIMARY KEY (stream, entry))",
    ),
)
"""What each version of the file has more than the one before it."""


class InboxError(Exception):
    """The database could not be used; nothing was stored and no position has moved."""


class Inbox:
    """Positions, committed sequences, counts and refusals. Events count once, however often they come."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file; its directory must exist. May raise InboxError, like every method."""
        self.path = path
        with self._explained():
            self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None)
            try:
                self._prepare()
            except (sqlite3.Error, InboxError):
                self._db.close()
                raise

    def position(self, stream: str) -> str:
        """The entry up to which this stream was dealt with; ``0-0`` at first."""
        with self._explained():
            row = self._db.execute("SELECT position FROM positions WHERE stream = ?", (stream,)).fetchone()
        return str(row[0]) if row else "0-0"

    def committed(self) -> dict[str, Mark]:
        """For every writer the (epoch, sequence) up to which it was heard."""
        query = "SELECT collector, max(epoch), sequence FROM writers GROUP BY collector"
        with self._explained():
            return {name: (epoch, sequence) for name, epoch, sequence in self._db.execute(query)}

    def counts(self) -> dict[str, int]:
        """How many events of each type were ever heard."""
        with self._explained():
            return dict(self._db.execute("SELECT type, count FROM heard").fetchall())

    def refusals(self) -> list[tuple[str, str]]:
        """The entries that were no judgements, as (entry, error), in the order in which they came."""
        with self._explained():
            return self._db.execute("SELECT entry, error FROM refusals ORDER BY rowid").fetchall()

    def take(
        self,
        stream: str,
        position: str,
        events: Sequence[Event],
        refused: Sequence[tuple[str, str]] = (),
    ) -> Intake:
        """Sort a batch and store what became of it together with the position, in one transaction.

        ``refused``: entries that were no judgements, as (entry, error); each is recorded once.
        """
        intake = take(events, self.committed())
        heard = Counter(type_of(event.payload) for event in intake.taken)
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO heard VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                heard.items(),
            )
            db.executemany(
                "INSERT INTO writers VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET sequence = excluded.sequence",
                [(name, *mark) for name, mark in intake.committed.items()],
            )
            db.executemany(
                "INSERT OR IGNORE INTO refusals VALUES (?, ?, ?)",
                [(stream, _printable(entry), _printable(error)) for entry, error in refused],
            )
            db.execute(
                "INSERT INTO positions VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position",
                (stream, position),
            )
        return intake

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what is acknowledged must survive a power cut
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(_STEPS):
            raise InboxError(f"{self.path} was written by a newer version (schema {version}): run that one")
        if version < len(_STEPS):
            with self._transaction() as db:
                for statement in chain(*_STEPS[version:], [f"PRAGMA user_version = {len(_STEPS)}"]):
                    db.execute(statement)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise InboxError(f"{self.path}: {error}") from error


def _printable(text: str) -> str:
    """What was refused may hold what no database keeps."""
    return text.encode("utf-8", "backslashreplace").decode()[:2000]
