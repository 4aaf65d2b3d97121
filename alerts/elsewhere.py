"""What another alert role of this site told, by its own record: whoever takes over says nothing of it again.

Two roles hear the same judgements and decide alike, each in a database of its own; one of them tells. Its
record, the stream of alerts, is how the other knows what need not be told any more. What the record does not
have yet when its writer dies is told again, under the same key where it went out by itself.

What this role recorded itself is not heard: its own database knows that, and more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from alerts import deeds
from alerts.handover import hand_over
from alerts.model import Happening
from alerts.outbox import Outbox
from alerts.rows import Entry, Fate, entries
from monitor.model.deeds import Deed, Did
from monitor.model.events import Event

_WHOLE: Final = (Happening.FIRED, Happening.RESOLVED)
"""What is said of an alert once. Another role may have gathered the same alerts into other messages."""

_NEVER: Final = {fate.value: fate for fate in (Fate.HANDED_OVER, Fate.REFUSED, Fate.EXPIRED)}
"""The last words on a message that did not arrive."""


class Elsewhere:
    """Hears the record of the one that tells, while this one only follows."""

    def __init__(self) -> None:
        self._fates: dict[tuple[str, str], tuple[Fate, int]] = {}
        """What became of messages, by channel and key; of each alert of a digest too, as if it were alone.

        Beside it, when that was heard.
        """
        self._said: dict[deeds.Mark, tuple[int, int]] = {}
        """The deeds that the ledger takes: in which life of our own numbers (0: another's), and when."""
        self._epoch = 0
        self._begun: dict[str, tuple[Deed, set[str]]] = {}
        """The alerts that others told and nobody ended, by id: their start, and the channels that know."""

    def hear(self, db: sqlite3.Connection, events: Iterable[Event], now: int) -> None:
        """A part of the record, in its order; parts may come again."""
        own = deeds.standing(db)
        for event in events:
            if not isinstance(event.payload, Deed):
                continue
            ours = own.has_said(event.id)
            if not ours:
                self._note(event.payload, now)
            if event.payload.what is Did.RESOLVED:
                self._begun.pop(event.payload.alert, None)
            if event.id.epoch >= self._epoch:  # else the ledger does not take it, and it comes again
                self._epoch = event.id.epoch
                self._said[deeds.mark_of(event.payload)] = (own.epoch if ours else 0, now)
        deeds.recorded(db, self._known(own.epoch))

    def _known(self, own: int) -> AbstractSet[deeds.Mark]:
        """What we need not say any more; what we said last only if another has said something since."""
        if self._epoch > own:
            return self._said.keys()
        return {mark for mark, (life, _) in self._said.items() if life != own}

    def _note(self, deed: Deed, now: int) -> None:
        if deed.what is Did.FIRED:
            self._begun.setdefault(deed.alert, (deed, set()))
        fate = Fate.DELIVERED if deed.what is Did.DELIVERED else _NEVER.get(str(deed.facts.get("fate")))
        if fate is None:
            return  # no word on a message, or on one that is tried on and on
        channel, key = str(deed.facts.get("channel", "")), str(deed.facts.get("message", ""))
        if fate is Fate.DELIVERED and deed.alert in self._begun:
            self._begun[deed.alert][1].add(channel)
        alone = [f"{deed.alert}/{each}" for each in _WHOLE if key.endswith(f"/{each}")]
        self._fates.update(((channel, each), (fate, now)) for each in (key, *alone))

    def begun(self) -> Sequence[tuple[Deed, AbstractSet[str]]]:
        """The starts that others told and nobody ended, each with the channels that heard it."""
        return list(self._begun.values())

    def hold(self, db: sqlite3.Connection, did: Iterable[Deed], now: int) -> None:
        """What this one would have recorded, if it were the one that tells."""
        unknown = [deed for deed in did if deeds.mark_of(deed) not in self._said]
        deeds.hold(db, unknown, now)

    def forget(self, before: int) -> None:
        """What was heard before that: whoever takes over has dealt with it long ago."""
        self._fates = {key: known for key, known in self._fates.items() if known[1] >= before}
        self._said = {mark: known for mark, known in self._said.items() if known[1] >= before}

    def settle(self, db: sqlite3.Connection, outbox: Outbox, now: int) -> None:
        """Take what is done with from what waits, in the transaction of the caller."""
        # First what was handed over: in its new channel it may have been told.
        for told in (False, True):
            for entry in entries(db, "fate = 'waiting' ORDER BY id", ()):
                fate = self._fate(entry)
                if fate is not None and (fate is Fate.DELIVERED) is told:
                    _close(db, outbox, entry, fate, now)

    def _fate(self, entry: Entry) -> Fate | None:
        """What became of it; None while the other may still tell it."""
        known = self._became(entry.channel, entry.key)
        if known is not None:
            return known
        parts = self._of_each(entry, entry.happening)
        if None not in parts:
            return next((fate for fate in parts if fate is not Fate.DELIVERED), Fate.DELIVERED)
        over = all(fate is Fate.DELIVERED for fate in self._of_each(entry, Happening.RESOLVED))
        return Fate.SUPERSEDED if over and not entry.happening.is_end else None

    def _of_each(self, entry: Entry, happening: Happening) -> Sequence[Fate | None]:
        fates = [self._became(entry.channel, f"{alert}/{happening}") for alert in entry.alerts]
        return fates or [None]

    def _became(self, channel: str, key: str) -> Fate | None:
        fate, _ = self._fates.get((channel, key), (None, 0))
        return fate


def _close(db: sqlite3.Connection, outbox: Outbox, entry: Entry, fate: Fate, now: int) -> None:
    if fate is not Fate.HANDED_OVER:
        outbox.closed_elsewhere(db, entry, fate)
    if fate in _NEVER.values():
        hand_over(db, entry.id, now)
    # An end that was handed over may wait here all the same, and what becomes of it is ours to record.
    closed = "INSERT OR IGNORE INTO deeds_told SELECT id FROM messages WHERE id = ? AND fate != 'waiting'"
    db.execute(closed, (entry.id,))
