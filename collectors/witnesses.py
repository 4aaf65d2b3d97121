"""Asking the witnesses: nodes whose answer proves that it is not we who lost the network."""

from __future__ import annotations

import time
from collections.abc import Callable

from collectors.engine.engine import Engine, Slot
from collectors.engine.icmp import Pinger, PingSlot
from collectors.wards import Turn, Ward
from monitor.model.observations import Cause, Verdict, Weight

TIMEOUT = 1.0
"""Seconds a witness has: the question is urgent, and a witness stands near."""

LOST = 2 * TIMEOUT
"""Seconds after which a question that is still open will never be answered: it was dropped on its way."""

_SILENCE = frozenset({Cause.NO_REPLY, Cause.TIMEOUT, Cause.UNREACHABLE})
"""Whatever else is wrong with a witness came over the network; but faults of our own prove nothing."""


class Witnesses:
    """Asks every witness once when told to, apart from its usual turns, and tells each answer."""

    def __init__(self, engine: Engine, pinger: Pinger, tell: Callable[[bool], None]) -> None:
        self._engine = engine
        self._pinger = pinger
        self._tell = tell
        self._turns: list[Turn] = []
        self._open: set[Turn] = set()
        self._heard: set[str] = set()
        self._asked_at = 0.0

    def __len__(self) -> int:
        return len(self._turns)

    @property
    def silent(self) -> list[str]:
        """Node ids of those that have not answered the last question, in no way that they are asked."""
        return sorted({turn.ward.watch.node.id for turn in self._turns} - self._heard)

    def take(self, wards: list[Ward]) -> None:
        """Use these from now on. Each is asked with every way that this machine can ask it."""
        for turn in self._turns:
            self._cancel(turn)
        self._open.clear()
        self._turns = [turn for ward in wards for turn in ward.turns.values()]

    def ask(self) -> None:
        """Ask all of them, unless the last question is still open."""
        now = time.monotonic()
        if self._open and now - self._asked_at < LOST:
            return
        for turn in self._open:
            self._cancel(turn)
        self._open.clear()
        self._heard.clear()
        self._asked_at = now
        able = [turn for turn in self._turns if self._can(turn.slot)]
        # All are open before the first is asked: where there is no route, it fails while it is started.
        self._open.update(able)
        for turn in able:
            if not self._start(turn.slot):
                self._open.discard(turn)
        if not self._open:
            self._tell(False)

    def answered(self, turn: Turn, verdict: Verdict) -> bool:
        """Whether this answer was a witness's; then it is dealt with."""
        if turn not in self._turns:
            return False
        self._open.discard(turn)
        cause = verdict.cause
        if cause not in _SILENCE and cause.weight is not Weight.BLIND:
            self._heard.add(turn.ward.watch.node.id)
            self._tell(True)
        elif not self._open:
            self._tell(False)
        return True

    def _can(self, slot: Slot | PingSlot) -> bool:
        if isinstance(slot, PingSlot):
            return slot.address is not None and self._pinger.can(slot.family)
        return slot.sockaddr is not None

    def _start(self, slot: Slot | PingSlot) -> bool:
        if isinstance(slot, PingSlot):
            return self._pinger.start(slot, TIMEOUT)
        return self._engine.start(slot, TIMEOUT)

    def _cancel(self, turn: Turn) -> None:
        if isinstance(turn.slot, Slot):
            self._engine.cancel(turn.slot)
        else:
            self._pinger.cancel(turn.slot)
