"""How delivery is, for numbers: questions to the outbox that change nothing."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failing:
    """Nothing that was tried in this channel since then has arrived; ``text`` is the newest reason."""

    since: int
    text: str


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


def _failing(db: sqlite3.Connection, channel: str) -> Failing | None:
    good = "SELECT ifnull(max(id), 0) FROM attempts WHERE channel = ? AND outcome = 'delivered'"
    (last,) = db.execute(good, (channel,)).fetchone()
    query = (
        "SELECT at, text FROM attempts WHERE channel = ? AND id > ? AND outcome IN ('failed', 'refused')"
        " ORDER BY id"
    )
    bad = db.execute(query, (channel, last)).fetchall()
    return Failing(bad[0][0], bad[-1][1]) if bad else None
