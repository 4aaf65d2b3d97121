"""Whose fault it is: changes in, outages and attributions out. Pure: no I/O, the clock is handed in.

A watch that is down by itself is the root of an outage, and what hangs on it alone is down with it (design
§8). A change to down is judged as soon as the cause can be known: at once if something right above it has
answered since, or if nothing is above; else it is held for a while, since its parent may be found down next.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any, Final

from monitor.config import Site
from monitor.ledger.rows import OpenOutage
from monitor.live.above import Above
from monitor.live.cases import Case, Down, classes, names
from monitor.live.suspects import LEAST_IN_COMMON, Suspects
from monitor.live.topology import Topology, Watch
from monitor.model.events import Change, Standing
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame, Ending, Outage, OutageKind, Phase, Verdict, outage_id

SLACK: Final = 5_000
"""Milliseconds by which a child may be seen to fall before the last proof of its parent: polls differ."""

TELL_EVERY: Final = 2_000
"""Milliseconds between two words about an outage that grows or shrinks."""

_PART_OF_WINDOW: Final = 3
"""What hangs on something that nobody asks is held for this part of the window of suspicion."""

Covering = Callable[[str, str], str]


class OutageEngine:
    """The outages of one site. Each method returns verdicts in the order in which to record them."""

    def __init__(self, site: Site) -> None:
        self._standings: dict[Watch, State] = {}
        self._downs: dict[Watch, Down] = {}
        self._cases: dict[str, Case] = {}
        self._of_root: dict[Watch, Case] = {}
        self._covering: Covering = lambda _root, _network: ""
        self._alarms: list[tuple[int, int, Down | Case]] = []
        self._numbers = count()
        self._said: list[Verdict] = []
        self._now = 0
        self._take(site)

    def _take(self, site: Site) -> None:
        settings = site.outages
        self._hold, self._within, self._recheck = (
            round(1000 * span) for span in (settings.hold, settings.within, settings.recheck)
        )
        self.topology = Topology(site)
        self._suspects = Suspects(self.topology, settings)
        self._above = Above(self.topology, self._downs, self._of_root, self._standings, self._recheck)

    # -- what the attributor calls

    @property
    def next_due(self) -> int | None:
        """When :meth:`tick` may have something to say."""
        return self._alarms[0][0] if self._alarms else None

    def restore(
        self, outages: Iterable[OpenOutage], standings: Mapping[Watch, Standing], now: int
    ) -> list[Verdict]:
        """Begin with what is recorded: open outages with their members, and how each judged watch stands.

        What is down and of no outage is judged now: from now on it has a cause, and no sooner.
        """
        self._now = now
        self._standings.update((watch, standing.state) for watch, standing in standings.items())
        for each in outages:
            self._reopen(each, standings)
        fallen = [
            Down(watch, standing.at, None, now, standing.cause, None, since=now)
            for watch, standing in standings.items()
            if standing.state is State.DOWN and watch not in self._downs and watch in self.topology.watched
        ]
        self._downs.update((down.watch, down) for down in fallen)
        self._judge_all(fallen)
        self._drop_lost_roots()
        return self._spoken()

    def change(self, number: int, change: Change, now: int) -> list[Verdict]:
        """A change that the ledger has, under this number. Each gets one blame with it, now or later."""
        self._now = now
        watch = (change.node, change.network)
        self._standings[watch] = change.new
        match change.new:
            case State.DOWN:
                self._fell(watch, number, change)
            case State.UNKNOWN:
                self._lost(watch, number, change)
            case _:
                self._stood_up(watch, number, change)
        return self._spoken()

    def observer(
        self, collector: str, network: str, *, sees: bool, at: int, cause: Cause, now: int
    ) -> list[Verdict]:
        """A collector sees, or sees nothing (any more)."""
        self._now = now
        case = self._of_root.get((collector, network))
        if sees and case is not None:
            self._close(case, at, Ending.RETIRED if cause is Cause.NOT_ASKED else Ending.RECOVERED)
        elif not sees and case is None:
            unseen = self.topology.seen_by(collector, network)
            self._open(
                (collector, network),
                OutageKind.OBSERVER,
                at=at,
                not_before=None,
                detected_at=now,
                cause=cause,
                affected=len(unseen),
                behind=len(unseen),
                classes=classes(unseen, self.topology),
                nodes=names(unseen),
            )
        return self._spoken()

    def tick(self, now: int) -> list[Verdict]:
        """What is due by now: holds that are over, words that were waited with, roots that are back."""
        self._now = now
        while self._alarms and self._alarms[0][0] <= now:
            _, _, what = heapq.heappop(self._alarms)
            if isinstance(what, Case):
                self._look_at(what)
            elif what.case is None and self._downs.get(what.watch) is what:
                self._judge(what, final=True)
        return self._spoken()

    def reload(self, site: Site, now: int) -> list[Verdict]:
        """Another node list, or another day: what is watched no longer is no part of anything."""
        self._now = now
        self._take(site)
        for down in [down for down in self._downs.values() if down.watch not in self.topology.watched]:
            self._leave(down)
        for down in self._downs.values():
            self._suspects.fell(down)
        self._drop_lost_roots()
        return self._spoken()

    def exclude(self, covering: Covering) -> None:
        """From now on this tells which approved maintenance covers a root."""
        self._covering = covering
        for case in self._cases.values():
            if covering(*case.root) != case.told.excluded:
                self._touch(case)

    # -- a watch falls

    def _fell(self, watch: Watch, number: int, change: Change) -> None:
        if watch not in self.topology.watched:
            self._say(Blame(number, *watch, change.at, Attribution.OWN))
            return
        known = self._downs.get(watch)
        if known is not None and known.case is not None:  # it was unseen for a while, and had not recovered
            known.number, known.since = number, change.at
            self._blame(known, known.case)
            return
        down = Down(
            watch,
            change.at,
            change.not_before,
            change.detected_at,
            change.cause,
            number,
            since=change.at,
            cleared=self._is_cleared(change),
        )
        self._downs[watch] = down
        self._suspects.fell(down)
        if (case := self._of_root.get(watch)) is not None:  # it was back for less than those below it need
            case.returned_at = None
            self._join(down, case)
        else:
            self._judge(down)

    def _is_cleared(self, change: Change) -> bool:
        """Whether something right above it answered no earlier than it was found failing."""
        above = self.topology.parents((change.node, change.network))
        return any(piece.ok and piece.node in above and piece.at >= change.at for piece in change.evidence)

    def _judge(self, down: Down, *, final: bool = False) -> None:
        """Find the cause of a fall, or hold it. ``final``: it was held for long enough, or need not be."""
        case = None if down.cleared else self._above.failed(down.watch, self._now)
        if case is not None:
            self._join(down, case)
        elif final or down.cleared or not self.topology.parents(down.watch):
            self._judge_own(down)
        else:
            self._alarm(self._now + self._patience(down.watch), down)

    def _patience(self, watch: Watch) -> int:
        above = [(parent, watch[1]) for parent in self.topology.parents(watch)]
        if self.topology.watched.issuperset(above):
            return self._hold
        return max(self._hold, self._within // _PART_OF_WINDOW)

    def _judge_own(self, down: Down) -> None:
        """Nothing above it failed: it is a root by itself, unless many others fell with it."""
        if self._joins_suspicion(down) or self._is_suspicious(down):
            return
        case = self._open(
            down.watch,
            OutageKind.NODE,
            at=down.at,
            not_before=down.not_before,
            detected_at=down.detected_at,
            cause=down.cause,
            behind=max(1, self.topology.behind(down.watch)),
            classes=classes([down.watch], self.topology),
            nodes=names([down.watch]),
        )
        self._blame(down, case)
        self._follow(down.watch)

    def _follow(self, watch: Watch) -> None:
        """Its cause is known: those below it that fell may be down because of it."""
        waiting = [watch]
        while waiting:
            above = waiting.pop()
            for child in self.topology.children(above):
                below = (child, above[1])
                down = self._downs.get(below)
                if below not in self.topology.watched:
                    waiting.append(below)
                elif down is not None and down.case is None:
                    self._judge(down)
                elif down is not None:
                    self._merge_upwards(down)

    def _merge_upwards(self, down: Down) -> None:
        """The outage of which it is the root may have begun with one above it, which was found later."""
        case = down.case
        if case is None or case.root != down.watch or down.cleared:
            return
        above = self._above.failed(down.watch, self._now)
        if above is not None and above is not case and _is_same_event(down, above):
            self._merge(case, above)

    # -- what many have in common

    def _joins_suspicion(self, down: Down) -> bool:
        """Whether it belongs to a suspicion that stands already and still grows."""
        for root in self.topology.common(down.watch):
            case = self._of_root.get((root, down.watch[1]))
            if case is None or not case.is_common or case.returned_at is not None:
                continue
            if abs(down.at - case.joined_at) <= self._within:
                case.joined_at = max(case.joined_at, down.at)
                self._join(down, case)
                return True
        return False

    def _is_suspicious(self, down: Down) -> bool:
        """Open an outage of what it has in common with others that fell with it, if there is such a thing."""
        for root, fallen in self._suspects.found(down, _is_doubtful):
            narrower = {each.case for each in fallen if each.case is not None and each.case.is_common}
            explained = max((len(case.members) for case in narrower), default=0)
            if narrower and len(fallen) - explained < LEAST_IN_COMMON:
                continue  # the narrower cause explains it as well
            self._suspect((root, down.watch[1]), fallen)
            return True
        return False

    def _suspect(self, root: Watch, fallen: list[Down]) -> None:
        first = min(fallen, key=lambda each: each.at)
        case = self._open(
            root,
            OutageKind.SUSPECTED,
            at=first.at,
            not_before=min((each.not_before for each in fallen if each.not_before is not None), default=None),
            detected_at=self._now,
            cause=first.cause,
            affected=len(fallen),
            behind=self.topology.totals[root],
        )
        case.joined_at = max(each.at for each in fallen)
        for each in fallen:
            if each.case is None:
                self._join(each, case)
            elif each.case is not case:
                self._merge(each.case, case)

    # -- a watch answers again, or is not seen

    def _stood_up(self, watch: Watch, number: int, change: Change) -> None:
        down = self._downs.pop(watch, None)
        self._suspects.stood_up(watch)
        self._dismiss(down)
        self._say(Blame(number, *watch, change.at, None))
        if down is not None and down.case is not None:
            self._recovered(down.case, watch, change.at)

    def _dismiss(self, down: Down | None) -> None:
        """It was held, and nobody asks any more why it fell."""
        if down is not None and down.case is None:
            self._say(Blame(down.number, *down.watch, down.at, Attribution.OWN))

    def _recovered(self, case: Case, watch: Watch, at: int) -> None:
        case.members.pop(watch, None)
        if not case.members:
            self._close(case, at, Ending.RECOVERED)
            return
        is_back = case.root == watch or (case.is_common and 2 * len(case.members) < case.most)
        if is_back and case.returned_at is None:
            case.returned_at = at
            case.recheck_until = self._now + self._recheck
            self._alarm(case.recheck_until, case)
        self._touch(case)

    def _lost(self, watch: Watch, number: int, change: Change) -> None:
        """Nobody sees it: that repairs nothing, so it stays a part of its outage."""
        down = self._downs.get(watch)
        outage = "" if down is None or down.case is None else down.case.id
        if down is not None and down.case is None:
            del self._downs[watch]
            self._dismiss(down)
        self._say(Blame(number, *watch, change.at, Attribution.OBSERVER, outage))

    def _leave(self, down: Down) -> None:
        """It is watched no longer."""
        del self._downs[down.watch]
        self._say(Blame(down.number, *down.watch, self._now, None))
        if down.case is not None:
            down.case.members.pop(down.watch, None)
            self._touch(down.case)

    def _drop_lost_roots(self) -> None:
        """Outages of what is watched no longer end; who is still down for them is judged anew."""
        for case in list(self._cases.values()):
            if case.told.kind is OutageKind.OBSERVER:
                continue
            stays = (
                self.topology.has_root(*case.root) if case.is_common else case.root in self.topology.watched
            )
            if stays and (case.members or case.returned_at is not None):
                continue
            left = list(case.members.values())
            self._close(case, self._now, Ending.RETIRED)
            self._judge_all(left, self._now)

    # -- outages

    def _open(self, root: Watch, kind: OutageKind, **what: Any) -> Case:
        told = self.topology.root(root[0])
        outage = Outage(
            id=outage_id(root[1], root[0], what["at"]),
            phase=Phase.OPENED,
            kind=kind,
            network=root[1],
            root=root[0],
            name=told.name,
            region=told.region,
            contractor=told.contractor,
            excluded=self._covering(*root),
            **what,
        )
        case = Case(outage, self._now)
        self._cases[case.id] = self._of_root[root] = case
        self._say(outage)
        return case

    def _blame(self, down: Down, case: Case) -> None:
        """Make it a member, and say so; the number of its change is said once."""
        case.add(down)
        attribution = Attribution.SUSPECTED if case.is_common else Attribution.UPSTREAM
        if case.root == down.watch:
            attribution = Attribution.OWN
        self._say(Blame(down.number, *down.watch, down.since, attribution, case.id))
        down.number = None

    def _join(self, down: Down, case: Case) -> None:
        self._blame(down, case)
        if not case.is_common:
            self._suspects.stood_up(down.watch)  # its cause is known
        self._touch(case)
        self._follow(down.watch)

    def _merge(self, case: Case, into: Case) -> None:
        """It turned out to be a part of another: its members go there."""
        members = list(case.members.values())
        case.members.clear()
        self._close(case, self._now, Ending.MERGED, into.id)
        for down in members:
            self._blame(down, into)
            if not into.is_common:
                self._suspects.stood_up(down.watch)
        self._touch(into)

    def _close(self, case: Case, at: int, ending: Ending, into: str = "") -> None:
        del self._cases[case.id]
        if self._of_root.get(case.root) is case:
            del self._of_root[case.root]
        ended = at if case.returned_at is None or ending is Ending.MERGED else max(at, case.returned_at)
        self._say(case.closed(self.topology, ended, ending, into))

    def _look_at(self, case: Case) -> None:
        """Its recheck may be over, or a word about it due."""
        if self._cases.get(case.id) is not case:
            return
        if case.returned_at is not None and self._now >= case.recheck_until:
            left, returned_at = list(case.members.values()), case.returned_at
            self._close(case, returned_at, Ending.RECOVERED)
            self._judge_all(left, returned_at)
        elif case.is_dirty and self._now >= case.told_at + TELL_EVERY:
            case.is_dirty = False
            word = case.outage(self.topology, Phase.CHANGED, excluded=self._covering(*case.root))
            if replace(word, phase=case.told.phase) != case.told:
                case.told, case.told_at = word, self._now
                self._say(word)

    def _judge_all(self, fallen: Iterable[Down], since: int | None = None) -> None:
        """Judge watches that have been down for long, from ``since`` on; the higher ones first."""
        waiting = sorted(fallen, key=lambda down: self._depth(down.watch))
        for down in waiting:
            down.case = None
            if since is not None:
                down.at = down.since = max(down.since, since)
                down.not_before, down.cleared = None, False
        for down in waiting:
            if down.case is None:
                self._judge(down, final=True)

    def _depth(self, watch: Watch) -> int:
        """Steps up to where nothing is above."""
        depth, level, seen = 0, {watch}, {watch}
        while level:
            level = {(parent, one[1]) for one in level for parent in self.topology.parents(one)} - seen
            seen |= level
            depth += 1
        return depth

    def _reopen(self, each: OpenOutage, standings: Mapping[Watch, Standing]) -> None:
        case = Case(each.outage, self._now, most=each.outage.affected, joined_at=each.outage.at)
        self._cases[case.id] = self._of_root[case.root] = case
        for blame in each.members:
            watch = (blame.node, blame.network)
            standing = standings.get(watch)
            if standing is not None and standing.state in (State.DOWN, State.UNKNOWN):
                down = Down(watch, blame.at, None, self._now, standing.cause, None, since=blame.at)
                self._downs[watch] = down
                case.add(down)
        if case.told.kind is OutageKind.NODE and case.root not in case.members:
            standing = standings.get(case.root)
            case.returned_at = case.told.at if standing is None else standing.at
            case.recheck_until = self._now + self._recheck
            self._alarm(case.recheck_until, case)
        self._touch(case)

    # -- small things

    def _touch(self, case: Case) -> None:
        """It is to be told how it is now, though not at once and again and again."""
        if not case.is_dirty:
            case.is_dirty = True
            self._alarm(max(self._now, case.told_at + TELL_EVERY), case)

    def _alarm(self, when: int, what: Down | Case) -> None:
        heapq.heappush(self._alarms, (when, next(self._numbers), what))

    def _say(self, verdict: Verdict) -> None:
        self._said.append(verdict)

    def _spoken(self) -> list[Verdict]:
        said, self._said = self._said, []
        return said


def _is_doubtful(down: Down) -> bool:
    """Whether its cause may be one in common: nothing above is known to have failed, nothing fell with it."""
    case = down.case
    return case is None or case.is_common or (case.root == down.watch and len(case.members) == 1)


def _is_same_event(down: Down, above: Case) -> bool:
    """Whether it fell with what is above it, and not long before."""
    proof = above.told.at if above.told.not_before is None else above.told.not_before
    return down.at >= proof - SLACK


def engine_of(site: Site) -> OutageEngine:
    """The engine that the monitor judges with."""
    return OutageEngine(site)
