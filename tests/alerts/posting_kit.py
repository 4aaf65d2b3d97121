"""What became of messages, as the outbox has it: questions of the tests, that change nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.model import Happening
from alerts.rows import Fate, Outcome


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. ``text``: what the receiver said, or what went wrong; no secret is in it."""

    at: int
    ended_at: int | None
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class Posting:
    """A message in a channel. ``attempts``: how many; ``last``: the newest of them. Moments: milliseconds."""

    id: int
    channel: str
    key: str
    happening: Happening
    route: str
    fate: Fate
    detected_at: int
    queued_at: int
    done_at: int | None
    attempts: int
    last: Attempt | None


def of_alert(db: sqlite3.Connection, alert: str) -> list[Posting]:
    """All that was or is to be said of an alert, in order."""
    where = "id IN (SELECT message FROM message_alerts WHERE alert = ?) ORDER BY id"
    return _postings(db, where, (alert,))


def recent(db: sqlite3.Connection, limit: int, fates: Sequence[Fate] = tuple(Fate)) -> list[Posting]:
    """The newest messages of these fates, the newest first."""
    marks = ", ".join("?" * len(fates))
    return _postings(db, f"fate IN ({marks}) ORDER BY id DESC LIMIT ?", (*fates, limit))


def attempts(db: sqlite3.Connection, posting: int) -> list[Attempt]:
    """Every try of a message, in order."""
    query = "SELECT at, ended_at, outcome, text FROM attempts WHERE message = ? ORDER BY id"
    return [
        Attempt(at, ended, Outcome(outcome), text)
        for at, ended, outcome, text in db.execute(query, (posting,))
    ]


def latencies(db: sqlite3.Connection, since: int) -> Mapping[str, list[int]]:
    """Milliseconds from knowing to delivered, by channel, of starts and ends delivered after ``since``."""
    query = (  # repeats and escalations are late on purpose
        "SELECT channel, done_at - detected_at FROM messages"
        " WHERE fate = 'delivered' AND happening IN ('fired', 'resolved') AND done_at > ? ORDER BY id"
    )
    found: dict[str, list[int]] = {}
    for channel, millis in db.execute(query, (since,)):
        found.setdefault(channel, []).append(millis)
    return found


def _postings(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[Posting]:
    query = (
        "SELECT id, channel, key, happening, route, fate, detected_at, queued_at, done_at, attempts"
        " FROM messages WHERE "
    )
    newest = "SELECT at, ended_at, outcome, text FROM attempts WHERE message = ? ORDER BY id DESC LIMIT 1"
    found = []
    for row in db.execute(query + where, values).fetchall():
        number, channel, key, happening, route, fate, detected_at, queued_at, done_at, count = row
        last = db.execute(newest, (number,)).fetchone()
        found.append(
            Posting(
                *(number, channel, key, Happening(happening), route, Fate(fate)),
                *(detected_at, queued_at, done_at, count),
                last=None if last is None else Attempt(last[0], last[1], Outcome(last[2]), last[3]),
            )
        )
    return found
