"""A watch in a collector's care: its judge, and one turn for each way it is asked."""

from __future__ import annotations

import math
import socket
from collections.abc import Mapping
from typing import Any

from collectors.engine.engine import Device, Slot
from collectors.engine.icmp import PingSlot
from collectors.engine.resolver import Resolved, literal, sockaddr
from collectors.engine.schedule import SLACK
from collectors.engine.slots import Uplink
from collectors.judge import Judge, Remembered, Rules, Track
from collectors.protocols import LAYERS, PROTOCOLS
from collectors.protocols.base import Login, Target
from monitor.config import Site
from monitor.model.nodes import ProbeSpec, Watch
from monitor.model.observations import Cause

_SILENCE = frozenset({Cause.TIMEOUT, Cause.NO_REPLY})

PING = "ping"
TOLD = ("mqtt",)


class Turn:
    """One polled probe of one watch. The hot path touches only this, its track and its slot."""

    __slots__ = ("index", "last", "slot", "slow", "spec", "tally", "track", "ward")

    def __init__(self, ward: Ward, spec: ProbeSpec, track: Track, slot: Slot | PingSlot) -> None:
        self.ward = ward
        self.spec = spec
        self.track = track
        self.slot = slot
        slot.owner = self
        self.slow = math.inf if spec.slow is None else spec.slow
        self.tally: dict[Cause, int] = {}
        self.index = -1
        self.last = 0.0

    @property
    def pings(self) -> bool:
        return self.spec.protocol == PING

    @property
    def key(self) -> str:
        """Fixes the turn's place within its interval, for ever."""
        return place_of(self.ward.watch.node.id, self.spec)

    @property
    def place(self) -> str:
        """Where a login was refused: outlives renaming, not a change of the probe."""
        return self.key

    def hurried(self) -> float:
        """The timeout of a quick re-probe: several times what it usually takes, a second at least, and as
        long as an answer may take that is not slow.

        A full timeout each would make a silent death known only after all of them. The question that could
        confirm a fault gets the full one, lest it be late and not gone, unless one of this run was waited
        for in full already; and so does who has not answered yet: nobody knows how long it usually takes.
        """
        decides = self.ward.judge.decides(self.spec.name)
        if not self.last or (decides and not self._was_waited_for()):
            return self.spec.timeout
        return min(self.spec.timeout, max(1.0, 8 * self.last, self.spec.slow or 0.0))

    def hasty(self, now: int) -> bool:
        """Whether to ask at ``now`` (milliseconds) would count one fault twice; see :meth:`pause`, too."""
        return self.pause(1.0) > 0 and self.ward.judge.hasty(self.spec.name, now)

    def _was_waited_for(self) -> bool:
        """Whether an answer of this run did not come for the full timeout. A deadline may come by
        :data:`SLACK` early, and both its moments are whole milliseconds.
        """
        full = 1000 * (self.spec.timeout - SLACK) - 1
        return any(seen.cause in _SILENCE and seen.finished - seen.started >= full for seen in self.track.run)

    def pause(self, again: float) -> float:
        """Seconds until it is asked again, where its judge says ``again``.

        A kept connection that ended is either all that ended, or its device is gone: one who asks at once
        knows.
        """
        run = self.track.run
        return 0.0 if self.spec.hold and run and run[0].cause is Cause.RESET else again


class Ward:
    """A watch with its judge and its turns.

    ``ancestors`` are the wards above it in its network, ``parents`` those right above; ``asked_at`` is when
    (monotonic) it was last asked for the sake of one below it. ``certificate_end``: seconds since 1970, None
    where none was seen.
    """

    __slots__ = (
        "ancestors",
        "asked_at",
        "certificate_end",
        "device",
        "judge",
        "name_teller",
        "parents",
        "turns",
        "uplink",
        "watch",
    )

    def __init__(self, watch: Watch, judge: Judge, device: Device | None, uplink: Uplink | None) -> None:
        self.watch = watch
        self.judge = judge
        self.device = device
        self.uplink = uplink
        self.turns: dict[str, Turn] = {}
        self.ancestors: tuple[Ward, ...] = ()
        self.parents: tuple[Ward, ...] = ()
        self.asked_at = -math.inf
        self.certificate_end: int | None = None
        self.name_teller: Resolved | None = None

    def doubt(self, since: int) -> None:
        """Forget what failed after ``since`` (milliseconds): nobody could be heard then."""
        for name, track in self.judge.tracks.items():
            turn = self.turns.get(name)
            track.distrust(since, None if turn is None else round(1000 * turn.spec.every))
        if any(track.run for track in self.judge.tracks.values()):
            self.judge.resume(self.judge.standing)

    @property
    def told(self) -> tuple[str, ...]:
        """Names of the probes that are not asked but told."""
        return tuple(spec.name for spec in self.watch.probes if spec.protocol in TOLD)

    def same_questions(self, other: Watch) -> bool:
        """Whether ``other`` would be asked in the same way: then nothing about it is disturbed."""
        return self.watch.address == other.address and self.watch.probes == other.probes


