"""A simulated device: its endpoints and its heartbeat fail and recover together, and say when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from monitor.demo.endpoint import Endpoint
from monitor.demo.faults import AT_THE_DOOR, DELAYS, TOLD, Fault, FaultKind
from monitor.demo.heartbeat import Heartbeat
from monitor.demo.loop import Loop, Timer
from monitor.demo.truth import TruthRow
from monitor.model.times import wall_clock

UNDER_WAY: Final = 500
"""Milliseconds for which a heartbeat that was sent before the fault may still be under way."""


class SimulatedDevice:
    """One node of the plan. At most one fault at a time."""

    def __init__(
        self, loop: Loop, node: str, endpoints: Mapping[str, Endpoint], heartbeat: Heartbeat | None = None
    ) -> None:
        self.node = node
        self.endpoints = endpoints
        self.heartbeat = heartbeat
        self._loop = loop
        self._turn: Timer | None = None
        self._rows: list[TruthRow] = []

    def objection(self, kind: FaultKind) -> str:
        """Why this device cannot have such a fault; empty when it can."""
        if kind in TOLD and self.heartbeat is None:
            return f"{self.node} has no MQTT heartbeat: {kind} is not possible"
        if kind in AT_THE_DOOR and not all(endpoint.has_door for endpoint in self.endpoints.values()):
            return (
                f"{kind} needs a listening socket per address; this fleet answers on a wildcard socket, "
                "where only faults after the connection exist: hang, slow, garbage, reset, busy, silent"
            )
        return ""

    def fail(self, fault: Fault) -> list[TruthRow]:
        """Begin the fault now; a row for each network in which the device is seen."""
        delay = fault.delay or DELAYS.get(fault.kind, 0.0)
        self._rows = []
        for network, endpoint in self.endpoints.items():
            began = wall_clock()
            self._fail_endpoint(endpoint, fault.kind, delay)
            row = TruthRow(
                self.node,
                network,
                endpoint.host,
                fault.kind,
                began,
                wall_clock(),
                delay=delay,
                root=fault.root,
            )
            self._rows.append(row)
        self._fail_heartbeat(fault.kind)
        if fault.kind is FaultKind.FLAPPING:
            self._turn = self._loop.after(delay, lambda: self._flap(delay, refuse=False))
        return self._rows

    def recover(self, finished: Callable[[list[TruthRow]], None]) -> None:
        """End the fault now. ``finished`` gets the rows when the last part of it is well again."""
        if self._turn is not None:
            self._turn.cancel()
        rows, self._rows = self._rows, []
        told = self.heartbeat is not None and rows[0].fault in TOLD | {FaultKind.VANISH, FaultKind.REBOOT}
        for row in rows:
            row.ended = wall_clock()
            self.endpoints[row.network].recover()
            row.ended_by = None if told else wall_clock()
        if self.heartbeat is None or not told:
            finished(rows)
            return

        def heard(moment: int) -> None:
            for row in rows:
                row.ended_by = moment
            finished(rows)

        self.heartbeat.revive(heard)

    def _fail_endpoint(self, endpoint: Endpoint, kind: FaultKind, delay: float) -> None:
        match kind:
            case FaultKind.SILENT:
                return
            case FaultKind.FLAPPING:
                endpoint.refuse()
            case _:
                endpoint.fail(kind, delay)

    def _fail_heartbeat(self, kind: FaultKind) -> None:
        if self.heartbeat is None:
            return
        match kind:
            case FaultKind.WILL | FaultKind.REBOOT:
                self.heartbeat.die()
            case FaultKind.SILENT:
                self.heartbeat.fall_silent()
            case FaultKind.VANISH:
                self.heartbeat.be_cut_off()
            case _:
                return
        for row in self._rows:
            row.began_by = wall_clock() + UNDER_WAY

    def _flap(self, delay: float, *, refuse: bool) -> None:
        for row in self._rows:
            first, endpoint = wall_clock(), self.endpoints[row.network]
            if refuse:
                endpoint.refuse()
            else:
                endpoint.admit()
            row.turns.append((first, wall_clock()))
        self._turn = self._loop.after(delay, lambda: self._flap(delay, refuse=not refuse))
