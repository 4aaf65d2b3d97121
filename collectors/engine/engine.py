"""TCP probes in bulk: non-blocking sockets in one epoll, nested in the asyncio loop.

The epoll's own descriptor is registered in the loop, so one callback handles every socket that is
ready: half the cost of an asyncio transport each (design §5). The engine moves bytes and keeps
deadlines; what the bytes mean is the asker's business.
"""

from __future__ import annotations

import asyncio
import errno
import select
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from collectors.engine.schedule import LATE, RESPITE, TICK, tick_at
from collectors.engine.slots import Device, Phase, Slot, first_deadline
from collectors.protocols.errors import cause_of_error
from monitor.model.observations import Cause, Verdict, Weight

__all__ = ["Answered", "Device", "Ended", "Engine", "Phase", "Slot"]

NO_REPLY: Final = Verdict(Cause.NO_REPLY, "no answer to the connection request")
TIMED_OUT: Final = Verdict(Cause.TIMEOUT, "connected, then no answer in time")

_BATCH: Final = 512
_READ: Final = 976  # what the usual answer fits in, and the allocator hands out quickest
_READ_ON: Final = 65_536
_UNASKED: Final = 2 * _READ_ON
"""Bytes that a held connection may bring at once while nothing was asked; an endless talker is let go."""

_STREAM: Final = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
_WATCHED: Final = select.EPOLLIN | select.EPOLLOUT | select.EPOLLET
_BROKEN: Final = select.EPOLLERR | select.EPOLLHUP
_READABLE: Final = select.EPOLLIN | _BROKEN
_IN: Final = select.EPOLLIN
_OUT: Final = select.EPOLLOUT
_CONNECTS: Final = frozenset((0, errno.EINPROGRESS))

_monotonic = time.monotonic
# The type beneath socket.socket: the class on top of it costs a microsecond for each socket.
_Socket = socket.SocketType

_IDLE, _QUEUED, _CONNECTING, _ASKING, _HELD = Phase

Answered = Callable[[Slot, Verdict, float, float], None]
"""Called with the slot, the verdict, and the monotonic moments of question and answer."""

Ended = Callable[[Slot], None]
"""Called when a held connection was ended by its peer: worth asking again at once."""


