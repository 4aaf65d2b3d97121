"""What is to be delivered, to whom, and what became of it: the durable side of telling.

The engine puts a message here in the same transaction in which it decides on it. From then on it is
delivered at least once, by whatever process comes next, under the same key. Within a channel messages lie in
the order in which they came; those of one alert never overtake each other.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence

from alerts.database import Database
from alerts.handover import bequeath, hand_over, heirs
from alerts.model import Alert, Happening, Message
from alerts.packing import PackingError, unpack
from alerts.rows import KEEP, STEPS, Entry, Fallback, Fate, Outcome, entries, put
from monitor.model.times import wall_clock

__all__ = ["STEPS", "Entry", "Fallback", "Fate", "Heirs", "Outbox", "Outcome"]


Heirs = Callable[[str], Mapping[str, Sequence[str]]]
"""For the name of a route its present channels, each with the people whom it is for there."""


class Outbox:
    """Messages and attempts. Every method may raise DatabaseError.

    Methods with ``db`` work in the transaction of the caller; the others make one of their own.
    """

    def __init__(self, database: Database, clock: Callable[[], int] = wall_clock) -> None:
        self._database = database
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """``listener`` hears that some channel got a message, perhaps before that is committed."""
        self._listeners.append(listener)

    def enqueue(
        self,
        db: sqlite3.Connection,
        channel: str,
        message: Message,
        to: Sequence[str] = (),
        *,
        fallback: Fallback | None = None,
    ) -> bool:
        """Have a message delivered; False when this channel has (or had) one of this key.

        An end goes also to the channels that took one of its alerts on from this one.
        """
        now = self._clock()
        alerts = [alert.id for alert in message.alerts]
        if message.happening in (Happening.REPEATED, Happening.RESOLVED):
            _supersede(db, channel, alerts, now)
        fresh = put(db, channel, message, tuple(to), now, fallback=fallback)
        if message.happening.is_end:
            for heir, recipients in heirs(db, channel, alerts):
                put(db, heir, message, recipients, now)
        self._wake()
        return fresh

    # What the worker of a channel asks and notes.

    def waiting(self, channel: str, limit: int = 1) -> list[Entry]:
        """The oldest messages that this channel has not delivered, in order."""
        with self._database.reading() as db:
            return entries(db, "fate = 'waiting' AND channel = ? ORDER BY id LIMIT ?", (channel, limit))

    def begin(self, entry: Entry) -> int:
        """Note that it is being tried; returns the attempt. A kill in the midst of it leaves this mark."""
        now = self._clock()
        with self._database.transaction() as db:
            db.execute("UPDATE messages SET attempts = attempts + 1 WHERE id = ?", (entry.id,))
            cursor = db.execute(
                "INSERT INTO attempts (message, channel, at, outcome, text, sent) VALUES (?, ?, ?, ?, '', 1)",
                (entry.id, entry.channel, now, Outcome.BEGUN),
            )
            return int(cursor.lastrowid or 0)

    def delivered(self, entry: Entry, attempt: int, remark: str = "") -> None:
        with self._database.transaction() as db:
            self._note(db, attempt, Outcome.DELIVERED, remark)
            self._close(db, entry.id, Fate.DELIVERED)
            _stand(db, entry)

    def closed_elsewhere(self, db: sqlite3.Connection, entry: Entry, fate: Fate) -> None:
        """Another role was done with it, of which nothing is recorded here but what became of it."""
        now = self._clock()
        if fate is Fate.DELIVERED:
            db.execute(
                "INSERT INTO attempts (message, channel, at, ended_at, outcome, text, sent)"
                " VALUES (?, ?, ?, ?, ?, '', 1)",
                (entry.id, entry.channel, now, now, Outcome.DELIVERED),
            )
        self._close(db, entry.id, fate)
        if fate is Fate.DELIVERED or (fate is Fate.REFUSED and entry.happening.is_end):
            _stand(db, entry)

    def failed(self, entry: Entry, attempt: int, text: str, next_at: int, *, sent: bool) -> None:
        """It is tried again at ``next_at``. ``sent``: it may have arrived all the same."""
        with self._database.transaction() as db:
            self._note(db, attempt, Outcome.FAILED, text, sent=sent)
            db.execute("UPDATE messages SET next_at = ? WHERE id = ?", (next_at, entry.id))

    def expired(self, entry: Entry, attempt: int, text: str, *, sent: bool) -> None:
        """That was the last attempt: a start that nobody took for too long. Its fallback is asked."""
        with self._database.transaction() as db:
            self._note(db, attempt, Outcome.FAILED, text, sent=sent)
            if self._close(db, entry.id, Fate.EXPIRED):
                hand_over(db, entry.id, self._clock())
        self._wake()

    def refused(self, entry: Entry, attempt: int, text: str) -> None:
        """It is not tried again; another channel takes it on at once if its route has one."""
        with self._database.transaction() as db:
            self._note(db, attempt, Outcome.REFUSED, text, sent=False)
            if entry.happening.is_end:
                _stand(db, entry)
            if self._close(db, entry.id, Fate.REFUSED):
                hand_over(db, entry.id, self._clock())
        self._wake()

    def cut(self, attempt: int) -> None:
        """The attempt was broken off by us: nobody knows whether it arrived."""
        with self._database.transaction() as db:
            self._note(db, attempt, Outcome.CUT, "")

    def count(self, channel: str) -> int:
        """How many wait in this channel."""
        query = "SELECT count(*) FROM messages WHERE fate = 'waiting' AND channel = ?"
        with self._database.reading() as db:
            return int(db.execute(query, (channel,)).fetchone()[0])

    def hasten(self, channel: str) -> None:
        """What waits in this channel need wait no longer."""
        with self._database.transaction() as db:
            db.execute("UPDATE messages SET next_at = 0 WHERE fate = 'waiting' AND channel = ?", (channel,))

    # What is done beside the workers.

    def recover(self) -> None:
        """For the start of a process: what the one before it left in the midst of an attempt."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE attempts SET outcome = ?, ended_at = ? WHERE outcome = ?",
                (Outcome.CUT, self._clock(), Outcome.BEGUN),
            )

    def revive(self, channel: str, since: int) -> int:
        """Try again what was refused since then and nobody took on: the settings may have been mended.

        Not the start of what may have been heard to be over here: its end would not come again.
        """
        with self._database.transaction() as db:
            return db.execute(
                "UPDATE messages SET fate = 'waiting', done_at = NULL, next_at = 0"
                " WHERE channel = ?1 AND fate = 'refused' AND done_at >= ?2"
                " AND (happening = 'resolved' OR NOT EXISTS ("
                "  SELECT 1 FROM message_alerts mine JOIN message_alerts other USING (alert)"
                "  JOIN messages ended ON ended.id = other.message WHERE mine.message = messages.id"
                "  AND ended.channel = ?1 AND ended.happening = 'resolved'"
                "  AND (ended.fate NOT IN ('waiting', 'refused') OR EXISTS ("
                "   SELECT 1 FROM attempts WHERE attempts.message = ended.id AND sent))))",
                (channel, since),
            ).rowcount

    def hand_over_late(self) -> None:
        """Give what has waited too long to its fallback."""
        now = self._clock()
        with self._database.transaction() as db:
            late = db.execute(
                "SELECT id FROM messages WHERE fate = 'waiting' AND fallback_at <= ? ORDER BY id", (now,)
            )
            for (number,) in late.fetchall():
                hand_over(db, number, now)
        self._wake()

    def next_fallback(self) -> int | None:
        """When the next message will have waited too long."""
        query = "SELECT min(fallback_at) FROM messages WHERE fate = 'waiting'"
        with self._database.reading() as db:
            (moment,) = db.execute(query).fetchone()
        return None if moment is None else int(moment)

    def inherit(self, present: Iterable[str], heirs_of: Heirs) -> None:
        """What waits in channels that are no more goes where ``heirs_of`` says for its route."""
        query = (
            "SELECT id, route FROM messages WHERE fate = 'waiting'"
            " AND channel NOT IN (SELECT value FROM json_each(?)) ORDER BY id"
        )
        with self._database.transaction() as db:
            for number, route in db.execute(query, (json.dumps(list(present)),)).fetchall():
                bequeath(db, number, heirs_of(route), self._clock())
        self._wake()

    def expire(self, before: int) -> None:
        """Wait no longer with what began before that; ends wait on."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE messages SET fate = 'expired', done_at = ? WHERE fate = 'waiting'"
                " AND happening != 'resolved' AND queued_at < ?",
                (self._clock(), before),
            )

    def set_back(self, db: sqlite3.Connection, step: int) -> None:
        """Our clock was set back by so many milliseconds: what waits for a moment waits no longer for it."""
        db.execute(
            "UPDATE messages SET queued_at = queued_at - ?1, next_at = next_at - ?1,"
            " fallback_at = fallback_at - ?1 WHERE fate = 'waiting'",
            (step,),
        )
        self._wake()

    def prune(self) -> None:
        """Forget what was done with long ago; of an alert that goes on, all is kept."""
        before = self._clock() - KEEP
        with self._database.transaction() as db:
            db.execute(
                "DELETE FROM messages WHERE done_at < ? AND NOT EXISTS ("
                "  SELECT 1 FROM message_alerts mine WHERE mine.message = messages.id AND NOT EXISTS ("
                "    SELECT 1 FROM message_alerts other JOIN messages ended ON ended.id = other.message"
                "    WHERE other.alert = mine.alert AND ended.happening = 'resolved'"
                "    AND ended.fate != 'waiting'))",
                (before,),
            )
            db.execute("DELETE FROM message_alerts WHERE message NOT IN (SELECT id FROM messages)")
            db.execute(
                "DELETE FROM attempts WHERE at < ? OR message NOT IN (SELECT id FROM messages)", (before,)
            )
            db.execute("DELETE FROM handovers WHERE alert NOT IN (SELECT alert FROM message_alerts)")
            db.execute("DELETE FROM standing WHERE message NOT IN (SELECT id FROM messages)")

    def standing(self, channel: str) -> list[Alert]:
        """The alerts whose start this channel has delivered and whose end it has not, as last said."""
        query = (
            "SELECT alert, body FROM standing JOIN messages ON messages.id = message"
            " WHERE standing.channel = ? ORDER BY message, alert"
        )
        with self._database.reading() as db:
            rows = db.execute(query, (channel,)).fetchall()
        found: dict[str, Alert] = {}
        for alert, body in rows:
            try:
                found |= {each.id: each for each in unpack(body).alerts if each.id == alert}
            except PackingError:
                continue  # of a version that is gone: its end, which is written anew, still comes
        return list(found.values())

    def _note(
        self, db: sqlite3.Connection, attempt: int, outcome: Outcome, text: str, *, sent: bool = True
    ) -> None:
        db.execute(
            "UPDATE attempts SET outcome = ?, ended_at = ?, text = ?, sent = ? WHERE id = ?",
            (outcome, self._clock(), _printable(text), sent, attempt),
        )

    def _close(self, db: sqlite3.Connection, number: int, fate: Fate) -> bool:
        """False when it was taken from its channel while it was tried: only a delivery counts then."""
        return (
            db.execute(
                "UPDATE messages SET fate = ?1, done_at = ?2"
                " WHERE id = ?3 AND (fate = 'waiting' OR ?1 = 'delivered')",
                (fate, self._clock(), number),
            ).rowcount
            == 1
        )

    def _wake(self) -> None:
        for listener in self._listeners:
            listener()


def _supersede(db: sqlite3.Connection, channel: str, alerts: Sequence[str], now: int) -> None:
    """Repeats of these alerts that are not out yet say nothing any more."""
    db.execute(
        "UPDATE messages SET fate = 'superseded', done_at = ?1 WHERE +channel = ?2 AND +fate = 'waiting'"
        " AND happening = 'repeated' AND id IN (SELECT message FROM message_alerts"
        "  WHERE alert IN (SELECT value FROM json_each(?3)))"
        " AND NOT EXISTS (SELECT 1 FROM message_alerts"
        "  WHERE message = messages.id AND alert NOT IN (SELECT value FROM json_each(?3)))",
        (now, channel, json.dumps(list(alerts))),
    )


def _stand(db: sqlite3.Connection, entry: Entry) -> None:
    """Note that its alerts are known to go on in its channel, or to be over."""
    if entry.happening.is_end:
        gone = "DELETE FROM standing WHERE channel = ? AND alert = ?"
        db.executemany(gone, [(entry.channel, alert) for alert in entry.alerts])
    else:
        known = "INSERT OR REPLACE INTO standing VALUES (?, ?, ?)"
        db.executemany(known, [(entry.channel, alert, entry.id) for alert in entry.alerts])


def _printable(text: str) -> str:
    """What a receiver said may hold what no database keeps."""
    return text.encode("utf-8", "backslashreplace").decode()[:500]
