"""Live events for those who look on: each is written once and handed to every viewer.

A viewer that does not keep up is dropped, never waited for: it comes again with the id of the last event that
it has, and gets what it missed, or is told to read everything anew.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

REMEMBERED: Final = 20_000
"""So many events can be caught up with. A storm of the whole city is 3,352 of them."""

MOST_WAITING: Final = 4 * 1024 * 1024
"""Bytes that may wait for one viewer."""


@dataclass(slots=True, eq=False)
class Viewer:
    """What waits for one who looks on. ``gone``: it did not keep up, or the hub is closed."""

    waiting: list[bytes] = field(default_factory=list)
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
        self.gone = True
        self.waiting.clear()
        self.woken.set()

    async def take(self, within: float) -> bytes:
        """What came since, all at once; nothing when ``within`` seconds are over."""
        try:
            async with asyncio.timeout(within):
                await self.woken.wait()
        except TimeoutError:
            return b""
        self.woken.clear()
        found = b"".join(self.waiting)
        self.waiting.clear()
        self.size = 0
        return found


class Hub:
    """Events in order, the last of them remembered, and who looks on.

    An id is ``run-number``: after a restart of the monitor no former id is known.
    """

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._last = 0
        self._kept: deque[bytes] = deque(maxlen=REMEMBERED)
        self._viewers: set[Viewer] = set()
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
                self._viewers.discard(viewer)
                self.dropped += 1

    def join(self, last: str | None) -> Viewer:
        """Look on from now; behind ``last`` if that is remembered, else with a word to read all anew."""
        viewer = Viewer()
        if last is not None:
            missed = self._since(last)
            if missed is None:
                viewer.put(f"id: {self.last}\nevent: anew\ndata: {{}}\n\n".encode())
            else:
                for piece in missed:
                    viewer.put(piece)
        self._viewers.add(viewer)
        return viewer

    def _since(self, last: str) -> list[bytes] | None:
        run, _, number = last.partition("-")
        if run != self._run or not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        missed = self._last - int(number)
        if not 0 <= missed <= len(self._kept):
            return None
        return list(self._kept)[len(self._kept) - missed :]

    def leave(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)
        viewer.drop()

    def close(self) -> None:
        """Send everybody away: the server stops."""
        for viewer in tuple(self._viewers):
            self.leave(viewer)
