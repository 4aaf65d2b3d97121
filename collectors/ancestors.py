"""Asking those above a watch that fails, and those below one that is back: nobody is judged unheard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from collectors.wards import Turn, Ward
from monitor.model.nodes import Node
from monitor.model.observations import State

PAUSE: Final = 1.0
"""Seconds in which an ancestor is asked at most once for the sake of others, however many of them fail."""


BELOW_A_SECOND: Final = 2000
"""How many of those below one that is back are asked within a second: no burst, and soon enough."""


class Ancestors:
    """Asks at once whoever stands above a ward that went missing, be it a switch or a whole county's link.

    Only those can be asked that this collector watches itself. Where a network is cut into shards, an
    ancestor belongs to one of them: that shard's collector asks it as soon as one of its own watches below
    fails, and the other shards leave it to that. Of a failure with many watches below, every shard has some.
    """

    def __init__(
        self,
        hurry: Callable[[Turn], None],
        later: Callable[[Turn, float], None],
        now: Callable[[], float],
    ) -> None:
        """``hurry`` asks at once; ``later`` in so many seconds."""
        self._hurry = hurry
        self._later = later
        self._now = now
        self._wards: Mapping[str, Ward] = {}

    def take(self, wards: Mapping[str, Ward], nodes: Mapping[str, Node], network: str) -> None:
        """Note for each of these wards who of them stands above it, so that nothing is looked for later."""
        self._wards = wards
        known: dict[tuple[str, ...], tuple[Ward, ...]] = {}
        for ward in wards.values():
            parents = ward.watch.node.parents
            ward.parents = tuple(wards[node] for node in parents if node in wards)
            if parents not in known:
                known[parents] = tuple(
                    wards[node] for node in above(parents, nodes, network) if node in wards
                )
            ward.ancestors = known[parents]

    def ask_above(self, ward: Ward) -> None:
        """Ask each ancestor of ``ward`` in every way that it has, unless that was done a moment ago."""
        now = self._now()
        for ancestor in ward.ancestors:
            if now - ancestor.asked_at >= PAUSE:
                ancestor.asked_at = now
                for turn in ancestor.turns.values():
                    self._hurry(turn)

    def ask_below(self, ward: Ward) -> None:
        """It is back: ask all below it that are down, once each, the more of them the longer that takes."""
        below = [
            one for one in self._wards.values() if ward in one.ancestors and one.judge.state is State.DOWN
        ]
        for place, one in enumerate(below):
            for turn in one.turns.values():
                self._later(turn, place / BELOW_A_SECOND)


def above(parents: Iterable[str], nodes: Mapping[str, Node], network: str) -> Iterator[str]:
    """All that stand above in this network, the nearest first, each once, even in a circle."""
    seen: set[str] = set()
    following = deque(parents)
    while following:
        name = following.popleft()
        node = nodes.get(name)
        if name not in seen and node is not None and network in node.networks:
            seen.add(name)
            yield name
            following.extend(node.parents)
