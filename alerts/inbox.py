"""What the alert role has heard: positions, writers, counts, refusals."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Final

from alerts.database import Database
from monitor.model.events import MONITOR, Event, type_of
from monitor.model.sequences import Intake, Mark, take

STEPS: Final = (
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


class Inbox:
    """Positions, committed sequences, counts and refusals. Events count once, however often they come.

    Every method may raise DatabaseError.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def position(self, stream: str) -> str:
        """The entry up to which this stream was dealt with; ``0-0`` at first."""
        with self._database.reading() as db:
            row = db.execute("SELECT position FROM positions WHERE stream = ?", (stream,)).fetchone()
        return str(row[0]) if row else "0-0"

    def committed(self) -> dict[str, Mark]:
        """For every writer the (epoch, sequence) up to which it was heard."""
        query = "SELECT collector, max(epoch), sequence FROM writers GROUP BY collector"
        with self._database.reading() as db:
            return {name: (epoch, sequence) for name, epoch, sequence in db.execute(query)}

    def counts(self) -> dict[str, int]:
        """How many events of each type were ever heard."""
        with self._database.reading() as db:
            return dict(db.execute("SELECT type, count FROM heard").fetchall())

    def refusals(self) -> list[tuple[str, str]]:
        """The entries that were no judgements, as (entry, error), in the order in which they came."""
        with self._database.reading() as db:
            return db.execute("SELECT entry, error FROM refusals ORDER BY rowid").fetchall()

    def take(
        self,
        db: sqlite3.Connection,
        stream: str,
        position: str,
        events: Sequence[Event],
        refused: Sequence[tuple[str, str]] = (),
    ) -> Intake:
        """Sort a batch and note it together with the position, in the transaction of ``db``.

        ``refused``: entries that were no judgements, as (entry, error); each is recorded once. What is to
        be dealt with stands in the answer's ``taken``.
        """
        intake = take(events, self.committed())
        heard = Counter(type_of(event.payload) for event in intake.taken)
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


def _printable(text: str) -> str:
    """What was refused may hold what no database keeps."""
    return text.encode("utf-8", "backslashreplace").decode()[:2000]
