"""The board of faults: what is to fail when, what fails now, and what truly happened."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from monitor.demo.device import SimulatedDevice
from monitor.demo.faults import Fault
from monitor.demo.loop import Loop, Timer
from monitor.demo.truth import TruthRow
from monitor.model.times import wall_clock


class FaultError(ValueError):
    """A fault that cannot be made, with the reason for whoever asked."""


@dataclass(slots=True)
class _Booking:
    number: int
    fault: Fault
    active: bool = False
    timers: list[Timer] = field(default_factory=list)

    @property
    def end(self) -> float:
        return math.inf if self.fault.end is None else self.fault.end


class Board:
    """Applies faults at their moments. ``record`` gets the rows of truth of each fault that has ended."""

    def __init__(
        self,
        loop: Loop,
        devices: Mapping[str, SimulatedDevice],
        record: Callable[[Iterable[TruthRow]], None],
    ) -> None:
        self._loop = loop
        self._devices = devices
        self._record = record
        self._bookings: dict[int, _Booking] = {}
        self._by_node: dict[str, list[_Booking]] = defaultdict(list)
        self._open: dict[tuple[str, str], TruthRow] = {}
        self._ended: list[TruthRow] = []
        self._count = 0

    def add(self, fault: Fault) -> int:
        """Book a fault and return its number. Raises FaultError, and then nothing has changed."""
        self._check(fault)
        self._count += 1
        booking = _Booking(self._count, fault)
        self._bookings[booking.number] = booking
        for node in fault.nodes:
            self._by_node[node].append(booking)
        if fault.start <= wall_clock():
            self._begin(booking)
        else:
            booking.timers.append(self._loop.at(fault.start, lambda: self._begin(booking)))
        if fault.end is not None:
            booking.timers.append(self._loop.at(fault.end, lambda: self._end(booking)))
        return booking.number

    def clear(self, nodes: Iterable[str] | None = None) -> int:
        """End, or call off, every fault of these nodes (None: of all); how many there were.

        A fault of a group ends for the whole group.
        """
        found = self._bookings.values() if nodes is None else self._of(nodes)
        bookings = {booking.number: booking for booking in found}
        for booking in bookings.values():
            for timer in booking.timers:
                timer.cancel()
            self._end(booking)
        return len(bookings)

    def faults(self) -> list[tuple[int, bool, Fault]]:
        """Number, whether it has begun, and the fault, of all that have not ended."""
        return [(b.number, b.active, b.fault) for b in self._bookings.values()]

    def truth(self) -> list[TruthRow]:
        """All that has happened so far; the rows of faults that last have no end."""
        return [*self._ended, *self._open.values()]

    def close(self) -> None:
        """Put on record what still lasts, as lasting."""
        self._record(self._open.values())

    def _of(self, nodes: Iterable[str]) -> Iterable[_Booking]:
        for node in nodes:
            if node not in self._devices:
                raise FaultError(f"no node {node!r} in this fleet")
            yield from self._by_node[node]

    def _check(self, fault: Fault) -> None:
        if not fault.nodes:
            raise FaultError("no nodes given")
        if fault.end is not None and fault.end <= fault.start:
            raise FaultError("the fault ends before it begins")
        if fault.delay < 0 or not math.isfinite(fault.delay):
            raise FaultError(f"delay {fault.delay}: seconds, not below 0")
        for booking in self._of(fault.nodes):
            if fault.start < booking.end and (fault.end or math.inf) > booking.fault.start:
                both = sorted(set(fault.nodes) & set(booking.fault.nodes))
                raise FaultError(
                    f"{both[0]} has a {booking.fault.kind} then (fault {booking.number}): clear it first"
                )
        for node in fault.nodes:
            if objection := self._devices[node].objection(fault.kind):
                raise FaultError(objection)

    def _begin(self, booking: _Booking) -> None:
        booking.active = True
        for node in booking.fault.nodes:
            for row in self._devices[node].fail(booking.fault):
                self._open[row.key] = row

    def _end(self, booking: _Booking) -> None:
        del self._bookings[booking.number]
        for node in booking.fault.nodes:
            self._by_node[node].remove(booking)
            if booking.active:
                self._devices[node].recover(self._finished)

    def _finished(self, rows: list[TruthRow]) -> None:
        for row in rows:
            # A device may have failed again before its heart beat: then the newer row stays open.
            if self._open.get(row.key) is row:
                del self._open[row.key]
        self._ended += rows
        self._record(rows)
