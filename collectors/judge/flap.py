"""A watch that goes up and down all the time says so once, and is quiet until it has settled."""

from __future__ import annotations

from dataclasses import replace

from collectors.judge.rules import Rules
from collectors.judge.terms import Turn
from monitor.model.observations import Cause, State


class Flap:
    """Lets turns pass, until there are too many of them.

    ``held`` is the newest turn while flapping: the state that the watch would have. ``since`` is when that
    began; None after a restart, when it counts from the first look.
    """

    __slots__ = ("flips", "held", "rules", "since")

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.flips: tuple[int, ...] = ()
        self.held: Turn | None = None
        self.since: int | None = None

    @property
    def flapping(self) -> bool:
        return self.held is not None

    def filter(self, turn: Turn) -> Turn | None:
        """The turn to tell: this one, the one into flapping, or none. Unknown ends flapping at once."""
        if turn.state is State.UNKNOWN:
            self.calm()
            return turn
        if self.flapping:
            self._hold(turn)
            return None
        self._count(turn)
        if len(self.flips) <= self.rules.flap_changes:
            return turn
        self._hold(turn)
        return replace(turn, state=State.DEGRADED, cause=Cause.FLAPPING)

    def settled(self, now: int) -> Turn | None:
        """The held turn, once it has stood for ``flap_settle``. Then the watch is flapping no more."""
        if self.held is None:
            return None
        if self.since is None:
            self.since = now
        if now - self.since < 1000 * self.rules.flap_settle:
            return None
        turn = replace(self.held, detected_at=now)
        self.calm()
        return turn

    def resume(self, turn: Turn) -> None:
        """Go on flapping after a restart."""
        self.held, self.since = turn, None

    def set_back(self, by: int) -> None:
        """All that was seen was seen ``by`` milliseconds earlier."""
        self.flips = tuple(flip - by for flip in self.flips)
        self.since = None if self.since is None else self.since - by
        if self.held is not None:
            not_before = None if self.held.not_before is None else self.held.not_before - by
            self.held = replace(self.held, at=self.held.at - by, not_before=not_before)

    def calm(self) -> None:
        self.held, self.since, self.flips = None, None, ()

    def _hold(self, turn: Turn) -> None:
        self.held, self.since = turn, turn.at

    def _count(self, turn: Turn) -> None:
        """Between answering and not: degraded counts as answering, and unknown as neither."""
        if State.UNKNOWN in (turn.old, turn.state) or State.DOWN not in (turn.old, turn.state):
            return
        since = turn.detected_at - round(1000 * self.rules.flap_within)
        self.flips = (*(flip for flip in self.flips if flip > since), turn.detected_at)
