"""All pings through one socket per address family.

A raw socket where it is allowed, else an unprivileged datagram one (``net.ipv4.ping_group_range``),
else none, and :attr:`Pinger.missing` says what to grant. Sends are paced: an echo that finds the
receive buffer full is a loss that never happened (default buffers lose beyond about 250 in flight).
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from collectors.engine.schedule import TICK
from collectors.protocols import ping
from collectors.protocols.errors import cause_of_error
from monitor.model.observations import Cause, Verdict

OK: Final = Verdict(Cause.OK)
NO_REPLY: Final = Verdict(Cause.NO_REPLY, "no echo reply")

_BUFFER: Final = 4 << 20
_TRUE_SIZE: Final = 1024  # what one queued reply takes of a receive buffer, with the kernel's own share
_BATCH: Final = 256
_SEQUENCES: Final = 1 << 16


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


Answered = Callable[[PingSlot, Verdict, float, float], None]


class Pinger:
    """Sends echo requests and matches replies by id, sequence, a secret cookie and the address."""

    def __init__(self, answered: Answered) -> None:
        self.answered = answered
        self._channels: dict[int, _Channel] = {}
        self.missing = ""
        """What to grant before pings are possible; empty when they are."""
        for family in (socket.AF_INET, socket.AF_INET6):
            try:
                self._channels[family] = _Channel(family)
            except PermissionError:
                self.missing = (
                    "ping is off: this process may open neither a raw ICMP socket (grant CAP_NET_RAW, e.g. "
                    "AmbientCapabilities=CAP_NET_RAW in the systemd unit) nor a datagram one (put its group "
                    "into sysctl net.ipv4.ping_group_range)"
                )
            except OSError as error:
                # A machine without IPv6 is no fault; its IPv6 watches cannot be pinged, that is all.
                if error.errno not in (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT):
                    raise
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: deque[PingSlot] = deque()
        self._wheel: dict[int, list[PingSlot]] = {}
        self._tick = int(time.monotonic() / TICK)

    def can(self, family: int) -> bool:
        """Whether pings of this address family are possible here."""
        return family in self._channels

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let ``loop`` call the pinger when replies come. :meth:`expire` is the caller's to call."""
        self._loop = loop
        for channel in self._channels.values():
            loop.add_reader(channel.sock.fileno(), self._on_ready, channel)

    def close(self) -> None:
        for channel in self._channels.values():
            if self._loop is not None:
                self._loop.remove_reader(channel.sock.fileno())
            channel.sock.close()
        self._loop = None
        self._queue.clear()

    def start(self, slot: PingSlot, timeout: float) -> bool:
        """Send an echo request, now or as soon as the receive buffer can take its reply.

        False if one is under way already. The slot's address must be known and :meth:`can` be true.
        """
        if slot.sequence >= 0 or slot.deadline:
            return False
        slot.timeout = timeout
        channel = self._channels[slot.family]
        if len(channel.flying) >= channel.limit:
            slot.deadline = -1
            self._queue.append(slot)
            return True
        self._send(channel, slot)
        return True

    def cancel(self, slot: PingSlot) -> None:
        """Forget a slot: no verdict will come."""
        if slot.deadline == -1:
            self._queue.remove(slot)
        elif slot.sequence >= 0:
            self._channels[slot.family].flying.pop(slot.sequence, None)
        slot.sequence = -1
        slot.deadline = 0

    def expire(self, now: float) -> None:
        """Give a verdict to every ping whose deadline has passed. To be called once a tick."""
        tick = int(now / TICK)
        for passed in range(self._tick + 1, tick + 1):
            for slot in self._wheel.pop(passed, ()):
                if 0 < slot.deadline <= passed:
                    self._finish(self._channels[slot.family], slot, NO_REPLY, now)
        self._tick = max(self._tick, tick)

    def _send(self, channel: _Channel, slot: PingSlot) -> None:
        now = slot.started = time.monotonic()
        slot.deadline = tick = int((now + slot.timeout) / TICK) + 1
        try:
            channel.send(slot)
        except BlockingIOError:
            # The send buffer is full: it will be a loss of ours, so it is not sent and asked next time.
            slot.deadline = 0
            return
        except OSError as error:  # no route, not permitted: the verdict
            code = error.errno or 0
            verdict = Verdict(cause_of_error(code), errno.errorcode.get(code, f"errno {code}"))
            self._finish(channel, slot, verdict, now)
            return
        bucket = self._wheel.get(tick)
        if bucket is None:
            bucket = self._wheel[tick] = []
        bucket.append(slot)

    def _on_ready(self, channel: _Channel) -> None:
        receive, match = channel.sock.recvfrom, channel.match
        for _ in range(_BATCH):
            try:
                packet, sender = receive(2048)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error queued on a datagram socket: the timeout will say it
                continue
            found = match(packet, sender[0])
            if found is not None:
                slot, verdict = found
                self._finish(channel, slot, verdict, time.monotonic())
        while self._queue and len(channel.flying) < channel.limit:
            following = self._queue.popleft()
            following.deadline = 0
            self.start(following, following.timeout)

    def _finish(self, channel: _Channel, slot: PingSlot, verdict: Verdict, now: float) -> None:
        channel.flying.pop(slot.sequence, None)
        slot.sequence = -1
        slot.deadline = 0
        self.answered(slot, verdict, slot.started, now)


class _Channel:
    """One socket of one family: what is in flight on it, by sequence number."""

    def __init__(self, family: int) -> None:
        self.family = family
        self.flying: dict[int, PingSlot] = {}
        self.raw, self.sock = _open(family)
        self.sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self.sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        granted = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self.limit = max(64, min(8192, granted // _TRUE_SIZE))
        # Random, so that two collectors on one machine do not take each other's replies.
        self.id = secrets.randbelow(_SEQUENCES)
        self.cookie = os.urandom(8)
        self._template = ping.Echo(family, self.id, self.cookie)
        if self.raw:
            self._template.attach_filter(self.sock)
        self._sequence = secrets.randbelow(_SEQUENCES)

    def send(self, slot: PingSlot) -> None:
        """Raises what ``sendto`` raises; nothing is in flight then."""
        sequence = (self._sequence + 1) % _SEQUENCES
        while sequence in self.flying:
            sequence = (sequence + 1) % _SEQUENCES
        self._sequence = sequence
        self.flying[sequence] = slot
        slot.sequence = sequence
        try:
            self.sock.sendto(self._template.request(sequence), (slot.address, 0))
        except OSError:
            del self.flying[sequence]
            slot.sequence = -1
            raise

    def match(self, packet: bytes, sender: str) -> tuple[PingSlot, Verdict] | None:
        """The slot that this packet answers, or None for a stranger's."""
        sequence, verdict = self._template.read(packet, raw=self.raw)
        slot = self.flying.get(sequence)
        if slot is None:
            return None
        if verdict is None:
            return (slot, OK) if sender == slot.address else None
        return slot, verdict


def _open(family: int) -> tuple[bool, socket.socket]:
    """(is raw, socket). Raises PermissionError when neither kind is allowed."""
    protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
    try:
        return True, socket.socket(family, socket.SOCK_RAW, protocol)
    except PermissionError:
        return False, socket.socket(family, socket.SOCK_DGRAM, protocol)
