"""What a collector says goes into its outbox first, and counts as said only then."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog

from monitor.bus.outbox import Outbox
from monitor.bus.publisher import Publisher
from monitor.bus.source import OutboxError
from monitor.model.events import Payload

log = structlog.get_logger(__name__)

RETRY = 1.0
"""Seconds until the outbox is tried again after it refused (disk full, file locked)."""


class Herald:
    """Collects what is said within one turn of the loop and writes it in one transaction.

    What the disk refuses stays here and is tried again: it is lost only with the process.
    """

    def __init__(self, outbox: Outbox, publisher: Publisher, writer: ThreadPoolExecutor) -> None:
        self._outbox = outbox
        self._publisher = publisher
        self._writer = writer
        self._said: list[tuple[Payload, int]] = []
        self._memory: dict[str, str | None] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def say(self, payload: Payload, at: int, memory: Mapping[str, str | None] | None = None) -> None:
        """Publish ``payload``; ``memory`` is kept beside it in the same transaction."""
        self._said.append((payload, at))
        if memory:
            self._memory.update(memory)
        self._idle.clear()
        self._wake.set()

    def remember(self, memory: Mapping[str, str | None]) -> None:
        """Keep something without saying anything."""
        self._memory.update(memory)
        self._idle.clear()
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while not await self._write():  # noqa: ASYNC110 - a full disk has no event
                await asyncio.sleep(RETRY)

    async def settle(self) -> None:
        """Wait until everything said so far is in the outbox."""
        await self._idle.wait()

    async def _write(self) -> bool:
        said, self._said = self._said, []
        memory, self._memory = self._memory, {}
        try:
            await asyncio.get_running_loop().run_in_executor(self._writer, self._outbox.append, said, memory)
        except OutboxError as error:
            log.error(  # noqa: TRY400 - the disk's word says it all
                "outbox refused", collector=self._outbox.collector, events=len(said), error=str(error)
            )
            self._said = said + self._said
            self._memory = memory | self._memory
            return False
        if not self._said and not self._memory:
            self._idle.set()
        self._publisher.wake()
        return True
