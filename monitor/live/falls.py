"""Why a watch fell: something above it, something that many have in common, or itself. Pure.

A fall is judged as soon as its cause can be known: at once if something right above it has answered since, or
if nothing is above; else it is held for a while, since its parent, or its peers, may be found down next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from monitor.config import Site
from monitor.live.above import Above, fell_with
from monitor.live.cases import Case, Down, classes, names
from monitor.live.docket import Docket
from monitor.live.suspects import Suspects, is_explained
from monitor.live.topology import Topology, Watch
from monitor.model.observations import State
from monitor.model.outages import Ending, OutageKind

_PART_OF_WINDOW: Final = 3
"""What hangs on something that nobody asks is held for this part of the window of suspicion."""

LEVELS: Final = 5
"""So many times a fall waits for the cause of its parent's, which may be waiting itself."""

_CROWD: Final = 5
_CROWD_WITHIN: Final = 2_000
"""When more than so many fall within so many milliseconds, none is told before it is known whether they have
something in common: single failures are rare, and one message is better than a hundred."""


class Falls:
    """Finds the causes of falls, and opens, fills and merges outages by them. The moment is the docket's."""

    def __init__(self, site: Site) -> None:
        self._standings: dict[Watch, State] = {}
        self._downs: dict[Watch, Down] = {}
        self._falls: deque[int] = deque(maxlen=_CROWD + 1)
        self._docket = Docket(Topology(site))
        self._take(site, self._docket.topology)

    def _take(self, site: Site, topology: Topology) -> None:
        settings = site.outages
        self._hold, self._within, self._recheck = (
            round(1000 * span) for span in (settings.hold, settings.within, settings.recheck)
        )
        self._topology = self._docket.topology = topology
        self._above = Above(topology, self._downs, self._docket.of_root, self._standings, self._recheck)
        self._suspects = Suspects(topology, settings, self._above, self._docket.is_maintained)
        self._suspects.count(self._standings)

    # -- one that fell

    def _judge(self, down: Down, *, final: bool = False) -> None:
        """Find the cause of a fall, or hold it. ``final``: it was held for long enough, or need not be."""
        case = None if down.cleared else self._above.failed(down.watch, self._docket.now)
        if case is not None and fell_with(down, case):
            self._join(down, case)
        elif final and down.waits < LEVELS and self._above.is_waited_for(down.watch):
            down.waits += 1
            self._docket.alarm(self._docket.now + self._hold, down)
        elif final or (self._is_clear(down) and not self._is_in_crowd(down)):
            self._judge_own(down)
        else:
            self._docket.alarm(self._docket.now + self._patience(down.watch), down)

    def _below(self, watch: Watch) -> Iterator[Watch]:
        """The watches right below it, or below something of which nobody knows how it is."""
        return self._topology.nearest_below(watch, self._above.is_mute)

    def _is_clear(self, down: Down) -> bool:
        """Whether nothing above it can be its cause: it answers, or there is nothing.

        Beside others such as it there is something: that of which nobody wrote down what holds them together.
        """
        topology = self._topology
        return down.cleared or not (topology.parents(down.watch) or topology.has_peers(down.watch))

    def _is_in_crowd(self, down: Down) -> bool:
        """Whether many fell just now. One on which others hang that fell too is their cause: told at once.

        What is under maintenance makes no crowd, and is in none.
        """
        if self._docket.is_maintained(down.watch):
            return False
        self._falls.append(self._docket.now)
        is_crowd = len(self._falls) > _CROWD and self._falls[0] >= self._docket.now - _CROWD_WITHIN
        return is_crowd and not any(one in self._downs for one in self._below(down.watch))

    def _patience(self, watch: Watch) -> int:
        """A parent that nobody asks is suspected only by several, and these take their time."""
        if any(self._above.is_mute((parent, watch[1])) for parent in self._topology.parents(watch)):
            return max(self._hold, self._within // _PART_OF_WINDOW)
        return self._hold

    def _judge_own(self, down: Down) -> None:
        """Nothing above it failed: it is a root by itself, unless many others fell with it."""
        is_maintained = self._docket.is_maintained(down.watch)
        if not is_maintained and (self._joins_suspicion(down) or self._is_suspicious(down)):
            return
        behind = self._topology.behind(down.watch)
        case = self._docket.open(
            down.watch,
            OutageKind.NODE,
            since=down.since,
            at=down.at,
            not_before=down.not_before,
            detected_at=down.detected_at,
            cause=down.cause,
            behind=max(1, len(behind)),
            classes=classes(behind, self._topology),
            nodes=names([down.watch]),
        )
        self._docket.blame(down, case)
        self._follow(down.watch)

    def _follow(self, watch: Watch) -> None:
        """Its cause is known: those below it that fell may be down because of it."""
        for below in self._below(watch):
            down = self._downs.get(below)
            if down is None:
                continue
            if down.case is None:
                self._judge(down)
            else:
                self._blame_upwards(down, down.case)

    def _blame_upwards(self, down: Down, case: Case) -> None:
        """It was blamed on itself or on a suspicion, and something above it was found down later."""
        if down.cleared or not (case.is_common or case.root == down.watch):
            return
        above = self._above.failed(down.watch, self._docket.now)
        if above is None or above is case or above.is_common or not fell_with(down, above):
            return
        if case.is_common:
            del case.members[down.watch]
            self._join(down, above)
            if not case.members:
                self._docket.close(case, self._docket.now, Ending.MERGED, above.id)
        else:
            self._merge(case, above)

    # -- what many have in common

    def _joins_suspicion(self, down: Down) -> bool:
        """Whether it belongs to a suspicion that stands already and still grows."""
        for root in self._topology.common(down.watch):
            case = self._docket.of_root.get((root, down.watch[1]))
            if case is None or not case.is_common or case.returned_at is not None:
                continue
            if abs(down.at - case.joined_at) <= self._within and not self._explains(down, case):
                case.joined_at = max(case.joined_at, down.at)
                self._join(down, case)
                return True
        return False

    def _explains(self, down: Down, case: Case) -> bool:
        """Whether who fell for this suspicion hangs on this one: it is their cause, not their fellow."""
        below = self._topology.under(down.watch)
        hanging = sum(node in below for node, _ in case.members)
        return is_explained(len(case.members), by=hanging)

    def _is_suspicious(self, down: Down) -> bool:
        """Open an outage of what it has in common with others that fell with it, if there is such a thing."""
        for root, fallen in self._suspects.found(down):
            self._suspect((root, down.watch[1]), fallen)
            return True
        return False

    def _suspect(self, root: Watch, fallen: list[Down]) -> None:
        first = min(fallen, key=lambda each: each.at)
        case = self._docket.open(
            root,
            OutageKind.SUSPECTED,
            at=first.at,
            not_before=min((each.not_before for each in fallen if each.not_before is not None), default=None),
            detected_at=self._docket.now,
            cause=first.cause,
            affected=_count(fallen),
            behind=self._topology.totals[root],
        )
        case.joined_at = max(each.at for each in fallen)
        for each in fallen:
            if each.case is None:
                self._join(each, case)
            elif each.case is not case:
                self._merge(each.case, case)

    # -- outages

    def _join(self, down: Down, case: Case) -> None:
        self._docket.blame(down, case)
        if not case.is_common:
            self._suspects.stood_up(down.watch)  # its cause is known
        self._docket.touch(case)
        self._follow(down.watch)

    def _merge(self, case: Case, into: Case) -> None:
        """It turned out to be a part of another: its members go there."""
        members = list(case.members.values())
        case.members.clear()
        self._docket.close(case, self._docket.now, Ending.MERGED, into.id)
        for down in members:
            self._docket.blame(down, into)
            if not into.is_common:
                self._suspects.stood_up(down.watch)
        self._docket.touch(into)

    def _judge_all(self, fallen: Iterable[Down], since: int | None = None) -> None:
        """Judge watches that have been down for long, from ``since`` on; the higher ones first."""
        waiting = sorted(fallen, key=lambda down: self._topology.depth(down.watch))
        for down in waiting:
            down.case = None
            if since is not None:
                down.since = max(down.since, since)
                down.at = min(down.since, self._docket.now)
                down.not_before, down.cleared = None, False
        for down in waiting:
            if down.case is None:
                self._judge(down, final=True)


def _count(fallen: Collection[Down]) -> int:
    """How many are down: these, and those of whom one of them is the known cause."""
    cases = {each.case for each in fallen if each.case is not None}
    return sum(len(case.members) for case in cases) + sum(each.case is None for each in fallen)
