"""What is above a watch, and whether it failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor.live.cases import Case, Down
from monitor.live.topology import Topology, Watch
from monitor.model.events import Change
from monitor.model.observations import State

SLACK: Final = 5_000
"""Milliseconds by which a child may be seen to fall before the last proof of its parent: polls differ."""


class Above:
    """Looks upwards from a watch, over what the engine knows: it holds that, and changes nothing.

    ``proven``: milliseconds after which something that is down, and lets most of its children through, is
    seen to do so.
    """

    def __init__(
        self,
        topology: Topology,
        downs: Mapping[Watch, Down],
        of_root: Mapping[Watch, Case],
        standings: Mapping[Watch, State],
        proven: int,
    ) -> None:
        self._topology = topology
        self._downs = downs
        self._of_root = of_root
        self._standings = standings
        self._proven = proven

    def failed(self, watch: Watch, now: int) -> Case | None:
        """The outage of the highest that failed above, where all ways up have; of several the last one."""
        tops = self._tops(watch, now, frozenset({watch}))
        return max(tops, key=lambda case: (case.told.at, case.id), default=None)

    def is_cleared(self, change: Change) -> bool:
        """Whether something right above it answered no earlier than it was found failing."""
        above = self._topology.parents((change.node, change.network))
        return any(piece.ok and piece.node in above and piece.at >= change.at for piece in change.evidence)

    def _tops(self, watch: Watch, now: int, seen: frozenset[Watch]) -> set[Case]:
        """The outages by which every way up is cut; empty if one is open, or nobody knows."""
        found: set[Case] = set()
        for parent in self._topology.parents(watch):
            above = (parent, watch[1])
            if above in seen:
                continue  # a circle leads nowhere new
            cut = self._cut_by(above, now, seen | {above})
            if not cut:
                return set()
            found |= cut
        return found

    def _cut_by(self, watch: Watch, now: int, seen: frozenset[Watch]) -> set[Case]:
        """Why there is no way through it: its own outage, or one above it. Empty: there is a way."""
        if watch not in self._topology.watched:
            case = self._of_root.get(watch)
            return self._tops(watch, now, seen) if case is None else {case}
        down = self._downs.get(watch)
        if down is None or down.case is None or self._lets_through(down, now):
            return set()
        is_back = down.case.root == watch and down.case.returned_at is not None
        return set() if is_back else {down.case}

    def _lets_through(self, down: Down, now: int) -> bool:
        """Whether what is below gets through all the same: half of it or more, for long enough."""
        if now - down.at <= self._proven:
            return False
        below = [(child, down.watch[1]) for child in self._topology.children(down.watch)]
        states = [self._standings.get(child, State.UNKNOWN) for child in below]
        seen = [state for state in states if state is not State.UNKNOWN]
        up = sum(state is not State.DOWN for state in seen)
        return bool(up) and 2 * up >= len(seen)


def fell_with(down: Down, above: Case) -> bool:
    """Whether it fell with what is above it, and not long before."""
    proof = above.told.at if above.told.not_before is None else above.told.not_before
    return down.at >= proof - SLACK
