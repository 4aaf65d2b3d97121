"""What the role did, as a numbered box of events for the bus, in the same database and transaction.

A publisher carries it to the stream of alerts until the ledger has it (see ``monitor.bus.source``).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from monitor.bus.source import OutboxError, Said
from monitor.model.deeds import Deed
from monitor.model.events import ALERT, EventId
from monitor.model.times import wall_clock

STEPS: Final = (
    (
        "CREATE TABLE deed_box (epoch INTEGER NOT NULL, last INTEGER NOT NULL)",
        "INSERT INTO deed_box VALUES (CAST(86400000 * (julianday('now') - 2440587.5) AS INTEGER), 0)",
        "CREATE TABLE deeds (sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL)",
        "CREATE TABLE deeds_told (message INTEGER PRIMARY KEY)",
    ),
    (
        # What a role did that only follows, until it is known that the one that tells has recorded it.
        (
            "CREATE TABLE deeds_unsaid (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL,"
            " alert TEXT NOT NULL, body TEXT NOT NULL)"
        ),
    ),
    # The messages of which it is recorded that they do not arrive, though they may yet.
    ("CREATE TABLE deeds_late (message INTEGER PRIMARY KEY)",),
    # What tells a role from others of its site.
    (
        "CREATE TABLE deeds_doer (name TEXT NOT NULL)",
        "INSERT INTO deeds_doer VALUES (lower(hex(randomblob(4))))",
    ),
)
"""What each version of the file has more than the one before it."""

HELD: Final = 86_400_000
"""Milliseconds: as long as the stream of alerts, which is the record of the other, reaches back."""

Mark = tuple[str, ...]
"""What tells a deed from all others of its alert, whichever role did it."""

_CONFIRM: Final = "DELETE FROM deeds WHERE sequence <= ? AND ? = (SELECT epoch FROM deed_box)"

_APART: Final = ("channel", "message", "step", "number", "worse")
"""The facts that do so: of one kind there may be several."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far this file is numbered, in its present life."""

    epoch: int
    last: int

    def has_said(self, event: EventId) -> bool:
        """Whether it comes from this file, and from no later state of it of which this is an old copy."""
        return event.epoch == self.epoch and event.sequence <= self.last


def standing(db: sqlite3.Connection) -> Standing:
    return Standing(*db.execute("SELECT epoch, last FROM deed_box").fetchone())


def doer(db: sqlite3.Connection) -> str:
    """The name of the role whose file this is."""
    return str(db.execute("SELECT name FROM deeds_doer").fetchone()[0])


def mark_of(deed: Deed) -> Mark:
    return (deed.what, deed.alert, *(str(deed.facts.get(name, "")) for name in _APART))


def write(db: sqlite3.Connection, deeds: Sequence[Deed], now: int) -> int:
    """Number them, in the transaction of the caller; how far the numbers are then."""
    return _put(db, [(now, _written(deed)) for deed in deeds])


def hold(db: sqlite3.Connection, deeds: Sequence[Deed], now: int) -> None:
    """Keep what another role records in our place, in case that it does not."""
    rows = [(now, deed.what, deed.alert, _written(deed)) for deed in deeds]
    db.executemany("INSERT INTO deeds_unsaid (at, what, alert, body) VALUES (?, ?, ?, ?)", rows)
    db.execute("DELETE FROM deeds_unsaid WHERE at < ?", (now - HELD,))


def recorded(db: sqlite3.Connection, known: AbstractSet[Mark]) -> None:
    """Forget what stands in the record of another role, and would be said there once more."""
    _forget(db, "deeds_unsaid", "id", known)
    if _forget(db, "deeds", "sequence", known):
        _number_anew(db, standing(db).epoch)


def _forget(db: sqlite3.Connection, table: str, number: str, known: AbstractSet[Mark]) -> bool:
    """Whether there was any of these."""
    rows = db.execute(f"SELECT {number}, body FROM {table}").fetchall()  # noqa: S608 - names of ours
    gone = [(place,) for place, body in rows if mark_of(Deed.from_json(json.loads(body))) in known]
    db.executemany(f"DELETE FROM {table} WHERE {number} = ?", gone)  # noqa: S608
    return bool(gone)


