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
from typing import Final

from collectors.engine.schedule import LATE, RESPITE, TICK, tick_at
from collectors.engine.slots import PingSlot, first_deadline
from collectors.protocols import ping
from collectors.protocols.errors import cause_of_error
from monitor.model.observations import Cause, Verdict

__all__ = ["PingSlot", "Pinger"]

OK: Final = Verdict(Cause.OK)
NO_REPLY: Final = Verdict(Cause.NO_REPLY, "no echo reply")

_BUFFER: Final = 4 << 20
_TRUE_SIZE: Final = 1024  # what one queued reply takes of a receive buffer, with the kernel's own share
_BATCH: Final = 256
_SEQUENCES: Final = 1 << 16


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
        self._sending = False
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

        False if one is under way already, or the machine cannot send now: no verdict comes then. The slot's
        address must be known and :meth:`can` be true.
        """
        if slot.sequence >= 0 or slot.deadline:
            return False
        slot.timeout = timeout
        uplink = slot.uplink
        if uplink is not None and not uplink.enter(slot, self._let_go):
            slot.deadline = -1
            return True
        channel = self._channels[slot.family]
        if len(channel.flying) >= channel.limit:
            slot.deadline = -1
            self._queue.append(slot)
            return True
        return self._send(channel, slot)

    def cancel(self, slot: PingSlot) -> None:
        """Forget a slot: no verdict will come."""
        sequence, waits = slot.sequence, slot.deadline == -1
        slot.sequence = -1
        slot.deadline = 0
        if waits and slot not in self._queue and slot.uplink is not None:
            slot.uplink.forget(slot)
        elif waits:
            self._queue.remove(slot)
            self._leave(slot)
        elif sequence >= 0:
            self._channels[slot.family].flying.pop(sequence, None)
            self._leave(slot)

    def expire(self, now: float) -> None:
        """Give a verdict to every ping whose deadline has passed. To be called once a tick."""
        tick = int(now / TICK)
        stood_still = tick - self._tick > LATE
        for passed in range(self._tick + 1, tick + 1):
            for slot in self._wheel.pop(passed, ()):
                if not 0 < slot.deadline <= passed:
                    continue
                if stood_still and slot.deadline == first_deadline(slot):
                    slot.deadline = tick + RESPITE
                    self._wheel.setdefault(slot.deadline, []).append(slot)
                else:
                    self._finish(self._channels[slot.family], slot, NO_REPLY, now)
        self._tick = max(self._tick, tick)
        self._send_waiting()

    def _send(self, channel: _Channel, slot: PingSlot) -> bool:
        now = slot.started = time.monotonic()
        slot.deadline = tick = tick_at(now + slot.timeout)
        try:
            channel.send(slot)
        except BlockingIOError:
            # The send buffer is full: it would be a loss of ours, so it is asked at its next turn.
            slot.deadline = 0
            self._leave(slot)
            return False
        except OSError as error:  # no route, not permitted: the verdict
            code = error.errno or 0
            verdict = Verdict(cause_of_error(code), errno.errorcode.get(code, f"errno {code}"))
            self._finish(channel, slot, verdict, now)
            return True
        bucket = self._wheel.get(tick)
        if bucket is None:
            bucket = self._wheel[tick] = []
        bucket.append(slot)
        return True

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
        self._send_waiting()

    def _send_waiting(self) -> None:
        """Send what waits, in order, as far as the receive buffers can take the replies.

        An echo can fail at once and come back here; the guard keeps that a loop, not a recursion.
        """
        if self._sending:
            return
        self._sending = True
        while self._queue:
            following = self._queue[0]
            channel = self._channels[following.family]
            if len(channel.flying) >= channel.limit:
                break
            self._queue.popleft()
            self._send(channel, following)
        self._sending = False

    def _let_go(self, slot: PingSlot) -> None:
        """Its uplink has a place for it."""
        self._queue.append(slot)
        self._send_waiting()

    def _leave(self, slot: PingSlot) -> None:
        if slot.uplink is not None:
            slot.uplink.leave()

    def _finish(self, channel: _Channel, slot: PingSlot, verdict: Verdict, now: float) -> None:
        channel.flying.pop(slot.sequence, None)
        slot.sequence = -1
        slot.deadline = 0
        self.answered(slot, verdict, slot.started, now)
        uplink = slot.uplink
        if uplink is not None:  # what leave does, without the call
            uplink.flying -= 1
            if uplink.waiting:
                uplink.admit()


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
