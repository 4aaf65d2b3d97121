"""What is above a watch, and whether it failed. Pure."""

from __future__ import annotations

from collections import Counter
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
        self._seen_below: Counter[Watch] = Counter()
        self._up_below: Counter[Watch] = Counter()
        for watch, state in standings.items():
            self._count(watch, state, 1)

    def note(self, watch: Watch, old: State, new: State) -> None:
        """It stands otherwise now: counted, so that nobody has to look through all children of a parent."""
        self._count(watch, old, -1)
        self._count(watch, new, 1)

    def _count(self, watch: Watch, state: State, by: int) -> None:
        if state is not State.UNKNOWN:
            for parent in self._topology.parents(watch):
                self._seen_below[parent, watch[1]] += by
                self._up_below[parent, watch[1]] += by * (state is not State.DOWN)

    def is_mute(self, watch: Watch) -> bool:
        """Whether nobody knows how it is: it has no probe, or has never answered, or cannot be asked now."""
        known = self._standings.get(watch, State.UNKNOWN)
        return watch not in self._topology.watched or (known is State.UNKNOWN and watch not in self._downs)

    def failed(self, watch: Watch, now: int) -> Case | None:
        """The outage of the highest that failed above, where all ways up have; of several the last one."""
        tops = self._tops(watch, now, frozenset({watch}))
        return max(tops, key=lambda case: (case.told.at, case.id), default=None)

    def is_waited_for(self, watch: Watch) -> bool:
        """Whether something right above it fell too, and its cause is not known yet."""
        above = (self._downs.get((parent, watch[1])) for parent in self._topology.parents(watch))
        return any(down is not None and down.case is None for down in above)

    def top(self, watch: Watch) -> Watch:
        """The highest that is down above it, up to the first that is not; else itself."""
        seen, top = {watch}, watch
        waiting = [watch]
        while waiting:
            for parent in self._topology.parents(waiting.pop()):
                above = (parent, watch[1])
                if above in seen or not (above in self._downs or self.is_mute(above)):
                    continue
                seen.add(above)
                waiting.append(above)
                top = above if above in self._downs else top
        return top

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
        if self.is_mute(watch):
            case = self._of_root.get(watch)
            is_suspected = case is not None and case.returned_at is None
            return self._tops(watch, now, seen) or ({case} if case and is_suspected else set())
        down = self._downs.get(watch)
        if down is None or down.case is None or self._lets_through(down, now):
            return set()
        is_back = down.case.root == watch and down.case.returned_at is not None
        return set() if is_back else {down.case}

    def _lets_through(self, down: Down, now: int) -> bool:
        """Whether what is below gets through all the same: half of it or more, for long enough."""
        if now - down.at <= self._proven:
            return False
        up = self._up_below[down.watch]
        return up > 0 and 2 * up >= self._seen_below[down.watch]


def fell_with(down: Down, above: Case) -> bool:
    """Whether it fell with what is above it, and not long before."""
    proof = above.told.at if above.told.not_before is None else above.told.not_before
    return down.at >= proof - SLACK