def release(db: sqlite3.Connection) -> int:
    """What nobody recorded is ours to record, as of when it was done; how far the numbers are then."""
    rows = db.execute("SELECT at, body FROM deeds_unsaid ORDER BY id").fetchall()
    db.execute("DELETE FROM deeds_unsaid")
    return _put(db, rows)


def _put(db: sqlite3.Connection, rows: Sequence[tuple[int, str]]) -> int:
    last = standing(db).last
    numbered = [(number, *row) for number, row in enumerate(rows, last + 1)]
    db.executemany("INSERT INTO deeds VALUES (?, ?, ?)", numbered)
    if rows:
        db.execute("UPDATE deed_box SET last = ?", (last + len(rows),))
    return last + len(rows)


def _number_anew(db: sqlite3.Connection, after: int) -> None:
    """Another life of the numbers, later than that one: from 1 on and without a hole."""
    kept = db.execute("SELECT sequence FROM deeds ORDER BY sequence").fetchall()
    for number, (old,) in enumerate(kept, 1):
        db.execute("UPDATE deeds SET sequence = ? WHERE sequence = ?", (number, old))
    db.execute("UPDATE deed_box SET epoch = ?, last = ?", (max(wall_clock(), after + 1), len(kept)))


def _written(deed: Deed) -> str:
    return json.dumps(deed.to_json(), ensure_ascii=False, separators=(",", ":"))


class DeedBox:
    """Reads and forgets the deeds of a file, from any thread. Methods that ask the disk raise OutboxError."""

    collector: Final = ALERT

    def __init__(self, path: Path) -> None:
        """The file must have its tables."""
        self._path = path
        self._turn = threading.Lock()
        try:
            self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
            self.epoch, self._last, self._oldest = self._standing()
        except sqlite3.Error as error:
            raise OutboxError(f"{path}: {error}") from error
        self._inherited = self._shown = self._last

    def pending(self, after: int, limit: int) -> list[Said]:
        query = "SELECT sequence, at, body FROM deeds WHERE sequence > ? ORDER BY sequence LIMIT ?"
        with self._turn:
            try:
                self._look()
                rows = self._db.execute(query, (after, limit)).fetchall()
            except sqlite3.Error as error:
                raise OutboxError(f"{self._path}: {error}") from error
            self._shown = max([self._shown, *(row[0] for row in rows[-1:])])
        return [Said(number, at, Deed.from_json(json.loads(body)), self._oldest) for number, at, body in rows]

    def oldest(self) -> int:
        return self._oldest

    def last(self) -> int:
        return self._last

    def confirm(self, epoch: int, sequence: int) -> None:
        with self._turn:
            try:
                self._look()
                if (epoch, sequence) > (self.epoch, self._shown):
                    self._begin_anew(epoch, sequence)
                elif epoch == self.epoch and sequence >= self._oldest:
                    self._db.execute(_CONFIRM, (sequence, epoch))
                    self._oldest = sequence + 1
            except sqlite3.Error as error:
                raise OutboxError(f"{self._path}: {error}") from error

    def close(self) -> None:
        with self._turn:
            self._db.close()

    def note(self, last: int) -> None:
        """Deeds up to this number are written: what :meth:`last` answers asks no disk."""
        self._last = last

    def _look(self) -> None:
        """How the file is now: whoever writes into it may have begun another life of its numbers."""
        epoch = self.epoch
        self.epoch, self._last, self._oldest = self._standing()
        if self.epoch != epoch:
            self._inherited = self._shown = 0

    def _standing(self) -> tuple[int, int, int]:
        epoch, last = self._db.execute("SELECT epoch, last FROM deed_box").fetchone()
        (oldest,) = self._db.execute("SELECT min(sequence) FROM deeds").fetchone()
        return epoch, last, last + 1 if oldest is None else oldest

    def _begin_anew(self, epoch: int, sequence: int) -> None:
        """The ledger has more than was ever shown: this file is an old copy. Another life of its numbers."""
        had = min(sequence, self._inherited) if epoch == self.epoch else 0
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("DELETE FROM deeds WHERE sequence <= ?", (had,))
            _number_anew(self._db, epoch)
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        self._look()
