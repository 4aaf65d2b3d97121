"""Saying that a watch is down, with what those above it answered meanwhile.

Whose fault it is shall be known when the failure is told (design §5). Those above were asked when the watch
first failed; one that has answered since is cleared of it, and its answer goes with the change as evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from collectors.herald import Herald
from collectors.judge import Track
from collectors.roster import STATE_KEY
from collectors.wards import Turn, Ward
from monitor.model.events import Change, Evidence
from monitor.model.observations import Cause, State, Weight

PATIENCE: Final = 500
"""Milliseconds that a change waits at most for a word from above. A device that lives answers sooner."""

_PARENTS_AT_MOST: Final = 4
_ALIVE: Final = (Weight.GOOD, Weight.SOFT)


class Clearance:
    """Says changes; of several of one watch in their order. Call :meth:`look` at every tick."""

    def __init__(self, herald: Herald, now: Callable[[], int], hurry: Callable[[Turn], None]) -> None:
        """``hurry`` asks something at once."""
        self._herald = herald
        self._now = now
        self._hurry = hurry
        self._waiting: dict[Ward, tuple[Change, int]] = {}

    def tell(self, ward: Ward, change: Change) -> None:
        """Say it, at once unless somebody above may yet be cleared of it."""
        if held := self._waiting.pop(ward, None):
            self._say(ward, held[0])
        if change.new is State.DOWN and _is_open(ward, change):
            self._waiting[ward] = (change, self._now() + PATIENCE)
            # Asked for another below it a moment ago, it may have answered before this one fell.
            for parent in ward.parents:
                for turn in parent.turns.values():
                    self._hurry(turn)
        else:
            self._say(ward, change)

    def look(self) -> None:
        """Say what has waited for long enough, or need not wait any more."""
        now = self._now()
        for ward, (change, until) in list(self._waiting.items()):
            if now >= until or until - now > PATIENCE or not _is_open(ward, change):
                del self._waiting[ward]
                self._say(ward, change)

    def flush(self) -> None:
        """Say all of it now: what is said next speaks of states that must be known by then."""
        waiting, self._waiting = self._waiting, {}
        for ward, (change, _) in waiting.items():
            self._say(ward, change)

    def _say(self, ward: Ward, change: Change) -> None:
        if change.new is State.DOWN:
            change = replace(change, evidence=(*change.evidence, *_from_above(ward)))
        memory = {STATE_KEY + ward.watch.node.id: ward.judge.remember()}
        self._herald.say(change, self._now(), memory)


def _is_open(ward: Ward, change: Change) -> bool:
    """Whether nobody above is cleared yet, and none is known to be down: an answer is on its way."""
    if not ward.parents or any(parent.judge.state is State.DOWN for parent in ward.parents):
        return False
    return not any(_is_cleared(parent, change.at) for parent in ward.parents)


def _is_cleared(parent: Ward, since: int) -> bool:
    return any(track.last >= since for track in _answering(parent))


def _answering(parent: Ward) -> Iterator[Track]:
    """What of it can be asked and gave a good answer the last time."""
    return (
        parent.judge.tracks[name]
        for name in parent.turns
        if not parent.judge.tracks[name].run and parent.judge.tracks[name].standing in _ALIVE
    )


def _from_above(ward: Ward) -> Iterator[Evidence]:
    """The newest answer of each direct parent."""
    for parent in ward.parents[:_PARENTS_AT_MOST]:
        node = parent.watch.node.id
        failing = [
            parent.judge.tracks[name].run[-1] for name in parent.turns if parent.judge.tracks[name].run
        ]
        if failing:
            yield Evidence.of(max(failing, key=lambda seen: seen.finished), node)
        elif answering := list(_answering(parent)):
            newest = max(answering, key=lambda track: track.last)
            taken = max(0, newest.last - (newest.last if newest.proof is None else newest.proof))
            yield Evidence(newest.probe, newest.last, True, newest.answer or Cause.OK, taken / 1000, node)
