"""Whose fault it is: changes in, outages and attributions out. Pure: no I/O, the clock is handed in.

A watch that is down by itself is the root of an outage, and what hangs on it alone is down with it (design
§8). A change to down is judged as soon as the cause can be known: at once if something right above it has
answered since, or if nothing is above; else it is held for a while, since its parent may be found down next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from monitor.config import Site
from monitor.ledger.rows import OpenOutage
from monitor.live.above import Above, fell_with
from monitor.live.cases import Case, Down, classes, names
from monitor.live.docket import Covering, Docket
from monitor.live.suspects import LEAST_IN_COMMON, Suspects
from monitor.live.topology import Topology, Watch
from monitor.model.events import Change, Standing
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame, Ending, OutageKind, Verdict

_PART_OF_WINDOW: Final = 3
"""What hangs on something that nobody asks is held for this part of the window of suspicion."""


class OutageEngine:
    """The outages of one site. Each method returns verdicts in the order in which to record them."""

    def __init__(self, site: Site) -> None:
        self._standings: dict[Watch, State] = {}
        self._downs: dict[Watch, Down] = {}
        self._docket = Docket(Topology(site))
        self._take(site, self._docket.topology)

    def _take(self, site: Site, topology: Topology) -> None:
        settings = site.outages
        self._hold, self._within, self._recheck = (
            round(1000 * span) for span in (settings.hold, settings.within, settings.recheck)
        )
        self._topology = self._docket.topology = topology
        self._suspects = Suspects(topology, settings)
        self._above = Above(topology, self._downs, self._docket.of_root, self._standings, self._recheck)

    # -- what the attributor calls

    @property
    def next_due(self) -> int | None:
        """When :meth:`tick` may have something to say."""
        return self._docket.next_due

    def restore(
        self, outages: Iterable[OpenOutage], standings: Mapping[Watch, Standing], now: int
    ) -> list[Verdict]:
        """Begin with what is recorded: open outages with their members, and how each judged watch stands.

        What is down and of no outage is judged now: from now on it has a cause, and no sooner.
        """
        self._docket.now = now
        self._standings.update((watch, standing.state) for watch, standing in standings.items())
        for each in outages:
            self._reopen(each, standings)
        fallen = [
            Down(watch, standing.at, None, now, standing.cause, None, since=now)
            for watch, standing in standings.items()
            if standing.state is State.DOWN and watch not in self._downs and watch in self._topology.watched
        ]
        self._downs.update((down.watch, down) for down in fallen)
        self._judge_all(fallen)
        self._drop_lost_roots()
        return self._docket.spoken()

    def change(self, number: int, change: Change, now: int) -> list[Verdict]:
        """A change that the ledger has, under this number. Each gets one blame with it, now or later."""
        self._docket.now = now
        watch = (change.node, change.network)
        self._standings[watch] = change.new
        match change.new:
            case State.DOWN:
                self._fell(watch, number, change)
            case State.UNKNOWN:
                self._lost(watch, number, change)
            case _:
                self._stood_up(watch, number, change)
        return self._docket.spoken()

    def observer(
        self, collector: str, network: str, *, sees: bool, at: int, cause: Cause, now: int
    ) -> list[Verdict]:
        """A collector sees, or sees nothing (any more)."""
        self._docket.now = now
        case = self._docket.of_root.get((collector, network))
        if sees and case is not None:
            self._docket.close(case, at, Ending.RETIRED if cause is Cause.NOT_ASKED else Ending.RECOVERED)
        elif not sees and case is None:
            unseen = self._topology.seen_by(collector, network)
            self._docket.open(
                (collector, network),
                OutageKind.OBSERVER,
                at=at,
                not_before=None,
                detected_at=now,
                cause=cause,
                affected=len(unseen),
                behind=len(unseen),
                classes=classes(unseen, self._topology),
                nodes=names(unseen),
            )
        return self._docket.spoken()

    def tick(self, now: int) -> list[Verdict]:
        """What is due by now: holds that are over, words that were waited with, roots that are back."""
        self._docket.now = now
        while (what := self._docket.due()) is not None:
            if isinstance(what, Case):
                self._look_at(what)
            elif what.case is None and self._downs.get(what.watch) is what:
                self._judge(what, final=True)
        return self._docket.spoken()

    def reload(self, site: Site, now: int) -> list[Verdict]:
        """Another node list, or another day: what is watched no longer is no part of anything."""
        self._docket.now = now
        self._take(site, Topology(site))
        for down in [down for down in self._downs.values() if down.watch not in self._topology.watched]:
            self._leave(down)
        for down in self._downs.values():
            self._suspects.fell(down)
        self._drop_lost_roots()
        return self._docket.spoken()

    def exclude(self, covering: Covering) -> None:
        """From now on this tells which approved maintenance covers a root."""
        self._docket.covering = covering
        for case in self._docket.cases.values():
            if covering(*case.root) != case.told.excluded:
                self._docket.touch(case)

    # -- a watch falls

    def _fell(self, watch: Watch, number: int, change: Change) -> None:
        if watch not in self._topology.watched:
            self._docket.say(Blame(number, *watch, change.at, Attribution.OWN))
            return
        known = self._downs.get(watch)
        if known is not None and known.case is not None:  # it was unseen for a while, and had not recovered
            known.number, known.since = number, change.at
            self._docket.blame(known, known.case)
            return
        down = Down(
            watch,
            change.at,
            change.not_before,
            change.detected_at,
            change.cause,
            number,
            since=change.at,
            cleared=self._above.is_cleared(change),
        )
        self._downs[watch] = down
        self._suspects.fell(down)
        if (
            case := self._docket.of_root.get(watch)
        ) is not None:  # it was back for less than those below it need
            case.returned_at = None
            self._join(down, case)
        else:
            self._judge(down)

    def _judge(self, down: Down, *, final: bool = False) -> None:
        """Find the cause of a fall, or hold it. ``final``: it was held for long enough, or need not be."""
        case = None if down.cleared else self._above.failed(down.watch, self._docket.now)
        if case is not None:
            self._join(down, case)
        elif final or down.cleared or not self._topology.parents(down.watch):
            self._judge_own(down)
        else:
            self._docket.alarm(self._docket.now + self._patience(down.watch), down)

    def _patience(self, watch: Watch) -> int:
        above = [(parent, watch[1]) for parent in self._topology.parents(watch)]
        if self._topology.watched.issuperset(above):
            return self._hold
        return max(self._hold, self._within // _PART_OF_WINDOW)

    def _judge_own(self, down: Down) -> None:
        """Nothing above it failed: it is a root by itself, unless many others fell with it."""
        if not self._explains(down) and (self._joins_suspicion(down) or self._is_suspicious(down)):
            return
        case = self._docket.open(
            down.watch,
            OutageKind.NODE,
            at=down.at,
            not_before=down.not_before,
            detected_at=down.detected_at,
            cause=down.cause,
            behind=max(1, len(self._topology.behind(down.watch))),
            classes=classes([down.watch], self._topology),
            nodes=names([down.watch]),
        )
        self._docket.blame(down, case)
        self._follow(down.watch)

    def _explains(self, down: Down) -> bool:
        """Whether something that is reached through it alone fell: then it is a cause itself."""
        return any(watch in self._downs for watch in self._topology.behind(down.watch) if watch != down.watch)

    def _follow(self, watch: Watch) -> None:
        """Its cause is known: those below it that fell may be down because of it."""
        for below in self._topology.nearest_below(watch):
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
        case = self._docket.open(
            root,
            OutageKind.SUSPECTED,
            at=first.at,
            not_before=min((each.not_before for each in fallen if each.not_before is not None), default=None),
            detected_at=self._docket.now,
            cause=first.cause,
            affected=len(fallen),
            behind=self._topology.totals[root],
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
        self._docket.say(Blame(number, *watch, change.at, None))
        if down is not None and down.case is not None:
            self._recovered(down.case, watch, change.at)

    def _dismiss(self, down: Down | None) -> None:
        """It was held, and nobody asks any more why it fell."""
        if down is not None and down.case is None:
            self._docket.say(Blame(down.number, *down.watch, down.at, Attribution.OWN))

    def _recovered(self, case: Case, watch: Watch, at: int) -> None:
        case.members.pop(watch, None)
        if not case.members:
            self._docket.close(case, at, Ending.RECOVERED)
            return
        is_back = case.root == watch or (case.is_common and 2 * len(case.members) < case.most)
        if is_back and case.returned_at is None:
            case.returned_at = at
            case.recheck_until = self._docket.now + self._recheck
            self._docket.alarm(case.recheck_until, case)
        self._docket.touch(case)

    def _lost(self, watch: Watch, number: int, change: Change) -> None:
        """Nobody sees it: that repairs nothing, so it stays a part of its outage."""
        down = self._downs.get(watch)
        outage = "" if down is None or down.case is None else down.case.id
        if down is not None and down.case is None:
            del self._downs[watch]
            self._dismiss(down)
        self._docket.say(Blame(number, *watch, change.at, Attribution.OBSERVER, outage))

    def _leave(self, down: Down) -> None:
        """It is watched no longer."""
        del self._downs[down.watch]
        self._docket.say(Blame(down.number, *down.watch, self._docket.now, None))
        if down.case is not None:
            down.case.members.pop(down.watch, None)
            self._docket.touch(down.case)

    def _drop_lost_roots(self) -> None:
        """Outages of what is watched no longer end; who is still down for them is judged anew."""
        for case in list(self._docket.cases.values()):
            if case.told.kind is OutageKind.OBSERVER:
                continue
            stays = (
                self._topology.has_root(*case.root) if case.is_common else case.root in self._topology.watched
            )
            if stays and (case.members or case.returned_at is not None):
                continue
            left = list(case.members.values())
            self._docket.close(case, self._docket.now, Ending.RETIRED)
            self._judge_all(left, self._docket.now)

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

    def _look_at(self, case: Case) -> None:
        """Its recheck may be over, or a word about it due."""
        if self._docket.cases.get(case.id) is not case:
            return
        if case.returned_at is not None and self._docket.now >= case.recheck_until:
            left, returned_at = list(case.members.values()), case.returned_at
            self._docket.close(case, returned_at, Ending.RECOVERED)
            self._judge_all(left, returned_at)
        else:
            self._docket.tell(case)

    def _judge_all(self, fallen: Iterable[Down], since: int | None = None) -> None:
        """Judge watches that have been down for long, from ``since`` on; the higher ones first."""
        waiting = sorted(fallen, key=lambda down: self._topology.depth(down.watch))
        for down in waiting:
            down.case = None
            if since is not None:
                down.at = down.since = max(down.since, since)
                down.not_before, down.cleared = None, False
        for down in waiting:
            if down.case is None:
                self._judge(down, final=True)

    def _reopen(self, each: OpenOutage, standings: Mapping[Watch, Standing]) -> None:
        case = Case(each.outage, self._docket.now, most=each.outage.affected, joined_at=each.outage.at)
        self._docket.keep(case)
        for blame in each.members:
            watch = (blame.node, blame.network)
            standing = standings.get(watch)
            if standing is not None and standing.state in (State.DOWN, State.UNKNOWN):
                down = Down(watch, blame.at, None, self._docket.now, standing.cause, None, since=blame.at)
                self._downs[watch] = down
                case.add(down)
        if case.told.kind is OutageKind.NODE and case.root not in case.members:
            standing = standings.get(case.root)
            case.returned_at = case.told.at if standing is None else standing.at
            case.recheck_until = self._docket.now + self._recheck
            self._docket.alarm(case.recheck_until, case)
        self._docket.touch(case)


def _is_doubtful(down: Down) -> bool:
    """Whether its cause may be one in common: nothing above is known to have failed, nothing fell with it."""
    case = down.case
    return case is None or case.is_common or (case.root == down.watch and len(case.members) == 1)
