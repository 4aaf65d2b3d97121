"""What became of messages, for people and for numbers: questions to the outbox that change nothing.

They take a connection, so that a command may ask a file in which the role is writing.
"""

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


@dataclass(frozen=True, slots=True)
class Failing:
    """Nothing that was tried in this channel since then has arrived; ``text`` is the newest reason."""

    since: int
    text: str


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


def pending(db: sqlite3.Connection) -> dict[str, int]:
    """How many messages wait in each channel that has some."""
    query = "SELECT channel, count(*) FROM messages WHERE fate = 'waiting' GROUP BY channel"
    return dict(db.execute(query).fetchall())


def failing(db: sqlite3.Connection) -> dict[str, Failing]:
    """The channels whose newest finished attempt failed."""
    channels = [channel for (channel,) in db.execute("SELECT DISTINCT channel FROM attempts").fetchall()]
    found = {channel: _failing(db, channel) for channel in channels}
    return {channel: failing for channel, failing in found.items() if failing is not None}


def tries(db: sqlite3.Connection, channel: str, since: int) -> list[int]:
    """When the attempts of this channel ended (or began, if they did not) after ``since``, in order."""
    query = "SELECT ifnull(ended_at, at) FROM attempts WHERE channel = ? AND at > ? ORDER BY 1"
    return [at for (at,) in db.execute(query, (channel, since))]


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


def _failing(db: sqlite3.Connection, channel: str) -> Failing | None:
    good = "SELECT ifnull(max(id), 0) FROM attempts WHERE channel = ? AND outcome = 'delivered'"
    (last,) = db.execute(good, (channel,)).fetchone()
    query = (
        "SELECT at, text FROM attempts WHERE channel = ? AND id > ? AND outcome IN ('failed', 'refused')"
        " ORDER BY id"
    )
    bad = db.execute(query, (channel, last)).fetchall()
    return Failing(bad[0][0], bad[-1][1]) if bad else None


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
