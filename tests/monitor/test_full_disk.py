"""A disk that is full under the ledger: nothing is acknowledged that is not stored; it goes on by itself."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.ledger.sqlite_reader import SqliteSource
from monitor.ledger.verify import verify
from monitor.model.observations import State

KEYS = Keys("maoming")
BATCH = 250
HERE = Path(__file__).parent


class Victim:
    """The role on its small disk."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[dict[str, Any]] = []

    def order(self, word: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n".encode())

    async def listen(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            self.said.append(json.loads(line))

    def has_said(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.said if line["event"] == event]

    async def ended(self) -> None:
        async with asyncio.timeout(30):
            assert await self._process.wait() == 0, self.said

    async def wait_for(self, event: str) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while not self.has_said(event):
                assert self._process.returncode is None, self.said
                await asyncio.sleep(0.02)
        return self.has_said(event)[-1]


@pytest.fixture
async def victim(tmp_path: Path, server: EmbeddedServer) -> AsyncIterator[Victim]:
    for name in ("disk", "after"):
        (tmp_path / name).mkdir()
    url = f"sqlite+aiosqlite:///{tmp_path / 'disk' / 'ledger.db'}"
    site = make_site(tmp_path, [camera("a"), camera("b")], ledger=url)
    alone = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    process = await asyncio.create_subprocess_exec(
        *alone,
        sys.executable,
        HERE / "full_disk_victim.py",
        site.path,
        server.url,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
    )
    victim = Victim(process)
    listening = asyncio.create_task(victim.listen())
    yield victim
    if process.returncode is None:
        process.kill()
    await process.wait()
    await listening


async def publish(bus: Redis, voice: Voice) -> None:
    """Two cameras going up and down."""
    now = time.time_ns() // 1_000_000
    pipe = bus.pipeline()
    for n in range(BATCH):
        states = (State.UP, State.DOWN) if n % 2 else (State.DOWN, State.UP)
        pipe.xadd(KEYS.facts, voice.turns("ab"[n % 2], *states, now + n).encode())
    await pipe.execute()


async def acknowledged(bus: Redis, voice: Voice) -> int:
    return int((await bus.hget(KEYS.committed, voice.name) or "1/0").partition("/")[2])


async def test_a_full_disk_loses_nothing_and_is_gone_on_from_by_itself(
    victim: Victim, bus: Redis, tmp_path: Path
) -> None:
    voice = Voice(oldest=1)
    async with asyncio.timeout(60):
        while not victim.has_said("ledger takes nothing"):
            if await acknowledged(bus, voice) == voice.sequence:
                await publish(bus, voice)
            await asyncio.sleep(0.02)
    why = await victim.wait_for("ledger takes nothing")
    assert "the disk is full" in why["error"]

    heard = await acknowledged(bus, voice)
    victim.order("look")
    assert 0 < heard <= (await victim.wait_for("looked"))["stored"] < voice.sequence

    victim.order("room")
    await publish(bus, voice)
    async with asyncio.timeout(30):
        while await acknowledged(bus, voice) < voice.sequence:
            await asyncio.sleep(0.05)
    victim.order("stop")
    await victim.ended()
    after = tmp_path / "after" / "ledger.db"
    with closing(sqlite3.connect(after)) as database:
        kept = database.execute("SELECT sequence FROM changes ORDER BY link").fetchall()
    assert [sequence for (sequence,) in kept] == list(range(1, voice.sequence + 1))
    found = verify(SqliteSource(after), None)
    assert found.ok
    assert found.signed
    assert found.signed.link == found.links
