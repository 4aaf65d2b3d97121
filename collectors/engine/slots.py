"""What is kept of every probe: a slot, used again for every round."""

from __future__ import annotations

import socket
from collections import deque
from enum import IntEnum
from typing import Any

from collectors.engine.schedule import TICK
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


class Slot:
    """One TCP-based probe of one watch, used again for every round.

    ``sockaddr`` is None until the host's name is resolved. ``claims``: it is this slot's turn on its device.
    ``owner`` is the caller's own; the engine never looks at it.
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
    )

    def __init__(
        self,
        asker: Asker,
        family: int,
        sockaddr: tuple[Any, ...] | None,
        *,
        device: Device | None = None,
        hold: bool = False,
        owner: Any = None,
    ) -> None:
        self.asker = asker
        self.family = family
        self.sockaddr = sockaddr
        self.device = device
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

    __slots__ = ("address", "deadline", "family", "owner", "sequence", "started", "timeout")

    def __init__(self, family: int, address: str | None, *, owner: Any = None) -> None:
        self.family = family
        self.address = address
        self.owner = owner
        self.sequence = -1
        self.started = 0.0
        self.timeout = 0.0
        self.deadline = 0


def first_deadline(slot: Slot | PingSlot) -> int:
    """The tick at which the time of this round is up, unless the slot got a respite."""
    return int((slot.started + slot.timeout) / TICK) + 1
