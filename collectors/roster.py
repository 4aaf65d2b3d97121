"""Nodes come and go: the wards of a shard, planned, found by name, and let go again."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

import structlog

from collectors.durations import NO_ANSWER, Durations
from collectors.engine.engine import Engine, Slot
from collectors.engine.icmp import Pinger, PingSlot
from collectors.engine.resolver import Resolved, Resolver
from collectors.engine.schedule import Schedule
from collectors.judge import Decision, Remembered
from collectors.layers import Layers
from collectors.locks import Locks, Use, lock_key
from collectors.sights import SightKeeper
from collectors.wards import Turn, Ward, WardMaker, place_of
from monitor.config import Site
from monitor.model.events import Snapshot, Standing
from monitor.model.nodes import Watch, watches_of
from monitor.model.observations import Cause, State

log = structlog.get_logger(__name__)

STATE_KEY = "state:"
"""Prefix of the judge's states in the memory beside the outbox."""

SIGHT_KEY = "sight"
"""Where the end of the last sight is kept there, in milliseconds."""


class Acts(Protocol):
    """What the roster asks of the watcher."""

    def act(self, ward: Ward, decision: Decision) -> None:
        """Do what a judge decided."""

    def remember(self, memory: dict[str, str | None]) -> None:
        """Keep this beside the outbox."""

    def say_gone(self, node: str, old: State, seen_until: int, now: int) -> None:
        """Say that a watch left while nobody was running."""

    def ask_soon(self, turn: Turn) -> None:
        """Do not let its first question wait for the end of a long interval."""

    def now(self) -> int:
        """Milliseconds, UTC."""


