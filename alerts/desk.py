"""The engine at its database: what was heard and all that follows from it, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Final

import structlog

from alerts import deeds, inbox, rows, store
from alerts.database import Database
from alerts.elsewhere import Elsewhere
from alerts.engine import Engine
from alerts.inbox import Inbox
from alerts.outbox import Outbox
from alerts.pace import Patience
from alerts.packing import PackingError, unpack
from alerts.rows import Fate
from alerts.store import Shelf
from monitor.config import Site
from monitor.model.deeds import Deed, Did
from monitor.model.events import Event
from monitor.model.times import wall_clock

log = structlog.get_logger(__name__)

STEPS: Final = (*inbox.STEPS, *rows.STEPS, *store.STEPS, *deeds.STEPS)
"""The versions of alerts.db. A step that comes later goes behind all of these."""

_DONE: Final = (
    "SELECT id, channel, key, fate, done_at, body,"
    " (SELECT text FROM attempts WHERE message = messages.id ORDER BY id DESC LIMIT 1)"
    " FROM messages WHERE done_at >= ? AND fate IN ('delivered', 'refused', 'expired', 'handed_over')"
    " AND id NOT IN (SELECT message FROM deeds_told) ORDER BY done_at, id LIMIT 500"
)
_LATE: Final = (
    "SELECT messages.id, messages.channel, key, fate, at, body, text FROM messages JOIN attempts ON"
    " attempts.id = (SELECT max(id) FROM attempts WHERE message = messages.id) WHERE fate = 'waiting'"
    " AND messages.attempts >= ? AND messages.id NOT IN (SELECT message FROM deeds_late) LIMIT 500"
)
_IS_LATE: Final = 5
"""Attempts after which the record says that a message does not arrive, though it is tried on and on."""
_TIDY_EVERY: Final = 3_600_000
_GIVEN_UP: Final = round(1000 * Patience().give_up) + _TIDY_EVERY
"""Milliseconds after which whoever tells has given a start up, and has said so."""
_MARGIN: Final = 60_000
"""Milliseconds by which a clock may have been set back between two messages."""


class Desk:
    """Every method may raise DatabaseError: then nothing was stored, and the next call begins there."""

    def __init__(self, database: Database, site: Site, clock: Callable[[], int] = wall_clock) -> None:
        self.inbox = Inbox(database)
        self.outbox = Outbox(database, clock)
        self.deeds = 0
        """How far what was done is numbered. What a process before left is not said until this one tells: by
        then it is known what the record has.
        """
        self.leads = True
        """Whether this role tells. One that follows decides the same, and neither tells nor records it."""
        self._elsewhere = Elsewhere()
        self._database = database
        self._clock = clock
        self._shelf = Shelf()
        self._is_ahead = False
        self._done_until = self._done_next = 0
        self._followed_at = self._tidy_at = 0
        self.engine = self._engine(site)

    def hear(
        self, stream: str, position: str, events: Sequence[Event], refused: Sequence[tuple[str, str]]
    ) -> None:
        """A batch of judgements and what follows from it, with the position behind it."""
        with self._storing() as db:
            intake = self.inbox.take(db, stream, position, events, refused)
            for gap in intake.gaps:
                log.warning("judgements are missed: what they were about is not known", **asdict(gap))
                if (
                    gap.first > 1
                ):  # else it is the first that we hear of a ledger, and says nothing of what we know
                    self.engine.book.doubt(self._clock())
            for event in intake.taken:
                self.engine.hear(event.payload, event.time)
            self._follow(db)

    def tick(self) -> None:
        """What follows from time alone, and from what is measured and fails."""
        with self._storing() as db:
            self._follow(db)
        if not self.leads and self._clock() >= self._tidy_at:
            self._tidy(self._clock())

    def reload(self, site: Site) -> None:
        """Go on with other settings."""
        with self._storing() as db:
            self.engine.reload(site)
            self._follow(db)

    def follow(self) -> None:
        """Another role tells from now on, or may."""
        self.leads, self._elsewhere = False, Elsewhere()
        self.engine.fail({})  # only who delivers knows
        self._tidy_at = self._clock() + _TIDY_EVERY

    def overhear(self, events: Sequence[Event]) -> None:
        """A part of the record of the role that tells."""
        with self._storing() as db:
            now = self._clock()
            self._elsewhere.hear(db, events, now)
            self._elsewhere.settle(db, self.outbox, now)

    def lead(self) -> None:
        """From now on it tells: what nobody told yet, and what comes."""
        with self._storing() as db:
            now = self._clock()
            self._elsewhere.settle(db, self.outbox, now)
            deeds.release(db)
            for started, channels in self._elsewhere.begun():
                self.engine.end_orphan(started, channels, now)
            self._record(db, self._decide(db, now), now)
        self.leads, self._elsewhere = True, Elsewhere()

    def name(self) -> str:
        """What tells this role from others of its site."""
        with self._database.reading() as db:
            return deeds.doer(db)

    def _tidy(self, now: int) -> None:
        """Forget what is old: who delivers does the same, and this one does not deliver for months."""
        self.outbox.prune()
        self.outbox.expire(now - _GIVEN_UP)
        self._elsewhere.forget(now - deeds.HELD)
        self._tidy_at = now + _TIDY_EVERY

    def _engine(self, site: Site) -> Engine:
        with self._database.reading() as db:
            book = self._shelf.load(db)
            for told in ("deeds_told", "deeds_late"):
                db.execute(f"DELETE FROM {told} WHERE message NOT IN (SELECT id FROM messages)")  # noqa: S608
        return Engine(site, book, self._clock(), self._is_taken)

    def _is_taken(self, alert: str) -> bool:
        query = "SELECT 1 FROM message_alerts WHERE alert = ? LIMIT 1"
        with self._database.reading() as db:
            return db.execute(query, (alert,)).fetchone() is not None

    @contextmanager
    def _storing(self) -> Iterator[sqlite3.Connection]:
        if self._is_ahead:
            before = self.engine
            self.engine = self._engine(before.site)
            self.engine.go_on_from(before)
        self._is_ahead = True
        self._done_next = self._done_until
        with self._database.transaction() as db:
            yield db
            committed = self._shelf.save(db, self.engine.book)
        # Only now does the disk have what the book in memory has.
        committed()
        self._done_until = self._done_next
        self._is_ahead = False

    def _follow(self, db: sqlite3.Connection) -> None:
        now = self._clock()
        did = self._decide(db, now)
        if self.leads:
            self._record(db, did, now)
        else:
            self._elsewhere.hold(db, did, now)

    def _decide(self, db: sqlite3.Connection, now: int) -> list[Deed]:
        self._mind_the_clock(db, now)
        sent, did = self.engine.tick(now)
        for each in sent:
            self.outbox.enqueue(db, each.channel, each.message, each.to, fallback=each.fallback)
        return did

    def _record(self, db: sqlite3.Connection, did: Sequence[Deed], now: int) -> None:
        self.deeds = deeds.write(db, [*did, *_late(db), *self._delivered(db)], now)

    def _mind_the_clock(self, db: sqlite3.Connection, now: int) -> None:
        if now < self._followed_at:
            self.outbox.set_back(db, self._followed_at - now)
            self._done_until = self._done_next = min(self._done_until, now - _MARGIN)
        self._followed_at = now

    def _delivered(self, db: sqlite3.Connection) -> list[Deed]:
        """What became of messages since the last time, for the record."""
        found = db.execute(_DONE, (self._done_until,)).fetchall()
        db.executemany("INSERT INTO deeds_told VALUES (?)", [(number,) for number, *_ in found])
        if found:
            self._done_next = found[-1][4] - _MARGIN  # held once it is committed
        return [deed for row in found for deed in _deeds_of(row)]


def _late(db: sqlite3.Connection) -> list[Deed]:
    """What waits and does not arrive: once of each message, so that people see it while it is tried."""
    found = db.execute(_LATE, (_IS_LATE,)).fetchall()
    db.executemany("INSERT INTO deeds_late VALUES (?)", [(number,) for number, *_ in found])
    return [deed for row in found for deed in _deeds_of(row)]


def _deeds_of(row: tuple[int, str, str, str, int, str, str | None]) -> Iterator[Deed]:
    _, channel, key, fate, at, body, text = row
    what = Did.DELIVERED if fate == Fate.DELIVERED else Did.FAILED
    facts = {"channel": channel, "message": key}
    if what is Did.FAILED:
        facts["error"] = text or fate
        if fate != Fate.WAITING:
            facts["fate"] = fate  # the last word on it
    try:
        message = unpack(body)
    except PackingError:
        return  # of a version that is gone
    for alert in message.alerts:
        yield Deed(what, alert.id, alert.finding.key, at, facts)
