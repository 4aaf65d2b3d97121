"""What can go wrong with a simulated device, and what a monitor should then say about it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from monitor.model.observations import Cause, State
from monitor.model.times import format_time, parse_time


class FaultKind(StrEnum):
    """A way to fail. Which of them can be seen depends on what the device is asked."""

    REFUSE = "refuse"  # the service is gone: connections are refused, open ones reset
    HANG = "hang"  # takes the connection, never answers
    VANISH = "vanish"  # every packet is dropped
    SLOW = "slow"  # answers after `delay` seconds
    GARBAGE = "garbage"  # answers with bytes that mean nothing
    RESET = "reset"  # takes the connection and resets it
    BUSY = "busy"  # RTSP 453, HTTP 503
    REBOOT = "reboot"  # as refuse, for as long as a start takes
    FLAPPING = "flapping"  # refuses and works in turns of `delay` seconds
    WILL = "will"  # dies without a word to its MQTT broker, which publishes the last will
    SILENT = "silent"  # heartbeats stop, everything else works


AT_THE_DOOR: Final = frozenset(
    {FaultKind.REFUSE, FaultKind.VANISH, FaultKind.REBOOT, FaultKind.FLAPPING, FaultKind.WILL}
)
"""Faults that act before a connection exists: they need a listening socket per address."""

TOLD: Final = frozenset({FaultKind.WILL, FaultKind.SILENT})
"""Faults of the device's MQTT client: only a device with a heartbeat can have them."""

DELAYS: Final = {FaultKind.SLOW: 2.3, FaultKind.FLAPPING: 10.0}
"""The `delay` of a fault that was given none, in seconds."""


Word = tuple[State, Cause]
"""What a ledger can say of a watch that is not up."""

_RESET: Final = (State.DOWN, Cause.RESET)
_CONTRADICTED: Final = (State.DEGRADED, Cause.CONTRADICTED)
_UNHEARD: Final = (State.DEGRADED, Cause.HEARTBEAT_MISSED)
_SLOW: Final = (State.DEGRADED, Cause.SLOW)


@dataclass(frozen=True, slots=True)
class Expectation:
    """The state and cause that a fault should be given; ``also`` are words as right as that one.

    ``passing`` are words that are right only while the fault begins to be seen, and after it has ended:
    a device with two ways of being heard does not lose or regain both in the same moment.
    """

    state: State
    cause: Cause
    also: frozenset[Word] = frozenset()
    passing: frozenset[Word] = frozenset()

    @property
    def lasting(self) -> frozenset[Word]:
        """What it may stand as while the fault lasts."""
        return self.also | {(self.state, self.cause)}


EXPECTED: Final = {
    # A connection that was open, or waited to be taken, at the very moment is reset instead of refused.
    FaultKind.REFUSE: Expectation(State.DOWN, Cause.REFUSED, frozenset({_RESET})),
    # Its last will may be heard first; and its door may be open again before its heart beats.
    FaultKind.REBOOT: Expectation(
        State.DOWN,
        Cause.REFUSED,
        frozenset({_RESET, (State.DOWN, Cause.REPORTED_OFF)}),
        frozenset({_CONTRADICTED}),
    ),
    FaultKind.HANG: Expectation(State.DOWN, Cause.TIMEOUT),
    # Behind a dead link the heartbeats stop too, and a connection that was open just never answers. Back
    # again, it may answer before its heart is heard; after 90 s the broker has even published its will. What
    # was asked just before is answered late, by the kernel's repeat: with it, two words of silence are not
    # three, and a fault that is then over was never more than slow.
    FaultKind.VANISH: Expectation(
        State.DOWN,
        Cause.NO_REPLY,
        frozenset({(State.DOWN, Cause.TIMEOUT), (State.DOWN, Cause.HEARTBEAT_MISSED)}),
        frozenset({_UNHEARD, _CONTRADICTED, _SLOW}),
    ),
    FaultKind.SLOW: Expectation(*_SLOW),
    FaultKind.GARBAGE: Expectation(State.DOWN, Cause.BAD_REPLY),
    FaultKind.RESET: Expectation(*_RESET),
    FaultKind.BUSY: Expectation(State.DEGRADED, Cause.BUSY),
    # Each of its turns is a fault of its own, until they are too many.
    FaultKind.FLAPPING: Expectation(
        State.DEGRADED, Cause.FLAPPING, frozenset({(State.DOWN, Cause.REFUSED), _RESET})
    ),
    # Asked at once, it cannot answer; back again, it may answer late, and before its heart is heard.
    FaultKind.WILL: Expectation(State.DOWN, Cause.REPORTED_OFF, passing=frozenset({_CONTRADICTED, _SLOW})),
    # It answers when it is asked: something is wrong with it, but it is not gone.
    FaultKind.SILENT: Expectation(*_UNHEARD),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of a script: these nodes fail in this way from ``start`` to ``end`` (milliseconds).

    ``end`` None: until somebody clears it. ``root`` is the node whose failure takes the others with
    it (a town switch, a county link), empty when each fails by itself.
    """

    nodes: tuple[str, ...]
    kind: FaultKind
    start: int
    end: int | None
    delay: float = 0.0
    root: str = ""

    @property
    def state(self) -> State:
        return EXPECTED[self.kind].state

    @property
    def cause(self) -> Cause:
        return EXPECTED[self.kind].cause

    def to_json(self) -> dict[str, Any]:
        """The request that `quanshi sim` takes for this fault, with what to expect beside it."""
        return {
            "nodes": list(self.nodes),
            "fault": self.kind.value,
            "from": format_time(self.start),
            "to": None if self.end is None else format_time(self.end),
            "delay": self.delay,
            "root": self.root,
            "state": self.state.value,
            "cause": self.cause.value,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Raises KeyError or ValueError for what is no fault."""
        end = data.get("to")
        return cls(
            nodes=tuple(data["nodes"]),
            kind=FaultKind(data["fault"]),
            start=parse_time(data["from"]),
            end=None if end is None else parse_time(end),
            delay=float(data.get("delay") or 0.0),
            root=data.get("root", ""),
        )


COLUMNS: Final = ("fault", "from", "to", "delay", "root", "state", "cause", "nodes")


def write_script(path: Path, faults: Sequence[Fault]) -> None:
    """The script as JSON lines (``.jsonl``) or, under any other name, as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(fault.to_json(), ensure_ascii=False) + "\n" for fault in faults)
            return
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(_row(fault) for fault in faults)


def read_script(path: Path) -> list[Fault]:
    """A script that :func:`write_script` wrote, or a person. Raises ValueError naming the line."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            return _faults(json.loads(line) for line in file if line.strip())
        return _faults({**row, "nodes": row["nodes"].split(";")} for row in csv.DictReader(file))


def _row(fault: Fault) -> dict[str, Any]:
    return {**fault.to_json(), "nodes": ";".join(fault.nodes)}


def _faults(lines: Iterable[dict[str, Any]]) -> list[Fault]:
    faults = []
    for number, line in enumerate(lines, 1):
        try:
            # An empty cell of a CSV is what null is in JSON.
            faults.append(Fault.from_json({**line, "to": line.get("to") or None}))
        except (KeyError, ValueError, TypeError) as error:
            raise ValueError(f"fault {number} of the script: {type(error).__name__}: {error}") from error
    return faults