class Roster:
    """The wards of one shard. :meth:`take` makes them what a site says, and disturbs no others."""

    def __init__(
        self,
        site: Site,
        keeper: SightKeeper,
        machines: tuple[Engine, Pinger],
        acts: Acts,
        memory: dict[str, str],
    ) -> None:
        self.wards: dict[str, Ward] = {}
        self.schedule: Schedule[Turn] = Schedule()
        self.resolver = Resolver()
        self.locks = Locks(site.credentials, memory, lock_key(site.data))
        self.durations = Durations("", {})
        self.layers = Layers("", {})
        self._site = site
        self._keeper = keeper
        self._engine, self._pinger = machines
        self._acts = acts
        self._memory = memory
        self._maker = WardMaker(site, keeper.tallies)
        self._witnesses: list[Ward] = []

    def take(self, site: Site, watches: Iterable[Watch]) -> None:
        """Nodes come and go: from now on these watches of ``site`` are ours."""
        wanted = {watch.node.id: watch for watch in watches}
        renewed = self._renew_logins(site, wanted)
        self._site = site
        self._maker.use(site)
        for node in [node for node in self.wards if node not in wanted]:
            self._release(node)
        for watch in wanted.values():
            self._adopt(watch, renewed)
        self.guard_logins()
        self._forget_strangers()
        self._keeper.inventory = site.inventory.digest
        self._keeper.watches = len(self.wards)
        self._lay_out_tables()

    def turns(self) -> Iterator[Turn]:
        return (turn for ward in self.wards.values() for turn in ward.turns.values())

    def askable(self, turn: Turn) -> bool:
        """Whether its address is known and this machine may send such a probe."""
        slot = turn.slot
        if isinstance(slot, PingSlot):
            return slot.address is not None and self._pinger.can(slot.family)
        return slot.sockaddr is not None

    def answerable(self, turn: Turn) -> bool:
        """Whether an answer will come, be it only the resolver's word that its name is unknown."""
        return self.askable(turn) or (turn.slot.family == socket.AF_UNSPEC and turn.track.open)

    def snapshot(self, now: int) -> Snapshot:
        """How all the wards stand."""
        up, others = [], {}
        for node, ward in sorted(self.wards.items()):
            judge = ward.judge
            if judge.state is State.UP:
                up.append(node)
            else:
                others[node] = Standing(judge.state, judge.cause, judge.at)
        keeper, shard = self._keeper, (self._keeper.shard, self._keeper.shards)
        inventory = keeper.inventory
        return Snapshot(keeper.collector, keeper.network, *shard, now, inventory, tuple(up), others)

    def witnesses(self) -> list[Ward]:
        """Wards of their own for the network's witnesses, whoever else asks those nodes too."""
        for ward in self._witnesses:
            self._lose(ward)
        self._witnesses = wards = []
        network = self._keeper.network
        for node in self._site.networks[network].witnesses:
            for watch in watches_of(self._site.inventory.nodes[node]):
                if watch.network == network:
                    # An answer is enough, and a login that nobody guards could lock us out.
                    open_questions = tuple(replace(spec, credential=None) for spec in watch.probes)
                    ward = self._maker.make(replace(watch, probes=open_questions), None)
                    for turn in ward.turns.values():
                        # The question is urgent: it does not queue behind the usual turns, of whomever.
                        turn.slot.uplink = None
                        if isinstance(turn.slot, Slot):
                            turn.slot.device = None
                            turn.slot.hold = False
                    self._find(ward, partial(self._point, ward))
                    wards.append(ward)
        return wards

    def _renew_logins(self, site: Site, wanted: Mapping[str, Watch]) -> frozenset[str]:
        """Free the logins that were refused and have changed since. The credentials to log in with anew."""
        used = {
            place_of(node, spec): Use(spec.credential, watch.address.host)
            for node, watch in wanted.items()
            for spec in watch.probes
            if spec.credential is not None
        }
        freed = self.locks.renew(site.credentials, used)
        if freed:
            self._acts.remember(freed)
        was, now = self._site.credentials, site.credentials
        return frozenset(name for name in was if was[name] != now.get(name))

    def _adopt(self, watch: Watch, renewed: frozenset[str]) -> None:
        known = self.wards.get(watch.node.id)
        if known is None:
            standing = self._recall(watch)
        elif self._is_as_before(known, watch, renewed):
            known.watch = watch
            if known.judge.rules != self._maker.rules:
                known.judge.use(self._maker.rules)
            return
        else:
            standing = known.judge.standing
            self._unplan(known)
        ward = self._maker.make(watch, standing)
        self.wards[watch.node.id] = ward
        self._find(ward, partial(self._resolved, ward))
        self._check_pings(ward)
        for turn in ward.turns.values():
            self.schedule.add(turn, turn.spec.every, turn.key)
            self._acts.ask_soon(turn)

    def _is_as_before(self, known: Ward, watch: Watch, renewed: frozenset[str]) -> bool:
        """Whether the ward can stay as it is: asked the same, by the same way, with the same logins."""
        if not known.same_questions(watch) or known.uplink is not self._maker.uplink_of(watch):
            return False
        return not any(spec.credential in renewed for spec in watch.probes)

    def _release(self, node: str) -> None:
        """Let a watch go: from now on nobody looks, and the ledger is told so."""
        ward = self.wards.pop(node)
        self._unplan(ward)
        for spec in ward.watch.probes:
            self._acts.act(ward, ward.judge.cannot_ask(spec.name, Cause.NOT_ASKED, self._acts.now()))
        self._acts.remember({STATE_KEY + node: None})

    def _forget_strangers(self) -> None:
        """Watches remembered from before a restart that are not ours any more: nobody looks at them."""
        now = self._acts.now()
        for key in [key for key in self._memory if key.startswith(STATE_KEY)]:
            standing = Remembered.parse(self._memory.pop(key))
            node = key.removeprefix(STATE_KEY)
            if standing.state is not State.UNKNOWN:
                last = max(standing.at, int(self._memory.get(SIGHT_KEY, "0")))
                self._acts.say_gone(node, standing.state, min(last, now), now)
            self._acts.remember({key: None})

    def _recall(self, watch: Watch) -> Remembered | None:
        """What was known before a restart, with the last proof that can be claimed for it."""
        text = self._memory.pop(STATE_KEY + watch.node.id, None)
        if text is None:
            return None
        standing = Remembered.parse(text)
        last_sight = self._memory.get(SIGHT_KEY)
        if last_sight is None:
            return standing
        # At the last sight the state stood uncontradicted, but a fault may have been on its way to
        # being confirmed: the proof is older than the sight by the longest such way.
        proof = int(last_sight) - round(1000 * self._settling(watch))
        return replace(standing, proof=max(proof, standing.proof or standing.at))

    def _settling(self, watch: Watch) -> float:
        """Seconds from a fault to its confirmation, at the most."""
        judge = self._site.judge
        slowest = max((spec.every + (judge.confirm + 1) * spec.timeout for spec in watch.probes), default=0.0)
        return slowest + sum(judge.retry)

    def refused(self, turn: Turn, credential: str, *, unanswered: bool) -> None:
        """A login was refused, or got no answer: it is not tried again there."""
        if self.locks.refused(turn.place, credential):
            return
        what = "login got no answer, not tried again" if unanswered else "login refused, not tried again"
        log.warning(what, node=turn.ward.watch.node.id, credential=credential)
        self._acts.remember(self.locks.refuse(turn.place, credential, unanswered=unanswered))
        if self.locks.exhausted(credential):
            log.warning("login refused by many, not tried anywhere", credential=credential)
        self.guard_logins()

    def guard_logins(self) -> None:
        """Nobody tries a login where it was refused, nor one that too many devices refused."""
        for turn in self.turns():
            credential = turn.spec.credential
            if credential and isinstance(turn.slot, Slot):
                turn.slot.asker.lock(self.locks.instead(turn.place, credential))

    def _find(self, ward: Ward, tell: Resolved) -> None:
        """Give the ward's turns an address; for a name that takes until the resolver knows it."""
        if any(turn.slot.family == socket.AF_UNSPEC for turn in ward.turns.values()):
            ward.name_teller = tell
            self.resolver.want(ward.watch.address.host, tell)

    def _lose(self, ward: Ward) -> None:
        if ward.name_teller is not None:
            self.resolver.forget(ward.watch.address.host, ward.name_teller)

    def _resolved(self, ward: Ward, family: int, address: str | None) -> None:
        if address is None:
            # A name that was known keeps its address: it is the name server that fails, not the device.
            for turn in ward.turns.values():
                if turn.slot.family == socket.AF_UNSPEC:
                    self._cannot(turn, Cause.NAME_UNRESOLVED)
        elif self._point(ward, family, address):
            self._check_pings(ward)
            for turn in ward.turns.values():
                self._acts.ask_soon(turn)

    def _point(self, ward: Ward, family: int, address: str | None) -> bool:
        """Point the ward at the address of its name. True if that is another than before."""
        if address is None or not self._maker.moves(ward, family, address):
            return False
        ward.certificate_end = None  # whoever answers there now is another device
        for turn in ward.turns.values():
            self._cancel(turn)
        self._maker.settle(ward, family, address)
        return True

    def _check_pings(self, ward: Ward) -> None:
        for turn in ward.turns.values():
            if turn.pings and turn.slot.family and not self._pinger.can(turn.slot.family):
                self._cannot(turn, Cause.NOT_PERMITTED)

    def _cannot(self, turn: Turn, cause: Cause) -> None:
        self._keeper.forget(turn)
        if turn.index >= 0:
            self.durations.values[turn.index] = NO_ANSWER
        decision = turn.ward.judge.cannot_ask(turn.spec.name, cause, self._acts.now())
        self._acts.act(turn.ward, decision)

    def _unplan(self, ward: Ward) -> None:
        self._lose(ward)
        for turn in ward.turns.values():
            self.schedule.remove(turn)
            self._keeper.forget(turn)
            self._cancel(turn)

    def _cancel(self, turn: Turn) -> None:
        if isinstance(turn.slot, Slot):
            self._engine.cancel(turn.slot)
        else:
            self._pinger.cancel(turn.slot)

    def _lay_out_tables(self) -> None:
        rows = {node: list(ward.turns) for node, ward in self.wards.items()}
        fresh = Durations(self._site.inventory.digest, rows)
        for turn in self.turns():
            is_new = turn.index < 0
            known = NO_ANSWER if is_new else self.durations.values[turn.index]
            turn.index = fresh.index(turn.ward.watch.node.id, turn.spec.name)
            fresh.values[turn.index] = known
        self.durations = fresh
        self.layers = Layers(self._site.inventory.digest, self.wards)