class Engine:
    """Runs slots. At most ``limit`` connections are in flight; the others wait their turn.

    They wait for their device, then for their uplink, then for the limit. What is asked on a held connection
    waits for none of these: it is counted, costs no handshake, and there is one at a time.
    ``limit`` must exceed the number of devices that may hang at once, or the living wait for the dead.
    """

    def __init__(self, answered: Answered, ended: Ended, *, limit: int) -> None:
        self.answered = answered
        self.limit = limit
        self._ended = ended
        self._epoll = select.epoll()
        self._slots: dict[int, Slot] = {}
        self._flying = 0
        self._queue: deque[Slot] = deque()
        self._wheel: dict[int, list[Slot]] = {}
        self._tick = int(_monotonic() / TICK)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining = False

    @property
    def flying(self) -> int:
        """Connections in flight; held ones at rest do not count."""
        return self._flying

    @property
    def queued(self) -> int:
        return len(self._queue)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let ``loop`` call the engine when a socket is ready. :meth:`expire` is the caller's to call."""
        self._loop = loop
        loop.add_reader(self._epoll.fileno(), self._on_ready)

    def close(self) -> None:
        """Drop every connection without a verdict and leave the loop."""
        if self._loop is not None:
            self._loop.remove_reader(self._epoll.fileno())
            self._loop = None
        self._queue.clear()
        for slot in list(self._slots.values()):
            self._drop(slot)
        self._epoll.close()

    def start(self, slot: Slot, timeout: float) -> bool:
        """Ask now, or as soon as its device and the limit allow. False if it is being asked already."""
        if slot.phase is not _IDLE and slot.phase is not _HELD:
            return False
        slot.timeout = timeout
        uplink = slot.uplink
        if slot.phase is _HELD:
            if uplink is not None:
                uplink.flying += 1
            self._ask(slot)
            return True
        device = slot.device
        if device is not None:
            if device.busy:
                slot.phase = _QUEUED
                device.waiting.append(slot)
                return True
            device.busy = slot.claims = True
        if uplink is not None and not uplink.enter(slot, self._let_go):
            slot.phase = _QUEUED
            return True
        if self._flying >= self.limit:
            slot.phase = _QUEUED
            self._queue.append(slot)
            return True
        self._ask(slot)
        return True

    def cancel(self, slot: Slot) -> None:
        """Forget a slot: no verdict will come. For nodes that leave the inventory."""
        if slot.phase is _QUEUED:
            # It stands in one of three queues, and only the rare reload looks for it there.
            self._leave_queue(slot)
            slot.phase = _IDLE
        elif slot.phase is not _IDLE:
            flew = slot.phase is not _HELD
            self._drop(slot)
            self._release(slot)
            if flew:
                self._flying -= 1
                if slot.uplink is not None:
                    slot.uplink.leave()
        self._next()

    def _leave_queue(self, slot: Slot) -> None:
        if slot in self._queue:
            self._queue.remove(slot)
            self._release(slot)
            if slot.uplink is not None:
                slot.uplink.leave()
        elif slot.device is not None and slot in slot.device.waiting:
            slot.device.waiting.remove(slot)
        elif slot.uplink is not None:
            slot.uplink.forget(slot)
            self._release(slot)

    def expire(self, now: float) -> None:
        """Give a verdict to every slot whose deadline has passed. To be called once a tick.

        A hung device makes no descriptor ready, so nothing else would ever end its probe.
        """
        tick = int(now / TICK)
        stood_still = tick - self._tick > LATE
        for passed in range(self._tick + 1, tick + 1):
            for slot in self._wheel.pop(passed, ()):
                if slot.deadline > passed:
                    continue
                if stood_still and slot.deadline == first_deadline(slot):
                    slot.deadline = tick + RESPITE
                    self._wheel.setdefault(slot.deadline, []).append(slot)
                elif slot.phase is _CONNECTING:
                    self._finish(slot, NO_REPLY, now, keep=False)
                elif slot.phase is _ASKING:
                    self._finish(slot, TIMED_OUT, now, keep=False)
        self._tick = max(self._tick, tick)

    def _ask(self, slot: Slot) -> None:
        self._flying += 1
        now = slot.started = _monotonic()
        slot.deadline = tick = tick_at(now + slot.timeout)
        bucket = self._wheel.get(tick)
        if bucket is None:
            bucket = self._wheel[tick] = []
        bucket.append(slot)
        if slot.phase is _HELD:
            slot.phase = _ASKING
            self._ask_held(slot)
        else:
            self._connect(slot)

    def _ask_held(self, slot: Slot) -> None:
        """Ask on the connection that stands; with nothing to ask on it, only a new one proves anything."""
        step = slot.asker.begin(fresh=False)
        if type(step) is bytes:
            self._send(slot, slot.unsent + step)
        else:
            self._shut(slot)
            self._connect(slot)

    def _connect(self, slot: Slot) -> None:
        slot.phase = _CONNECTING
        try:
            sock = _Socket(slot.family, _STREAM)
        except OSError as error:  # out of descriptors or memory: our fault, not the device's
            self._finish(slot, _failure(error.errno), _monotonic(), keep=False)
            return
        slot.sock = sock
        code = sock.connect_ex(slot.sockaddr)  # type: ignore[arg-type]  # resolved before it is started
        if code not in _CONNECTS:
            self._finish(slot, _failure(code), _monotonic(), keep=False)
            return
        slot.fd = fd = sock.fileno()
        self._slots[fd] = slot
        self._epoll.register(fd, _WATCHED)

    def _on_ready(self) -> None:
        # What waits its turn goes when this batch is done: alike system calls in a row are cheaper.
        self._draining = True
        try:
            for fd, mask in self._epoll.poll(0, _BATCH):
                slot = self._slots.get(fd)
                if slot is not None:  # else ended by an earlier event of this same batch
                    self._on_event(slot, mask)
        finally:
            self._draining = False
        if self._queue:
            self._next()

    def _on_event(self, slot: Slot, mask: int) -> None:
        if slot.phase is _CONNECTING:
            if mask & _BROKEN:
                self._finish(slot, _socket_failure(slot), _monotonic(), keep=False)
                return
            slot.phase = _ASKING
            step = slot.asker.begin(fresh=True)
            if type(step) is bytes:
                self._send(slot, step)
            elif step is not None:
                self._finish(slot, step, _monotonic(), keep=True)  # type: ignore[arg-type]
            if not mask & _IN or slot.phase is not _ASKING:
                return
        elif slot.unsent and mask & _OUT:
            self._send(slot, slot.unsent)
        if mask & _READABLE:
            self._read(slot)

    def _send(self, slot: Slot, data: bytes) -> None:
        if not data:
            return
        try:
            sent = slot.sock.send(data)  # type: ignore[union-attr]
        except BlockingIOError:
            sent = 0
        except OSError as error:  # whatever broke the connection is the verdict
            self._broken(slot, _failure(error.errno))
            return
        slot.unsent = data[sent:] if sent < len(data) else b""

    def _read(self, slot: Slot) -> None:
        """Feed what came to the asker. Edge-triggered: read on until a read comes back short."""
        sock = slot.sock
        size, unasked = _READ, 0
        while sock is not None:
            try:
                data = sock.recv(size)
            except BlockingIOError:
                return
            except OSError as error:  # reset, host unreachable: the verdict of this round
                self._broken(slot, _failure(error.errno))
                return
            if not data:
                self._broken(slot, None)
                return
            step = slot.asker.receive(data)
            if slot.phase is _HELD:
                # Unasked: TLS tickets, interleaved frames. The asker must have them to stay in step.
                unasked += len(data)
                bad = type(step) is Verdict and step.cause.weight is not Weight.GOOD
                if bad or unasked > _UNASKED:
                    self._broken(slot, None)
                    return
                if type(step) is bytes:  # TLS has answers of its own: new keys, for one
                    self._send(slot, slot.unsent + step)
                    if slot.sock is not sock:  # that was its end, and perhaps it is being asked anew
                        return
                size = _READ_ON
                continue
            if step is not None:
                if type(step) is not bytes:
                    self._finish(slot, step, _monotonic(), keep=True)  # type: ignore[arg-type]
                    return
                self._send(slot, slot.unsent + step)
            if len(data) < size:
                return
            sock, size = slot.sock, _READ_ON

    def _broken(self, slot: Slot, failure: Verdict | None) -> None:
        """The connection is over: by the peer in good order (``failure`` None), or by an error."""
        if slot.phase is _HELD:
            self._drop(slot)
            self._release(slot)
            self._ended(slot)
            self._next()
        else:
            self._finish(slot, failure or slot.asker.closed(), _monotonic(), keep=False)

    def _finish(self, slot: Slot, verdict: Verdict, now: float, *, keep: bool) -> None:
        self._flying -= 1
        if keep and slot.hold and verdict.cause.weight is Weight.GOOD:
            slot.phase = _HELD
        else:
            sock = slot.sock
            if sock is not None:  # what _shut does, without the call: every probe ends here
                self._slots.pop(slot.fd, None)
                sock.close()
                slot.sock = None
            slot.unsent = b""
            slot.phase = _IDLE
        if slot.claims:
            self._release(slot)
        self.answered(slot, verdict, slot.started, now)
        uplink = slot.uplink
        if uplink is not None:  # what leave does, without the call
            uplink.flying -= 1
            if uplink.waiting:
                uplink.admit()
        if self._queue:
            self._next()

    def _drop(self, slot: Slot) -> None:
        self._shut(slot)
        slot.phase = _IDLE

    def _shut(self, slot: Slot) -> None:
        sock = slot.sock
        if sock is not None:
            self._slots.pop(slot.fd, None)
            sock.close()
            slot.sock = None
            slot.fd = -1
        slot.unsent = b""

    def _release(self, slot: Slot) -> None:
        """Let the next probe of the same device go, if it was this slot's turn."""
        device = slot.device
        if device is None or not slot.claims:
            return
        slot.claims = False
        device.busy = bool(device.waiting)
        if device.waiting:
            following = device.waiting.popleft()
            following.claims = True
            if following.uplink is None or following.uplink.enter(following, self._let_go):
                self._queue.append(following)

    def _let_go(self, slot: Slot) -> None:
        """Its uplink has a place for it."""
        self._queue.append(slot)
        self._next()

    def _next(self) -> None:
        """Let queued slots go while the limit allows.

        A connect can fail at once and come back here; the guard keeps that a loop, not a recursion.
        """
        if self._draining:
            return
        self._draining = True
        while self._queue and self._flying < self.limit:
            self._ask(self._queue.popleft())
        self._draining = False


def _failure(code: int | None) -> Verdict:
    """The verdict for a failed system call; the name of the error is its detail."""
    return Verdict(cause_of_error(code or 0), errno.errorcode.get(code or 0, f"errno {code}"))


def _socket_failure(slot: Slot) -> Verdict:
    assert slot.sock is not None  # noqa: S101 - it is in the table of sockets, so it has one
    return _failure(slot.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
