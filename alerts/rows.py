"""The outbox as rows: messages in channels, attempts, and who took what on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts.model import Happening, Message
from alerts.packing import pack, unpack

KEEP: Final = 90 * 86_400_000
"""Milliseconds for which it is known what became of a message."""


class Fate(StrEnum):
    """What became of a message in a channel."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"  # the receiver will never take it
    EXPIRED = "expired"  # a start that nobody took for too long
    HANDED_OVER = "handed_over"  # another channel took it on
    SUPERSEDED = "superseded"  # a repeat that was not out yet when newer news came


class Outcome(StrEnum):
    """How an attempt ended."""

    BEGUN = "begun"
    DELIVERED = "delivered"
    FAILED = "failed"  # and is tried again
    REFUSED = "refused"
    CUT = "cut"  # we ended before it did


STEPS: Final = (
    (
        (
            "CREATE TABLE messages (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, key TEXT NOT NULL,"
            " happening TEXT NOT NULL, route TEXT NOT NULL, fate TEXT NOT NULL, body TEXT NOT NULL,"
            " recipients TEXT NOT NULL, detected_at INTEGER NOT NULL, queued_at INTEGER NOT NULL,"
            " next_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, done_at INTEGER,"
            " fallback TEXT NOT NULL, fallback_at INTEGER, UNIQUE (channel, key))"
        ),
        "CREATE INDEX messages_waiting ON messages (channel, id) WHERE fate = 'waiting'",
        "CREATE INDEX messages_done ON messages (done_at)",
        (
            "CREATE TABLE message_alerts (message INTEGER NOT NULL, alert TEXT NOT NULL,"
            " PRIMARY KEY (message, alert)) WITHOUT ROWID"
        ),
        "CREATE INDEX message_alerts_alert ON message_alerts (alert)",
        (
            "CREATE TABLE attempts (id INTEGER PRIMARY KEY, message INTEGER NOT NULL, channel TEXT NOT NULL,"
            " at INTEGER NOT NULL, ended_at INTEGER, outcome TEXT NOT NULL, text TEXT NOT NULL,"
            " sent INTEGER NOT NULL)"
        ),
        "CREATE INDEX attempts_channel ON attempts (channel, at)",
        "CREATE INDEX attempts_message ON attempts (message)",
        (
            "CREATE TABLE handovers (origin TEXT NOT NULL, alert TEXT NOT NULL, heir TEXT NOT NULL,"
            " recipients TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (origin, alert, heir)) WITHOUT ROWID"
        ),
        (
            "CREATE TABLE standing (channel TEXT NOT NULL, alert TEXT NOT NULL, message INTEGER NOT NULL,"
            " PRIMARY KEY (channel, alert)) WITHOUT ROWID"
        ),
    ),
)
"""What each version of the file has more than the one before it."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """Who takes a message on when its channel has not delivered it for ``after`` seconds.

    ``to``: by channel, the phone numbers or addresses of the people whom it is for there.
    """

    to: Mapping[str, Sequence[str]]
    after: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as it waits in a channel. Moments in milliseconds.

    ``attempts``: how often it was tried. ``next_at``: not tried again before that. ``alerts``: their ids.
    """

    id: int
    channel: str
    key: str
    happening: Happening
    detected_at: int
    queued_at: int
    next_at: int
    attempts: int
    body: str
    to: tuple[str, ...]
    alerts: frozenset[str]

    def message(self) -> Message:
        """Raises PackingError when it was written by a version that meant something else by it."""
        return unpack(self.body)


def put(
    db: sqlite3.Connection,
    channel: str,
    message: Message,
    to: tuple[str, ...],
    now: int,
    *,
    fallback: Fallback | None = None,
) -> bool:
    """A message for this channel, from ``now`` on; False when it has one of this key."""
    at = None if fallback is None else now + round(1000 * fallback.after)
    cursor = db.execute(
        "INSERT INTO messages (channel, key, happening, route, fate, body, recipients, detected_at,"
        " queued_at, next_at, fallback, fallback_at) VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (channel, key) DO NOTHING",
        (
            *(channel, message.key, message.happening, message.route, pack(message), json.dumps(to)),
            *(message.detected_at, now, now, packed(fallback), at),
        ),
    )
    if cursor.rowcount != 1:
        return False
    rows = [(cursor.lastrowid, alert.id) for alert in message.alerts]
    db.executemany("INSERT OR IGNORE INTO message_alerts VALUES (?, ?)", rows)
    return True


def entries(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[Entry]:
    """The entries for which this condition holds."""
    query = (
        "SELECT id, channel, key, happening, detected_at, queued_at, next_at, attempts, body, recipients,"
        " (SELECT json_group_array(alert) FROM message_alerts WHERE message = id) FROM messages WHERE "
    )
    found = []
    for row in db.execute(query + where, values):
        number, channel, key, happening, detected_at, queued_at, next_at, count, body, to, alerts = row
        found.append(
            Entry(
                *(number, channel, key, Happening(happening)),
                *(detected_at, queued_at, next_at, count, body),
                to=tuple(json.loads(to)),
                alerts=frozenset(json.loads(alerts)),
            )
        )
    return found


def packed(fallback: Fallback | None) -> str:
    return "" if fallback is None else json.dumps({"to": {**fallback.to}, "after": fallback.after})


def unpacked(text: str) -> Fallback | None:
    if not text:
        return None
    data = json.loads(text)
    return Fallback({channel: tuple(people) for channel, people in data["to"].items()}, data["after"])
