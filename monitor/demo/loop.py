"""One epoll, some timers: all that a fleet of simulated devices needs of an event loop."""

from __future__ import annotations

import heapq
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Self

READ: Final = select.EPOLLIN | select.EPOLLRDHUP
WRITE: Final = select.EPOLLOUT
ENDED: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR

_BATCH: Final = 1024


@dataclass(order=True, slots=True)
class Timer:
    """Calls ``action`` once at ``when`` (monotonic seconds) unless it was cancelled before."""

    when: float
    number: int
    action: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """Level-triggered. A handler gets the event mask; it must not block."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._timers: list[Timer] = []
        self._numbers = count()
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._epoll.close()

    def watch(self, fd: int, handler: Callable[[int], None], events: int = READ) -> None:
        self._epoll.register(fd, events)
        self._handlers[fd] = handler

    def change(self, fd: int, events: int) -> None:
        self._epoll.modify(fd, events)

    def forget(self, fd: int) -> None:
        """No more events of a descriptor that stays open."""
        self._epoll.unregister(fd)
        del self._handlers[fd]

    def closed(self, fd: int) -> None:
        """The descriptor was closed, and epoll has forgotten it by itself."""
        del self._handlers[fd]

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        timer = Timer(time.monotonic() + seconds, next(self._numbers), action)
        heapq.heappush(self._timers, timer)
        return timer

    def at(self, millis: int, action: Callable[[], None]) -> Timer:
        """At a moment of the wall clock; at once if it is past."""
        return self.after(max(0.0, (millis - time.time_ns() / 1_000_000) / 1000), action)

    def stop_on_signals(self, *signals: signal.Signals) -> None:
        """End :meth:`run` in good order on these signals, also if it is still to come. Main thread only."""
        inbox, outbox = socket.socketpair()
        for end in (inbox, outbox):
            end.setblocking(False)
        signal.set_wakeup_fd(outbox.fileno(), warn_on_full_buffer=False)
        for number in signals:
            # The handler itself does nothing: its byte wakes the loop, which would otherwise sleep on.
            signal.signal(number, lambda *_: None)
        self.watch(inbox.fileno(), lambda _: self.stop())
        self._wakeup = (inbox, outbox)

    def stop(self) -> None:
        self._stopped = True

    def run(self) -> None:
        """Serve events and timers until :meth:`stop`."""
        poll, handlers = self._epoll.poll, self._handlers
        while not self._stopped:
            for fd, events in poll(self._run_timers(), _BATCH):
                # An earlier handler of this batch may have closed it.
                handler = handlers.get(fd)
                if handler is not None:
                    handler(events)

    def _run_timers(self) -> float:
        """Run what is due; seconds until the next timer, -1 for none."""
        timers = self._timers
        while timers and not self._stopped:
            wait = timers[0].when - time.monotonic()
            if wait > 0 and not timers[0].cancelled:
                return wait
            timer = heapq.heappop(timers)
            if not timer.cancelled:
                timer.action()
        return -1
