"""Whose fault it is: changes in, outages and attributions out. Pure: no I/O, the clock is handed in.

A watch that is down by itself is the root of an outage, and what hangs on it alone is down with it (design
§8). How the cause of a fall is found is in ``falls``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.config import Site
from monitor.ledger.rows import OpenOutage
from monitor.live.cases import Back, Case, Down
from monitor.live.docket import Covering
from monitor.live.falls import LEVELS, Falls
from monitor.live.topology import Topology, Watch
from monitor.live.unseen import Unseen
from monitor.model.events import Change, Standing
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame, Ending, OutageKind, Verdict


class OutageEngine(Falls):
    """The outages of one site. Each method returns verdicts in the order in which to record them."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._unseen = Unseen(self._docket)

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
        for watch, standing in standings.items():
            self._stands(watch, standing.state)
        for each in outages:
            self._reopen(each, standings)
        fallen = [
            Down(watch, min(standing.at, now), None, now, standing.cause, None, since=now)
            for watch, standing in standings.items()
            if standing.state is State.DOWN and watch not in self._downs and watch in self._topology.watched
        ]
        self._downs.update((down.watch, down) for down in fallen)
        self._judge_all(fallen)
        self._drop_lost_roots()
        self._recall_returns(standings)
        return self._docket.spoken()

    def change(self, number: int, change: Change, now: int) -> list[Verdict]:
        """A change that the ledger has, under this number. Each gets one blame with it, now or later."""
        self._docket.now = now
        watch = (change.node, change.network)
        self._stands(watch, change.new)
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
        self._unseen.turned(collector, network, sees=sees, at=at, cause=cause)
        return self._docket.spoken()

    def tick(self, now: int) -> list[Verdict]:
        """What is due by now: holds that are over, words that were waited with, roots that are back."""
        self._docket.now = now
        while (what := self._docket.due()) is not None:
            if isinstance(what, Case):
                self._look_at(what)
            elif isinstance(what, Back):
                self._part(what)
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
            if self._docket.exclusion_of(case) != case.told.excluded:
                self._docket.touch(case)

    def _stands(self, watch: Watch, state: State) -> None:
        old = self._standings.get(watch, State.UNKNOWN)
        self._above.note(watch, old, state)
        self._suspects.note(watch, old, state)
        self._standings[watch] = state

    # -- a watch falls, answers again, or is not seen

    def _fell(self, watch: Watch, number: int, change: Change) -> None:
        if watch not in self._topology.watched:
            self._docket.say(Blame(number, *watch, change.at, Attribution.OWN))
            return
        self._unseen.seen(watch)
        known = self._downs.get(watch)
        if known is not None:
            self._fell_again(known, number, change)
            return
        at = self._begun(change)
        down = Down(
            watch,
            at,
            None if change.not_before is None else min(change.not_before, at),
            min(change.detected_at, self._docket.now),
            change.cause,
            number,
            since=change.at,
            cleared=self._above.is_cleared(change),
        )
        self._downs[watch] = down
        self._suspects.fell(down)
        case = self._docket.of_root.get(watch)
        if case is not None and not case.is_common:  # it was back for less than those below it need
            case.returned_at = None
            self._join(down, case)
        else:
            self._judge(down)  # it may have been suspected: then those below it follow it

    def _fell_again(self, down: Down, number: int, change: Change) -> None:
        """It was unseen for a while and had not recovered, or fails in another way now."""
        if down.case is None:
            down.waits = LEVELS
            self._judge(down, final=True)
        if down.case is not None:
            down.number, down.since = number, change.at
            self._docket.blame(down, down.case)

    def _stood_up(self, watch: Watch, number: int, change: Change) -> None:
        down = self._downs.pop(watch, None)
        self._suspects.stood_up(watch)
        self._unseen.seen(watch)
        self._dismiss(down)
        self._docket.say(Blame(number, *watch, change.at, None))
        at = self._begun(change)
        if down is not None and down.case is not None:
            self._recovered(down.case, watch, at)
            self._docket.alarm(self._docket.now + self._recheck, Back(watch, at))
        case = self._docket.of_root.get(watch)
        if case is not None and case.is_common:  # it was suspected, and answers
            self._is_back(case, at)

    def _begun(self, change: Change) -> int:
        """When it happened: not later than now, whatever the clock of its collector says or once said.

        A judge's moments never go back. One whose clock was ahead tells of all that happens until then as of
        then; an outage that began tomorrow would be told tomorrow, and any two of them would be one.
        """
        return min(change.at, self._docket.now)

    def _dismiss(self, down: Down | None) -> None:
        """It was held, and nobody asks any more why it fell."""
        if down is not None and down.case is None:
            self._docket.say(Blame(down.number, *down.watch, down.at, Attribution.OWN))

    def _recovered(self, case: Case, watch: Watch, at: int) -> None:
        case.members.pop(watch, None)
        if not case.members:
            self._docket.close(case, at, Ending.RECOVERED)
            return
        if case.root == watch or (case.is_common and 2 * len(case.members) < case.most):
            self._is_back(case, at)
        self._docket.touch(case)

    def _is_back(self, case: Case, at: int) -> None:
        """Its root is well again; those that are still down for it are asked, and get time to answer."""
        if case.returned_at is None:
            case.returned_at = at
            case.recheck_until = self._docket.now + self._recheck
            self._docket.alarm(case.recheck_until, case)

    def _part(self, back: Back) -> None:
        """Something answers again, and what was above it does not: what hangs on it is not down for that."""
        if back.watch in self._downs:
            return
        left = [down for down in self._hanging_on(back.watch) if down.case and down.case.returned_at is None]
        for down in left:
            if down.case is not None:
                del down.case.members[down.watch]
                self._docket.touch(down.case)
        self._judge_all(left, back.at)

    def _hanging_on(self, watch: Watch) -> list[Down]:
        """Those below it that are blamed on something above it and have a way up; and all below these."""
        found: dict[Watch, Down] = {}
        waiting = [watch]
        while waiting:
            above = waiting.pop()
            for below in self._below(above):
                down = self._downs.get(below)
                if down is None or below in found or down.case is None or down.case.root == below:
                    continue
                is_cut = above == watch and self._above.failed(below, self._docket.now) is not None
                if not (is_cut or down.case.is_common):
                    found[below] = down
                    waiting.append(below)
        return list(found.values())

    def _lost(self, watch: Watch, number: int, change: Change) -> None:
        """Nobody sees it: that repairs nothing, so it stays a part of its outage."""
        down = self._downs.get(watch)
        if down is None or down.case is None:
            outage = self._unseen.outage_of(watch, change.at, change.cause)
        else:
            outage = down.case.id
        if down is not None and down.case is None:
            del self._downs[watch]
            self._suspects.stood_up(watch)
            self._dismiss(down)
        self._docket.say(Blame(number, *watch, change.at, Attribution.OBSERVER, outage))

    # -- the list changes, time passes

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

    def _reopen(self, each: OpenOutage, standings: Mapping[Watch, Standing]) -> None:
        case = Case(each.outage, self._docket.now, most=each.outage.affected, joined_at=each.outage.at)
        self._docket.keep(case)
        if case.told.kind is OutageKind.OBSERVER:
            return
        for blame in each.members:
            watch = (blame.node, blame.network)
            standing = standings.get(watch)
            if watch not in self._topology.watched:
                self._docket.say(Blame(None, *watch, self._docket.now, None))
            elif standing is not None and standing.state in (State.DOWN, State.UNKNOWN):
                at = min(blame.at, self._docket.now)
                down = Down(watch, at, None, self._docket.now, standing.cause, None, since=blame.at)
                self._downs[watch] = down
                case.add(down)
        if case.told.kind is OutageKind.NODE and case.root not in case.members:
            standing = standings.get(case.root)
            case.returned_at = case.told.at if standing is None else standing.at
            case.recheck_until = self._docket.now + self._recheck
            self._docket.alarm(case.recheck_until, case)
        self._docket.touch(case)

    def _recall_returns(self, standings: Mapping[Watch, Standing]) -> None:
        """Who answered again, though what hangs on it did not, before this began."""
        above = {
            (parent, network)
            for node, network in self._downs
            for parent in self._topology.parents((node, network))
        }
        for watch in sorted(above - self._downs.keys()):
            standing = standings.get(watch)
            if standing is not None and standing.state is not State.UNKNOWN:
                due = max(self._docket.now, standing.at + self._recheck)
                self._docket.alarm(due, Back(watch, standing.at))
