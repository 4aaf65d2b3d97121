"""The outages that are open, and what is to be said of them: the records that the engine keeps. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any, Final

from monitor.live.cases import Back, Case, Down
from monitor.live.topology import Topology, Watch
from monitor.model.outages import Attribution, Blame, Ending, Outage, OutageKind, Phase, Verdict, outage_id

TELL_EVERY: Final = 2_000
"""Milliseconds between two words about an outage that grows or shrinks."""

Alarm = Down | Back | Case
"""A fall that was held for long enough, somebody's return, or an outage of which a word is due."""

Covering = Callable[[str, str], str]


class Docket:
    """Opens and closes outages, blames watches on them, and keeps what is to be said and looked at later.

    ``now`` is the moment of the call that is being dealt with, in milliseconds; ``covering`` tells which
    approved maintenance covers a root.
    """

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.now = 0
        self.covering: Covering = lambda _root, _network: ""
        self.cases: dict[str, Case] = {}
        self.of_root: dict[Watch, Case] = {}
        self._alarms: list[tuple[int, int, Alarm]] = []
        self._numbers = count()
        self._said: list[Verdict] = []

    # -- maintenance

    def is_maintained(self, watch: Watch) -> bool:
        """Whether approved maintenance covers this watch now."""
        return bool(self.covering(*watch))

    def exclusion_of(self, case: Case) -> str:
        """The id of what covers its root, or all who are down for a root that is only suspected."""
        found = self.covering(*case.root)
        if found or not case.is_common:
            return found
        for watch in case.members:
            found = self.covering(*watch)
            if not found:
                break
        return found

    # -- what is said

    def say(self, verdict: Verdict) -> None:
        self._said.append(verdict)

    def spoken(self) -> list[Verdict]:
        """What was said since the last question."""
        said, self._said = self._said, []
        return said

    # -- what is to be looked at, and when

    def alarm(self, when: int, what: Alarm) -> None:
        heapq.heappush(self._alarms, (when, next(self._numbers), what))

    @property
    def next_due(self) -> int | None:
        return self._alarms[0][0] if self._alarms else None

    def due(self) -> Alarm | None:
        """The next that is due by now, once."""
        if self._alarms and self._alarms[0][0] <= self.now:
            return heapq.heappop(self._alarms)[2]
        return None

    # -- outages

    def open(self, root: Watch, kind: OutageKind, since: int | None = None, **what: Any) -> Case:
        """``what``: the fields of the outage that its root does not tell.

        ``since``: the moment that makes it another outage than those of this root before; None: its ``at``.
        """
        told = self.topology.root(root[0])
        begun = what["at"] if since is None else since
        # A node that was suspected may be found down itself, of the same moment: that is another outage.
        name = f"{kind}:{root[0]}" if kind is OutageKind.SUSPECTED else root[0]
        outage = Outage(
            id=outage_id(root[1], name, begun),
            phase=Phase.OPENED,
            kind=kind,
            network=root[1],
            root=root[0],
            name=told.name,
            region=told.region,
            contractor=told.contractor,
            excluded=self.covering(*root),
            **what,
        )
        case = Case(outage, self.now)
        self.keep(case)
        self.say(outage)
        return case

    def keep(self, case: Case) -> None:
        """It is open, and told already."""
        self.cases[case.id] = self.of_root[case.root] = case

    def blame(self, down: Down, case: Case) -> None:
        """Make it a member, and say so; the number of its change is said once."""
        case.add(down)
        attribution = Attribution.SUSPECTED if case.is_common else Attribution.UPSTREAM
        if case.root == down.watch:
            attribution = Attribution.OWN
        self.say(Blame(down.number, *down.watch, down.since, attribution, case.id))
        down.number = None

    def touch(self, case: Case) -> None:
        """It is to be told how it is now, though not at once and again and again."""
        if not case.is_dirty:
            case.is_dirty = True
            self.alarm(max(self.now, case.told_at + TELL_EVERY), case)

    def tell(self, case: Case) -> None:
        """Say how it is now, if a word is due and that is another one than the last."""
        if not case.is_dirty or self.now < case.told_at + TELL_EVERY:
            return
        case.is_dirty = False
        word = case.outage(self.topology, Phase.CHANGED, excluded=self.exclusion_of(case))
        if replace(word, phase=case.told.phase) != case.told:
            case.told, case.told_at = word, self.now
            self.say(word)

    def close(self, case: Case, at: int, ending: Ending, into: str = "") -> None:
        """It ended at that moment; a root that was back before has been well since then."""
        del self.cases[case.id]
        if self.of_root.get(case.root) is case:
            del self.of_root[case.root]
        ended = at if case.returned_at is None or ending is Ending.MERGED else max(at, case.returned_at)
        self.say(case.closed(self.topology, ended, ending, into))
