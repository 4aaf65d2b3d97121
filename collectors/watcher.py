"""Looking: the schedule asks, the engine answers, the judges decide, the herald says it.

One watcher runs one shard of one network inside one asyncio loop. What an answer costs when nothing
changed is the whole cost of the system, so that path (:meth:`Watcher._answered`) writes a few numbers
and is done.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from collectors.ancestors import Ancestors
from collectors.asking import Asking
from collectors.clearance import Clearance
from collectors.durations import NO_ANSWER
from collectors.engine.clock import Clock
from collectors.engine.engine import Engine, Slot
from collectors.engine.icmp import Pinger, PingSlot
from collectors.engine.limits import check_descriptors
from collectors.engine.schedule import TICK, tick_at, ticks
from collectors.footing import Footing
from collectors.hearsay import Hearsay
from collectors.herald import Herald
from collectors.judge import Decision
from collectors.protocols.login import UNANSWERED
from collectors.roster import SIGHT_KEY, STATE_KEY, Roster
from collectors.sights import SightKeeper
from collectors.wards import Turn, Ward
from collectors.witnesses import Witnesses
from monitor.config import Site
from monitor.model.events import Change, Sight
from monitor.model.nodes import stable_hash
from monitor.model.observations import Cause, Observation, State, Verdict, Weight

log = structlog.get_logger(__name__)

STALL: Final = 5.0
"""Seconds without a tick after which the time in between counts as not looked at."""

FIRST_SWEEP: Final = 30.0
"""Seconds over which probes with a longer interval are spread once, so that a sweep ends soon."""

SNAPSHOT_EVERY: Final = 3_600_000
"""Milliseconds between two snapshots."""

STOOD: Final = 1.0
"""Seconds without a question after which the end of a held connection is news. Who hangs up sooner does not
keep connections, and is left to its usual turn: else it would be asked without a pause."""

_ENDED: Final = Verdict(Cause.RESET, "ended a connection that was kept")
_OK: Final = Cause.OK
_HEARD: Final = (Weight.GOOD, Weight.SOFT)
"""What an answer weighs that came over the network, whatever it says."""


class Watcher:
    """The shard's wards and everything that turns their answers into events."""

    def __init__(self, site: Site, keeper: SightKeeper, herald: Herald, memory: dict[str, str]) -> None:
        self.site = site
        self.keeper = keeper
        self.herald = herald
        self.clock = Clock()
        self.pinger = Pinger(self._answered)
        self.engine = Engine(self._answered, self._hung_up, limit=site.concurrency)
        self.roster = Roster(site, keeper, (self.engine, self.pinger), self, memory)
        self.asking = Asking(self.roster, self.engine, self.pinger, self.clock.now)
        self.ancestors = Ancestors(self.asking.hurry, self._ask_again, self.clock.monotonic)
        self.clearance = Clearance(herald, self.clock.now, self.asking.hurry)
        self.witnesses = Witnesses(self.engine, self.pinger, self._testified)
        self.footing = Footing(0, 0, site.judge.blind_share, site.judge.blind_least)
        self.hearsay = Hearsay(self.roster.wards, self._hear)
        self._held_back: list[tuple[Turn, Verdict, Cause, float, float]] = []
        self._good = self._bad = self._lost = 0
        self._snapshot_due = 0
        self._tick = 0
        self._late_at = self._late_by = 0.0
        self._ticker: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Begin to look. Raises LimitError when this machine allows too few open files."""
        self.take(self.site)
        self.engine.attach(self._loop)
        self.pinger.attach(self._loop)
        if self.pinger.missing and any(turn.pings for turn in self.roster.turns()):
            log.warning("ping is off", collector=self.keeper.collector, grant=self.pinger.missing)
        self._tick = int(self.clock.monotonic() / TICK)
        self._sweep()
        self._next_tick()

    def stop(self) -> None:
        """End looking: the last sight is said, and no answer comes any more."""
        if self._ticker is not None:
            self._ticker.cancel()
        self._end_sight(self.keeper.sight(self.clock.now()))
        self.engine.close()
        self.pinger.close()

    def take(self, site: Site) -> None:
        """Watch what ``site`` says: nodes come and go, the others are not disturbed.

        Raises LimitError when this machine allows too few open files for it; then all is as before.
        """
        self.clearance.flush()
        keeper = self.keeper
        watches = site.inventory.watches(keeper.network, keeper.shard, keeper.shards)
        held = sum(spec.hold for watch in watches for spec in watch.probes)
        self.engine.limit = check_descriptors(site.concurrency, held)
        self.site = site
        self.roster.take(site, watches)
        self.ancestors.take(self.roster.wards, site.inventory.nodes, keeper.network)
        self.witnesses.take(self.roster.witnesses())
        slowest = max((turn.spec.every for turn in self.roster.turns()), default=60.0)
        self.footing.interval = round(1000 * slowest)
        self.footing.share, self.footing.least = site.judge.blind_share, site.judge.blind_least
        self.footing.resize(len(self.roster.wards), len(self.witnesses))
        self._snapshot_due = 0

    # --- what the roster asks of us ---

    def now(self) -> int:
        return self.clock.now()

    def remember(self, memory: dict[str, str | None]) -> None:
        self.herald.remember(memory)

    def say_gone(self, node: str, old: State, seen_until: int, now: int) -> None:
        gone = Change(node, self.keeper.network, old, State.UNKNOWN, now, seen_until, now, Cause.NOT_ASKED)
        self.herald.say(gone, now)

    def ask_soon(self, turn: Turn) -> None:
        """Within the time of a first sweep. Before the start that is left to the sweep itself."""
        if self._ticker is not None:
            self._spread(turn)

    def act(self, ward: Ward, decision: Decision) -> None:
        """Say what changed, and ask again what the judge wants to hear again."""
        change = decision.change
        if change is not None:
            self.clearance.tell(ward, change)
            if change.old is State.DOWN:
                self.ancestors.ask_below(ward)
        elif decision.settled:
            self.herald.remember({STATE_KEY + ward.watch.node.id: ward.judge.remember()})
        for name in decision.ask:
            other = ward.turns.get(name)
            if other is not None:
                self.asking.hurry(other)

    # --- time passes ---

    def _next_tick(self) -> None:
        ahead = self._loop.time() - self.clock.monotonic()
        self._ticker = self._loop.call_at((self._tick + 1) * TICK + ahead, self._on_tick)

    def _on_tick(self) -> None:
        moment = self.clock.monotonic()
        reached = int(moment / TICK)
        before = self.clock.millis(moment)
        late = moment - (self._tick + 1) * TICK
        if late > TICK:
            self._late_at, self._late_by = moment, late
        if (reached - self._tick) * TICK > STALL:
            self._did_not_look(reached)
        elif self.clock.stepped():
            self._clock_was_set(before, self.clock.millis(moment))
        self.engine.expire(moment)  # first: who used up its time may be asked again in this same tick
        self.pinger.expire(moment)
        ask = self.asking.ask
        for tick in range(self._tick + 1, reached + 1):
            for turn in list(self.roster.schedule.due(tick)):
                ask(turn)
        self._tick = reached
        self._feel_footing()
        self.clearance.look()
        self._report()
        self._next_tick()

    def _ask_again(self, turn: Turn, delay: float) -> None:
        tick = tick_at(self.clock.monotonic() + delay)
        self.roster.schedule.once(turn, max(tick, self._tick + 1))

    def _did_not_look(self, reached: int) -> None:
        """The process stood still: a sight ends where it stopped, the next begins with a sweep."""
        stood = (reached - self._tick) * TICK
        log.warning("did not look", collector=self.keeper.collector, seconds=round(stood, 1))
        self._end_sight(self.keeper.sight(self.clock.millis((self._tick + 1) * TICK)))
        self._tick = reached - 1
        self.roster.schedule.catch_up(reached)
        self._sweep()

    def _clock_was_set(self, before: int, now: int) -> None:
        """A sight ends by the clock that it began by; what follows has another order of time."""
        log.warning("clock was set", collector=self.keeper.collector, seconds=(now - before) / 1000)
        self._end_sight(self.keeper.sight(before))
        if now < before:
            for ward in self.roster.wards.values():
                ward.judge.set_back(before - now)
        last = self.footing
        self.footing = Footing(last.watches, last.witnesses, last.share, last.least, last.interval / 1000)
        self._held_back.clear()
        self._sweep()

    def _sweep(self) -> None:
        """Look at everything once before claiming to have seen it; of who only tells, silence begins anew."""
        self.hearsay.regained()
        awaited = [turn for turn in self.roster.turns() if self.roster.answerable(turn)]
        self.keeper.begin(self.clock.now(), awaited)
        for turn in awaited:
            self._spread(turn)

    def _spread(self, turn: Turn) -> None:
        """Ask within the time of a first sweep who would have to wait for longer."""
        if turn.spec.every > FIRST_SWEEP:
            spread = stable_hash(turn.key) % ticks(FIRST_SWEEP)
            self.roster.schedule.once(turn, self._tick + 1 + spread)

    # --- answers ---

    def _answered(self, slot: Slot | PingSlot, verdict: Verdict, started: float, finished: float) -> None:
        turn: Turn = slot.owner
        cause = verdict.cause
        taken = finished - started
        if taken > turn.slow and cause is _OK and taken - self._excuse(started, finished) > turn.slow:
            cause = Cause.SLOW
        track = turn.track
        if cause is not track.steady or self.keeper.sweeping:
            self._consider(turn, verdict, cause, started, finished)
            return
        turn.tally[cause] += 1
        if cause is _OK or cause.weight in _HEARD:
            self._good += 1
            turn.last = taken
            self.roster.durations.values[turn.index] = taken
            if verdict.facts:
                self._note_facts(turn, verdict)
        elif cause.weight is Weight.HARD:
            self._bad += 1
            self.roster.durations.values[turn.index] = NO_ANSWER
            if self.footing.holding:
                return  # nobody may be heard, so that silence proves nothing
        track.proof = self.clock.millis(started)
        track.last = self.clock.millis(finished)

    def _excuse(self, started: float, finished: float) -> float:
        """Seconds of an answer's time that may be our own: this loop was late while it was under way."""
        now_late = max(0.0, finished - (self._tick + 1) * TICK)
        return now_late + (self._late_by if started < self._late_at else 0.0)

    def _consider(self, turn: Turn, verdict: Verdict, cause: Cause, started: float, finished: float) -> None:
        """An answer that may change something."""
        if self.witnesses.answered(turn, verdict):
            return
        turn.tally[cause] += 1
        if self.keeper.sweeping and self.keeper.answered(turn):
            self._snapshot_due = self.clock.now()
        if verdict.facts:
            self._note_facts(turn, verdict)
        self._weigh(turn, verdict, cause, started, finished)

    def _weigh(self, turn: Turn, verdict: Verdict, cause: Cause, started: float, finished: float) -> None:
        """Hand an answer to the judge, unless it may be our own fault."""
        weight = cause.weight
        if weight is Weight.HARD:
            self._bad += 1
            self.roster.durations.values[turn.index] = NO_ANSWER
            if self.footing.blind:
                return  # we know it is our own fault
            if self.footing.holding:
                self._held_back.append((turn, verdict, cause, started, finished))
                return
        elif weight in _HEARD:
            self._good += 1
            turn.last = finished - started
            self.roster.durations.values[turn.index] = turn.last
        else:
            self.roster.durations.values[turn.index] = NO_ANSWER
        self._judge(turn, verdict, cause, started, finished)

    def _judge(self, turn: Turn, verdict: Verdict, cause: Cause, started: float, finished: float) -> None:
        ward, name, millis = turn.ward, turn.spec.name, self.clock.millis
        if cause.weight is Weight.BLIND:
            decision = ward.judge.cannot_ask(name, cause, millis(finished))
        else:
            seen = Observation(name, millis(started), millis(finished), cause, verdict.detail)
            decision, lost = self._observe(ward, seen)
            self._lost += lost
        if cause is Cause.AUTH_REJECTED and turn.spec.credential:
            unanswered = verdict.detail == UNANSWERED.detail  # the verdict itself may be wrapped by TLS's
            self.roster.refused(turn, turn.spec.credential, unanswered=unanswered)
        self.act(ward, decision)
        if decision.again is not None:
            self._ask_again(turn, turn.pause(decision.again))

    def _observe(self, ward: Ward, seen: Observation) -> tuple[Decision, bool]:
        """What the judge decides, and whether the ward is missing now: those above it are asked why."""
        was_missing = ward.judge.missing
        decision = ward.judge.observe(seen)
        lost = ward.judge.missing and not was_missing
        if lost:
            self.ancestors.ask_above(ward)
        return decision, lost

    def _note_facts(self, turn: Turn, verdict: Verdict) -> None:
        expires = verdict.facts.get("certificate_expires")
        if isinstance(expires, int | float):
            turn.ward.certificate_end = int(expires)

    def _hung_up(self, slot: Slot) -> None:
        """The peer ended a held connection: a bad answer. Whether it only tidied up is asked next."""
        now = self.clock.monotonic()
        if now - slot.started >= STOOD:
            self._weigh(slot.owner, _ENDED, _ENDED.cause, now, now)

    # --- what we are told ---

    def told(self, node: str, seen: Observation) -> None:
        """A source says something about a node of ours."""
        if self.hearsay.take(node, seen):
            self.keeper.tallies[seen.probe][seen.cause] += 1
            hard = seen.cause.weight is Weight.HARD
            self._bad, self._good = self._bad + hard, self._good + (not hard)

    def _hear(self, ward: Ward, seen: Observation) -> None:
        self.act(ward, self._observe(ward, seen)[0])

    def source_turned(self, lost: bool, at: int) -> None:
        """The broker is gone, or back. While it is gone, what only it could tell us is unknown."""
        if not lost:
            return
        for ward in self.roster.wards.values():
            for name in ward.told:
                self.act(ward, ward.judge.cannot_ask(name, Cause.SOURCE_LOST, at))

    # --- our own footing ---

    def _testified(self, answered: bool) -> None:
        self.footing.witness(self.clock.now(), answered)
        self._weigh_footing()

    def _feel_footing(self) -> None:
        self.footing.tick(self.clock.now(), self._good, self._bad, self._lost + self.hearsay.lost())
        self._good = self._bad = self._lost = 0
        if self.footing.ask_witnesses:
            self.witnesses.ask()
        self._weigh_footing()
        self.hearsay.release(holding=self.footing.holding, blind=self.footing.blind)

    def _weigh_footing(self) -> None:
        """Do what follows when our footing turned."""
        footing = self.footing
        if footing.blind and not self.keeper.blind:
            self._go_blind(footing.blind_since)
        elif self.keeper.blind and not footing.blind:
            log.warning("sees again", collector=self.keeper.collector, silent_witnesses=self.witnesses.silent)
            self._say_sight(self.keeper.sight(self.clock.now()))
            self._sweep()
        elif self._held_back and not footing.holding:
            # The witnesses answered: what failed has really failed.
            held_back, self._held_back = self._held_back, []
            for answer in held_back:
                self._judge(*answer)

    def _go_blind(self, since: int | None) -> None:
        """Whatever failed ``since`` then may be our own fault: it is forgotten, and the sight ended then."""
        log.error(
            "blind: we have lost the network, not the devices",
            collector=self.keeper.collector,
            silent_witnesses=self.witnesses.silent,
        )
        self._held_back.clear()
        begun = self.clock.now() if since is None else since
        for ward in self.roster.wards.values():
            ward.doubt(begun)
        self._end_sight(self.keeper.go_blind(begun)[0])

    # --- what we say ---

    def _report(self) -> None:
        now = self.clock.now()
        if self.keeper.due(now):
            self._say_sight(self.keeper.sight(now))
            if now >= self._snapshot_due and not self.keeper.blind:
                self._snapshot_due = now + SNAPSHOT_EVERY
                self.clearance.flush()  # it speaks of states that must be known by then
                self.herald.say(self.roster.snapshot(now), now)

    def _end_sight(self, sight: Sight | None) -> None:
        """Nothing is left unsaid of the time that it covers."""
        self.clearance.flush()
        self._say_sight(sight)

    def _say_sight(self, sight: Sight | None) -> None:
        if sight is not None:
            memory: dict[str, str | None] = {} if sight.blind else {SIGHT_KEY: str(sight.end)}
            self.herald.say(sight, self.clock.now(), memory)
