"""The monitor's role as a whole: run in this process, fed by a collector's voice, asked from outside."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from small_site import Voice

from monitor import role
from monitor.bus.keys import Keys
from monitor.config import Site
from monitor.model.events import Event
from monitor.model.observations import State

KEYS = Keys("maoming")
UP, DOWN, DEGRADED, UNKNOWN = State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN


def now() -> int:
    return time.time_ns() // 1_000_000


class Running:
    """The role in this process, asked from outside by somebody who may read its note (a command)."""

    def __init__(self, site: Site, session: ClientSession) -> None:
        self.note = site.data / "monitor.json"
        self._session = session

    @property
    def url(self) -> str:
        return str(json.loads(self.note.read_text())["url"])

    async def get(self, path: str) -> tuple[int, str]:
        note = json.loads(self.note.read_text())
        headers = {"Authorization": f"Bearer {note['token']}"}
        async with self._session.get(note["url"] + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def status(self) -> Any:
        return json.loads((await self.get("/api/v1/status"))[1])

    async def states(self) -> dict[str, str]:
        listed = json.loads((await self.get("/api/v1/nodes?limit=1000"))[1])
        return {each["node"]: each["state"] for each in listed["nodes"]}

    async def metric(self, name: str) -> float | None:
        text = (await self.get("/metrics"))[1]
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return next((sample.value for sample in samples if sample.name == name), None)


@asynccontextmanager
async def running(site: Site, redis_url: str) -> AsyncIterator[Running]:
    stop = asyncio.Event()
    note = site.data / "monitor.json"
    async with ClientSession() as session:
        task = asyncio.create_task(role.run(site, redis_url, stop))
        while not note.exists():
            assert not task.done(), task.result()
            await asyncio.sleep(0.01)
        try:
            yield Running(site, session)
        finally:
            stop.set()
            async with asyncio.timeout(5):
                await task


async def publish(bus: Redis, *events: Event) -> None:
    for event in events:
        await bus.xadd(KEYS.facts, event.encode())


def first_words(voice: Voice, at: int) -> list[Event]:
    """Both watches judged and the first sight given."""
    return [
        voice.turns("a", UNKNOWN, UP, at - 2000),
        voice.turns("b", UNKNOWN, DOWN, at - 1000),
        voice.sees(at - 10_000, at),
    ]
