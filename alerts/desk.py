"""The engine at its database: what was heard, what follows from it and what is to be sent, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from alerts import deeds, inbox, outbox, store
from alerts.database import Database, DatabaseError
from alerts.engine import Engine
from alerts.inbox import Inbox
from alerts.outbox import Outbox, wall_clock
from alerts.rows import Fate
from alerts.rules.world import Trouble
from alerts.store import Shelf
from alerts.telling import Sending
from monitor.config import Site
from monitor.model.deeds import Deed, Did
from monitor.model.events import Event
from monitor.model.measured import Measured

STEPS: Final = (*inbox.STEPS, *outbox.STEPS, *store.STEPS, *deeds.STEPS)
"""The versions of alerts.db. A step that comes later goes to the end of all."""

_DONE: Final = (
    "SELECT messages.id, messages.channel, messages.key, messages.fate, messages.done_at, said.alert,"
    " (SELECT text FROM attempts WHERE message = messages.id ORDER BY id DESC LIMIT 1)"
    " FROM messages JOIN message_alerts said ON said.message = messages.id"
    " WHERE messages.fate IN (?, ?, ?) AND messages.id NOT IN (SELECT message FROM deeds_told)"
    " ORDER BY messages.done_at, messages.id LIMIT 500"
)


class Desk:
    """Every method may raise DatabaseError: then nothing was stored, and the engine is as it was before."""

    def __init__(self, database: Database, site: Site, clock: Callable[[], int] = wall_clock) -> None:
        self.inbox = Inbox(database)
        self.outbox = Outbox(database, clock)
        self._database = database
        self._clock = clock
        self._shelf = Shelf()
        self.engine = self._engine(site)

    def hear(
        self, stream: str, position: str, events: Sequence[Event], refused: Sequence[tuple[str, str]]
    ) -> None:
        """A batch of judgements and what follows from it, with the position behind it."""
        with self._storing() as db:
            intake = self.inbox.take(db, stream, position, events, refused)
            for event in intake.taken:
                self.engine.hear(event.payload, event.time)
            self._follow(db)

    def tick(self, measured: Measured | None = None, failing: Mapping[str, Trouble] | None = None) -> None:
        """What follows from time alone, and from what is measured and fails."""
        self.engine.measure(measured, self._clock())
        if failing is not None:
            self.engine.fail(failing)
        with self._storing() as db:
            self._follow(db)

    def reload(self, site: Site) -> None:
        """Go on with other settings."""
        with self._storing() as db:
            self.engine.reload(site)
            self._follow(db)

    def _engine(self, site: Site, before: Engine | None = None) -> Engine:
        with self._database.reading() as db:
            book = self._shelf.load(db)
        return Engine(site, book, self._clock(), self._is_taken, before)

    def _is_taken(self, alert: str) -> bool:
        with self._database.reading() as db:
            query = "SELECT 1 FROM message_alerts WHERE alert = ? LIMIT 1"
            return db.execute(query, (alert,)).fetchone() is not None

    @contextmanager
    def _storing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database.transaction() as db:
                yield db
                committed = self._shelf.save(db, self.engine.book)
        except DatabaseError:
            # The book in memory is ahead of the one on disk: what it learnt comes again.
            self.engine = self._engine(self.engine.site, self.engine)
            raise
        committed()

    def _follow(self, db: sqlite3.Connection) -> None:
        now = self._clock()
        sent, did = self.engine.tick(now)
        for each in sent:
            self._send(db, each)
        deeds.write(db, [*did, *_delivered(db)], now)

    def _send(self, db: sqlite3.Connection, each: Sending) -> None:
        self.outbox.enqueue(db, each.channel, each.message, each.to, fallback=each.fallback)


def _delivered(db: sqlite3.Connection) -> list[Deed]:
    """What became of messages since the last time, for the record."""
    fates = (Fate.DELIVERED, Fate.REFUSED, Fate.EXPIRED)
    found = []
    rows = db.execute(_DONE, fates).fetchall()
    for _, channel, key, fate, at, alert, text in rows:
        what = Did.DELIVERED if fate == Fate.DELIVERED else Did.FAILED
        facts = {"channel": channel, "message": key}
        if what is Did.FAILED:
            facts["error"] = text or fate
        found.append(Deed(what, alert, "", at, facts))
    db.executemany("INSERT OR IGNORE INTO deeds_told VALUES (?)", [(row[0],) for row in rows])
    return found
