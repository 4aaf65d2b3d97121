"""What another alert role of this site told, by its own record: whoever takes over says nothing of it again.

Two roles hear the same judgements and decide alike, each in a database of its own; one of them tells. Its
record, the stream of alerts, is how the other knows what need not be told any more. What the record does not
have yet when its writer dies is told again, under the same key where it went out by itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from alerts import deeds
from alerts.handover import hand_over
from alerts.model import Happening
from alerts.outbox import Outbox
from alerts.rows import Entry, entries, unpacked
from monitor.model.deeds import Deed, Did
from monitor.model.events import Event

_WHOLE: Final = (Happening.FIRED, Happening.RESOLVED)
"""What is said of an alert once. Another role may have gathered the same alerts into other messages."""


class Elsewhere:
    """Hears the record of the one that tells, while this one only follows."""

    def __init__(self) -> None:
        self._messages: set[tuple[str, str]] = set()
        self._alerts: set[tuple[str, str, Happening]] = set()
        self._recorded: set[tuple[Did, str]] = set()
        self._fresh: set[tuple[Did, str]] = set()

    def hear(self, events: Iterable[Event]) -> None:
        """A part of the record, in its order; parts may come again."""
        said = [event.payload for event in events if isinstance(event.payload, Deed)]
        self._fresh = {(deed.what, deed.alert) for deed in said}
        self._recorded |= self._fresh
        for deed in said:
            if deed.what is Did.DELIVERED:
                self._note(deed, str(deed.facts.get("channel", "")), str(deed.facts.get("message", "")))

    def _note(self, deed: Deed, channel: str, key: str) -> None:
        self._messages.add((channel, key))
        self._alerts.update((channel, deed.alert, each) for each in _WHOLE if f"/{each}" in key)

    def hold(self, db: sqlite3.Connection, did: Iterable[Deed], now: int) -> None:
        """What this one would have recorded, if it were the one that tells."""
        unknown = [deed for deed in did if (deed.what, deed.alert) not in self._recorded]
        deeds.hold(db, unknown, now)

    def settle(self, db: sqlite3.Connection, outbox: Outbox, now: int) -> None:
        """Take what was told from what waits, in the transaction of the caller."""
        deeds.recorded(db, self._fresh)
        for _ in range(2):  # what a fallback takes on in the first round may have been told there
            for entry in entries(db, "fate = 'waiting' ORDER BY id", ()):
                if self._is_told(entry, entry.channel):
                    outbox.told_elsewhere(db, entry)
                    db.execute("INSERT OR IGNORE INTO deeds_told VALUES (?)", (entry.id,))
                elif any(self._is_told(entry, heir) for heir in _heirs(db, entry)):
                    hand_over(db, entry.id, now)

    def _is_told(self, entry: Entry, channel: str) -> bool:
        if (channel, entry.key) in self._messages:
            return True
        said = [(channel, alert, entry.happening) in self._alerts for alert in entry.alerts]
        return bool(said) and all(said)


def _heirs(db: sqlite3.Connection, entry: Entry) -> Iterable[str]:
    (written,) = db.execute("SELECT fallback FROM messages WHERE id = ?", (entry.id,)).fetchone()
    fallback = unpacked(written)
    return () if fallback is None else fallback.to