class WardMaker:
    """Builds wards for one collector: shares devices by host, uplinks by parent, tallies by probe name."""

    def __init__(self, site: Site, tallies: Mapping[str, dict[Cause, int]]) -> None:
        self._site = site
        self.rules = Rules.of(site.judge)
        self._tallies = tallies
        self._devices: dict[str, Device] = {}
        self._logins: dict[tuple[str, str, str], Login] = {}
        self._uplinks: dict[str, Uplink] = {}

    def use(self, site: Site) -> None:
        """Build what comes now by these settings; wards that stand keep theirs."""
        self._site = site
        self.rules = Rules.of(site.judge)
        for uplink in self._uplinks.values():
            uplink.resize(site.per_uplink)

    def uplink_of(self, watch: Watch) -> Uplink | None:
        """What it hangs on: the first of its parents that is in its network. None: there is none."""
        for parent in watch.node.parents:
            node = self._site.inventory.nodes.get(parent)
            if node is not None and watch.network in node.networks:
                if parent not in self._uplinks:
                    self._uplinks[parent] = Uplink(self._site.per_uplink)
                return self._uplinks[parent]
        return None

    def make(self, watch: Watch, standing: Remembered | None) -> Ward:
        """A ward that is not yet planned. ``standing`` is what was known before, if anything."""
        layers = {spec.name: LAYERS[spec.protocol] for spec in watch.probes}
        judge = Judge(watch.node.id, watch.network, layers, self.rules, standing)
        connected = any(spec.protocol in PROTOCOLS for spec in watch.probes)
        device = self._devices.setdefault(watch.address.host, Device()) if connected else None
        ward = Ward(watch, judge, device, self.uplink_of(watch))
        found = literal(watch.address.host)
        family, address = found if found is not None else (socket.AF_UNSPEC, None)
        for spec in watch.probes:
            if spec.protocol not in TOLD:
                turn = Turn(ward, spec, judge.tracks[spec.name], self._slot(ward, spec, family, address))
                turn.tally = self._tallies[spec.name]
                ward.turns[spec.name] = turn
        return ward

    def moves(self, ward: Ward, family: int, address: str) -> bool:
        """Whether :meth:`settle` would point the ward elsewhere."""
        return any(
            address != (slot.address if isinstance(slot, PingSlot) else slot.sockaddr and slot.sockaddr[0])
            or family != slot.family
            for slot in (turn.slot for turn in ward.turns.values())
        )

    def settle(self, ward: Ward, family: int, address: str) -> None:
        """Point the turns of a ward at the address its name was resolved to."""
        for turn in ward.turns.values():
            slot = turn.slot
            slot.family = family
            if isinstance(slot, PingSlot):
                slot.address = address
            else:
                slot.sockaddr = sockaddr(family, address, port_of(ward.watch, turn.spec))

    def _slot(self, ward: Ward, spec: ProbeSpec, family: int, address: str | None) -> Slot | PingSlot:
        if spec.protocol == PING:
            return PingSlot(family, address, uplink=ward.uplink)
        port = port_of(ward.watch, spec)
        target = Target(ward.watch.address.host, port, spec, self._login(ward.watch.address.host, spec))
        asker = PROTOCOLS[spec.protocol].make(target)
        place: tuple[Any, ...] | None = None if address is None else sockaddr(family, address, port)
        return Slot(asker, family, place, device=ward.device, uplink=ward.uplink, hold=spec.hold)

    def _login(self, host: str, spec: ProbeSpec) -> Login | None:
        """One for all probes of a device: how it takes the login is known to each."""
        if spec.credential is None:
            return None
        given = self._site.credentials[spec.credential]
        login = Login(given.user, given.password)
        return self._logins.setdefault((host, given.user, given.password), login)


def place_of(node: str, spec: ProbeSpec) -> str:
    """Names one way of asking one node, for ever."""
    return f"{node}/{spec.name}"


def port_of(watch: Watch, spec: ProbeSpec) -> int:
    """The port that a probe goes to: the address's, its own, or the protocol's usual one.

    Where an address and a cell both name one they agree: the inventory is checked for that.
    """
    return watch.address.port or spec.port or PROTOCOLS[spec.protocol].port
