"""A channel cannot deliver: another one takes its messages on, under the same keys.

Whoever heard of a start hears its end. So the ends that wait in the origin go to the heir as well, and so do
those that come later; and they stay in the origin if anything of their alerts may have arrived there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from alerts.model import Message
from alerts.packing import PackingError
from alerts.rows import Fallback, entries, put, unpacked

_BEFORE: Final = (
    "SELECT DISTINCT earlier.id, earlier.fallback FROM messages late"
    " JOIN message_alerts mine ON mine.message = late.id JOIN message_alerts other USING (alert)"
    " JOIN messages earlier ON earlier.id = other.message WHERE late.id = ? AND earlier.id < late.id"
    " AND earlier.channel = late.channel AND earlier.fate = 'waiting' AND earlier.fallback_at IS NOT NULL"
    " ORDER BY earlier.id"
)


def hand_over(db: sqlite3.Connection, number: int, now: int) -> tuple[str, ...]:
    """Let the fallback of this message take it on; returns the channels that do.

    What waits before it and tells of the same alerts goes first, if it has a fallback: in its new channel it
    would come behind otherwise.
    """
    for before, written in db.execute(_BEFORE, (number,)).fetchall():
        fallback = unpacked(written)
        if fallback is not None:
            _take_on(db, before, fallback, now, gone=False)
    (written,) = db.execute("SELECT fallback FROM messages WHERE id = ?", (number,)).fetchone()
    fallback = unpacked(written)
    return () if fallback is None else _take_on(db, number, fallback, now, gone=False)


def bequeath(
    db: sqlite3.Connection, number: int, to: Mapping[str, Sequence[str]], now: int
) -> tuple[str, ...]:
    """The channel of this message is no more: let these take it on; returns the channels that do."""
    return _take_on(db, number, Fallback(to, 0.0), now, gone=True)


def heirs(db: sqlite3.Connection, channel: str, alerts: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The channels that took one of these alerts on, with whom they told."""
    query = (
        "SELECT heir, min(recipients) FROM handovers WHERE origin = ?"
        " AND alert IN (SELECT value FROM json_each(?)) GROUP BY heir"
    )
    rows = db.execute(query, (channel, json.dumps(list(alerts))))
    return [(heir, tuple(json.loads(recipients))) for heir, recipients in rows]


def _take_on(
    db: sqlite3.Connection, number: int, fallback: Fallback, now: int, *, gone: bool
) -> tuple[str, ...]:
    (entry,) = entries(db, "id = ?", (number,))
    alerts = sorted(entry.alerts)
    taking = tuple(channel for channel in fallback.to if channel != entry.channel)
    try:
        messages = [entry.message(), *_waiting_ends(db, entry.channel, alerts)]
    except PackingError:
        taking = ()  # its own channel will find out, and say so
    for heir in taking:
        people = tuple(fallback.to[heir])
        for message in messages:
            put(db, heir, message, people, now)
        db.executemany(
            "INSERT OR REPLACE INTO handovers VALUES (?, ?, ?, ?, ?)",
            [(entry.channel, alert, heir, json.dumps(people), now) for alert in alerts],
        )
    stays = not taking or (not gone and entry.happening.is_end and _may_know(db, entry.channel, alerts))
    db.execute("UPDATE messages SET fallback_at = NULL WHERE id = ?", (number,))
    if not stays:
        db.execute("UPDATE messages SET fate = 'handed_over', done_at = ? WHERE id = ?", (now, number))
    return taking


def _waiting_ends(db: sqlite3.Connection, channel: str, alerts: Sequence[str]) -> list[Message]:
    where = (
        "channel = ? AND fate = 'waiting' AND happening = 'resolved' AND id IN (SELECT message"
        " FROM message_alerts WHERE alert IN (SELECT value FROM json_each(?))) ORDER BY id"
    )
    return [entry.message() for entry in entries(db, where, (channel, json.dumps(list(alerts))))]


def _may_know(db: sqlite3.Connection, channel: str, alerts: Sequence[str]) -> bool:
    """Whether anything but an end of these alerts may have arrived through this channel, or still may."""
    query = (
        "SELECT 1 FROM messages JOIN message_alerts ON message = id WHERE channel = ?"
        " AND happening != 'resolved' AND alert IN (SELECT value FROM json_each(?)) AND (fate = 'waiting'"
        "  OR EXISTS (SELECT 1 FROM attempts WHERE attempts.message = messages.id AND sent)) LIMIT 1"
    )
    return db.execute(query, (channel, json.dumps(list(alerts)))).fetchone() is not None
