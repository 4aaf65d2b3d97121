"""The slow and lossy middle of a link, a process of its own: ``python -m monitor.demo.relay OURS THEIRS``.

The arguments are descriptors of two TUN devices. What comes from ours is handed over at once; what comes
from theirs, the fleet's answers, is lost by chance or held back for the delay: one way only, so that a
round trip takes the delay once. Its stdin is a socket: a line of JSON there, ``{"delay": seconds, "loss":
share of 1}``, sets both and is answered by the same line when it holds. It ends when that socket does,
hence with its parent, however that ends.
"""

from __future__ import annotations

import errno
import heapq
import json
import os
import select
import signal
import sys
from collections.abc import Iterator
from itertools import count
from random import Random
from time import monotonic
from typing import Final

# A datagram of these devices is one packet of at most their MTU, which is 1500.
_PACKET: Final = 2048
# So many at a time, that neither direction nor the clock waits long for the other.
_BATCH: Final = 64
# Some 30 MB at the very worst. A second of delay holds about a thousand packets of a whole city.
_MOST_HELD: Final = 20_000
_CONTROL: Final = 0
# A device that is not up (EIO) or has no room: what a wire cannot carry is lost.
_LOST: Final = {errno.EIO, errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM}


class SlowLine:
    """Loses packets by chance and gives out the others after the delay. No clock, no I/O of its own.

    A changed ``delay`` holds for what comes from then on, which may overtake what is held already.
    """

    def __init__(self, chance: Random, most: int = _MOST_HELD) -> None:
        self.delay = 0.0
        self.loss = 0.0
        self._chance = chance
        self._most = most
        self._held: list[tuple[float, int, bytes]] = []
        # Of two that are due at the same time the first goes first.
        self._numbers = count()

    def take(self, packet: bytes, now: float) -> None:
        """Hold it, or lose it: by chance, or because ``most`` are held already."""
        if self._chance.random() >= self.loss and len(self._held) < self._most:
            heapq.heappush(self._held, (now + self.delay, next(self._numbers), packet))

    def give(self, now: float) -> Iterator[bytes]:
        """What is due, in its order."""
        while self._held and self._held[0][0] <= now:
            yield heapq.heappop(self._held)[2]

    def wait(self, now: float) -> float | None:
        """Seconds until the next is due; None: nothing is held."""
        return max(0.0, self._held[0][0] - now) if self._held else None


def relay(ours: int, theirs: int) -> None:
    """Carry packets until the control ends."""
    line = SlowLine(Random())
    poll = select.epoll()
    for descriptor in (ours, theirs, _CONTROL):
        poll.register(descriptor, select.EPOLLIN)
    while True:
        for descriptor, _ in poll.poll(line.wait(monotonic())):
            if descriptor == ours:
                for packet in _packets(ours):
                    _send(theirs, packet)
            elif descriptor == theirs:
                now = monotonic()
                for packet in _packets(theirs):
                    line.take(packet, now)
            elif not _obey(line):
                return
        for packet in line.give(monotonic()):
            _send(ours, packet)


def _packets(device: int) -> Iterator[bytes]:
    for _ in range(_BATCH):
        try:
            yield os.read(device, _PACKET)
        except BlockingIOError:
            return


def _send(device: int, packet: bytes) -> None:
    try:
        os.write(device, packet)
    except OSError as error:
        if error.errno not in _LOST:
            raise


def _obey(line: SlowLine) -> bool:
    """Take one order; False when there will be no more."""
    # One line in one read: the next is only written when this one has been answered.
    order = os.read(_CONTROL, 4096)
    if order:
        wish = json.loads(order)
        line.delay, line.loss = float(wish["delay"]), float(wish["loss"])
        os.write(_CONTROL, order)
    return bool(order)


if __name__ == "__main__":
    # Ctrl-C goes to all processes of the terminal; the link is needed until those who use it have ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    relay(int(sys.argv[1]), int(sys.argv[2]))
