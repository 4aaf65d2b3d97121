"""Live events for those who look on: each is written once and handed to every viewer.

A viewer that does not keep up is dropped, never waited for: it comes again with the id of the last event that
it has, and gets what it missed, or is told to read everything anew.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

REMEMBERED: Final = 2 * 1024 * 1024
"""Bytes of events that can be caught up with. A storm of the whole city (3,352 changes) is 0.9 MiB."""

MOST_WAITING: Final = 2 * REMEMBERED
"""Bytes that may wait for one viewer: who has caught up with all has room for as much again. The events
themselves are shared by all for whom they wait."""

PIECE: Final = 64 * 1024
"""Bytes that are put together for one viewer at a time: only these are its own."""

MOST_VIEWERS: Final = 2_000
MOST_UNKNOWN: Final = MOST_VIEWERS // 2
"""Who has not logged in never takes the places of those who have."""

MOST_OF_ADDRESS: Final = 250
"""Unknown viewers of one address: the screens of a hall behind one."""

MOST_OF_ACCOUNT: Final = 50


class FullError(Exception):
    """No place is left for this viewer."""


@dataclass(slots=True, eq=False)
class Viewer:
    """What waits for one who looks on. ``gone``: it did not keep up, or the hub is closed.

    ``account`` is empty for one whom nobody knows; then ``address`` says whose place it takes.
    """

    account: str = ""
    address: str = ""
    waiting: deque[bytes] = field(default_factory=deque)
    size: int = 0
    gone: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, piece: bytes) -> None:
        self.waiting.append(piece)
        self.size += len(piece)
        if self.size > MOST_WAITING:
            self.drop()
        self.woken.set()

    def drop(self) -> None:
        self.gone, self.size = True, 0
        self.waiting.clear()
        self.woken.set()

    async def take(self, within: float) -> bytes:
        """What came since, about :data:`PIECE` of it; nothing when ``within`` seconds are over."""
        try:
            async with asyncio.timeout(within):
                await self.woken.wait()
        except TimeoutError:
            return b""
        found, size = [], 0
        while self.waiting and size < PIECE:
            found.append(self.waiting.popleft())
            size += len(found[-1])
        self.size -= size
        if not self.waiting and not self.gone:
            self.woken.clear()
        return b"".join(found)


class Hub:
    """Events in order, the last of them remembered, and who looks on.

    An id is ``run-number``: after a restart of the monitor no former id is known.
    """

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._last = 0
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._viewers: set[Viewer] = set()
        self._places: Counter[tuple[str, str]] = Counter()
        self.dropped = 0

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    @property
    def last(self) -> str:
        """The id of the last event: who has read everything now goes on behind it."""
        return f"{self._run}-{self._last}"

    def say(self, kind: str, data: Mapping[str, Any]) -> None:
        """Hand an event to everybody. Never waits."""
        self._last += 1
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        piece = f"id: {self.last}\nevent: {kind}\ndata: {text}\n\n".encode()
        self._kept.append(piece)
        self._size += len(piece)
        while self._size > REMEMBERED:
            self._size -= len(self._kept.popleft())
        self._hand_out(piece)

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """The same with what is only of this moment (an age, a count): nobody has to catch up with it."""
        if self._viewers:
            text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
            self._hand_out(f"event: {kind}\ndata: {text}\n\n".encode())

    def _hand_out(self, piece: bytes) -> None:
        for viewer in tuple(self._viewers):
            viewer.put(piece)
            if viewer.gone:
                self.drop(viewer)

    def join(self, last: str | None, account: str = "", address: str = "") -> Viewer:
        """Look on from now; behind ``last`` if that is remembered, else with a word to read all anew.

        Raises FullError.
        """
        viewer = Viewer(account, address)
        self._demand_place(viewer)
        if last is not None:
            missed = self._since(last)
            if missed is None:
                viewer.put(f"id: {self.last}\nevent: anew\ndata: {{}}\n\n".encode())
            else:
                for piece in missed:
                    viewer.put(piece)
        self._viewers.add(viewer)
        self._places[_place(viewer)] += 1
        return viewer

    def _demand_place(self, viewer: Viewer) -> None:
        most = MOST_OF_ACCOUNT if viewer.account else MOST_OF_ADDRESS
        if len(self._viewers) >= MOST_VIEWERS or self._places[_place(viewer)] >= most:
            raise FullError
        if not viewer.account and sum(not each.account for each in self._viewers) >= MOST_UNKNOWN:
            raise FullError

    def _since(self, last: str) -> list[bytes] | None:
        run, _, number = last.partition("-")
        if run != self._run or not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        missed = self._last - int(number)
        if not 0 <= missed <= len(self._kept):
            return None
        return list(self._kept)[len(self._kept) - missed :]

    def drop(self, viewer: Viewer) -> None:
        """Send away one that does not keep up."""
        self.dropped += viewer in self._viewers
        self.leave(viewer)

    def leave(self, viewer: Viewer) -> None:
        if viewer in self._viewers:
            self._viewers.discard(viewer)
            self._places[_place(viewer)] -= 1
            self._places += Counter()  # forgets those that have nobody left
        viewer.drop()

    def close(self) -> None:
        """Send everybody away: the server stops."""
        for viewer in tuple(self._viewers):
            self.leave(viewer)


def _place(viewer: Viewer) -> tuple[str, str]:
    """Whose place it takes."""
    return (viewer.account, "" if viewer.account else viewer.address)
