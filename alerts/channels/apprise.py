"""Whatever apprise knows: an extra, loaded only when a message goes out through it.

Its answer is a plain yes or no for each target, and for some services (DingTalk, WeCom and Feishu among them)
it says yes to what was refused: for these there are channels of our own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from alerts.channels.base import MissingError, PermanentError, TemporaryError
from alerts.channels.reached import Reached
from alerts.model import Message

MISSING = "apprise is not installed: pip install 'quanshi[apprise]'"


class Apprise:
    """``urls`` are secrets: nothing of them is ever said, targets are numbered instead."""

    def __init__(self, name: str, urls: Sequence[str], *, limit: tuple[int, float] | None = None) -> None:
        """Raises MissingError when apprise is not installed."""
        if find_spec("apprise") is None:
            raise MissingError(MISSING)
        self.name = name
        self.limit = limit
        self._urls = tuple(urls)
        self._targets: list[Any] | None = None
        self._reached = Reached()

    async def send(self, message: Message, to: tuple[str, ...]) -> None:
        del to
        targets = await self._loaded()
        left = self._reached.left(message.key, [str(number) for number in range(len(targets))])
        failed = []
        for number in left:
            # In a thread: its senders block. One after the other, for some are not safe beside each other.
            if await asyncio.to_thread(_told(targets[int(number)], message)):
                self._reached.note(message.key, number)
            else:
                failed.append(str(int(number) + 1))
        if failed:
            raise TemporaryError(f"apprise says no for target {', '.join(failed)} of {len(targets)}")
        self._reached.done(message.key)

    async def close(self) -> None:
        """Its targets keep nothing open."""

    async def _loaded(self) -> list[Any]:
        if self._targets is None:
            targets = await asyncio.to_thread(_load, self._urls)
            wrong = [str(number) for number, target in enumerate(targets, 1) if target is None]
            if wrong:
                raise PermanentError(f"apprise does not understand URL {', '.join(wrong)} of {len(targets)}")
            self._targets = targets
        return self._targets


def _load(urls: Sequence[str]) -> list[Any]:
    import apprise

    return [apprise.Apprise.instantiate(url, suppress_exceptions=True) for url in urls]


def _told(target: Any, message: Message) -> Callable[[], bool]:
    def tell() -> bool:
        return bool(target.notify(body=message.text, title=message.title))

    return tell
