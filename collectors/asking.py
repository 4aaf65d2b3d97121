"""Putting a turn's question, as long as it makes sense to put it."""

from __future__ import annotations

from collections.abc import Callable

from collectors.engine.engine import Engine
from collectors.engine.icmp import Pinger, PingSlot
from collectors.roster import Roster
from collectors.wards import Turn


class Asking:
    """Starts turns. One that is being asked already, or cannot be asked, is left alone."""

    def __init__(self, roster: Roster, engine: Engine, pinger: Pinger, now: Callable[[], int]) -> None:
        """``now``: milliseconds, UTC."""
        self._roster = roster
        self._engine = engine
        self._pinger = pinger
        self._now = now

    def ask(self, turn: Turn) -> None:
        """Its time has come."""
        if turn.track.steady:
            self.start(turn, turn.spec.timeout)
        else:
            self.hurry(turn)

    def hurry(self, turn: Turn) -> None:
        """Ask now. Dropped is what would be hasty: it was asked just now, and is asked again soon."""
        if not turn.hasty(self._now()):
            self.start(turn, turn.hurried())

    def start(self, turn: Turn, timeout: float) -> None:
        """With this timeout in seconds, if it can be asked at all."""
        slot = turn.slot
        if not self._roster.askable(turn):
            return
        if isinstance(slot, PingSlot):
            self._pinger.start(slot, timeout)
        else:
            self._engine.start(slot, timeout)
