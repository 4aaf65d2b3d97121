"""What is kept of every probe: a slot, used again for every round."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from collectors.engine.schedule import tick_at
from collectors.protocols.base import Asker


class Phase(IntEnum):
    """Where a slot stands."""

    IDLE = 0
    QUEUED = 1
    CONNECTING = 2
    ASKING = 3
    HELD = 4


class Device:
    """One host. Never more than one connection to it at a time: cameras have few, and need them.

    A held connection at rest is beside that: who wants one held has spared it.
    """

    __slots__ = ("busy", "waiting")

    def __init__(self) -> None:
        self.busy = False
        self.waiting: deque[Slot] = deque()


class Uplink:
    """What many nodes hang on, such as a switch. Not more than ``limit`` probes are in flight behind it.

    Connections and pings together; those beyond that wait in their order, and nobody behind another uplink
    waits for them. Whoever goes takes a place (``flying``) and gives it back when its answer is known.
    """

    __slots__ = ("flying", "limit", "waiting")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.flying = 0
        self.waiting: deque[tuple[Callable[[Any], None], Slot | PingSlot]] = deque()

    def enter(self, slot: Slot | PingSlot, go: Callable[[Any], None]) -> bool:
        """Take a place. If there is none ``slot`` waits, and ``go`` is called with it when it has one."""
        if self.flying >= self.limit:
            self.waiting.append((go, slot))
            return False
        self.flying += 1
        return True

    def leave(self) -> None:
        """Give a place back."""
        self.flying -= 1
        self.admit()

    def admit(self) -> None:
        """Let those go that wait, as far as there are places."""
        while self.waiting and self.flying < self.limit:
            self.flying += 1
            go, slot = self.waiting.popleft()
            go(slot)

    def forget(self, slot: Slot | PingSlot) -> None:
        """It waits no more. Looks at all that wait: for the rare cancel."""
        self.waiting = deque(one for one in self.waiting if one[1] is not slot)

    def resize(self, limit: int) -> None:
        self.limit = limit
        self.admit()


class Slot:
    """One TCP-based probe of one watch, used again for every round.

    ``sockaddr`` is None until the host's name is resolved. ``claims``: it is this slot's turn on its device.
    ``uplink`` stays the same while it is queued or in flight. ``owner`` is the caller's own; the engine never
    looks at it.
    """

    __slots__ = (
        "asker",
        "claims",
        "deadline",
        "device",
        "family",
        "fd",
        "hold",
        "owner",
        "phase",
        "sock",
        "sockaddr",
        "started",
        "timeout",
        "unsent",
        "uplink",
    )

    def __init__(
        self,
        asker: Asker,
        family: int,
        sockaddr: tuple[Any, ...] | None,
        *,
        device: Device | None = None,
        uplink: Uplink | None = None,
        hold: bool = False,
        owner: Any = None,
    ) -> None:
        self.asker = asker
        self.family = family
        self.sockaddr = sockaddr
        self.device = device
        self.uplink = uplink
        self.claims = False
        self.hold = hold
        self.owner = owner
        self.phase = Phase.IDLE
        self.sock: socket.SocketType | None = None
        self.fd = -1
        self.started = 0.0
        self.timeout = 0.0
        self.deadline = 0
        self.unsent = b""


class PingSlot:
    """One ping of one watch, used again for every round. ``owner`` is the caller's own."""

    __slots__ = ("address", "deadline", "family", "owner", "sequence", "started", "timeout", "uplink")

    def __init__(
        self, family: int, address: str | None, *, uplink: Uplink | None = None, owner: Any = None
    ) -> None:
        self.family = family
        self.address = address
        self.uplink = uplink
        self.owner = owner
        self.sequence = -1
        self.started = 0.0
        self.timeout = 0.0
        self.deadline = 0


def first_deadline(slot: Slot | PingSlot) -> int:
    """The tick at which the time of this round is up, unless the slot got a respite."""
    return tick_at(slot.started + slot.timeout)
