"""Killed at any moment, with a receiver that is away half of the time: nothing is lost, no end is missing."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from pathlib import Path

from aiohttp import web
from delivery_kit import end, message

VICTIM = Path(__file__).with_name("delivery_victim.py")
LAST = 120
KILLS = 20


class Receiver:
    """Takes webhooks; away half of the time, in each of the ways in which a receiver can be."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.got: list[tuple[str, str, str]] = []
        self.tried: Counter[str] = Counter()
        self.good = False

    async def take(self, request: web.Request) -> web.StreamResponse:
        key, body = request.headers["X-Quanshi-Key"], json.loads(await request.read())
        self.tried[key] += 1
        fault = "" if self.good else self.chance.choice(["", "", "", "503", "late", "cut"])
        if fault == "503":
            return web.Response(status=503)
        if fault == "cut" and request.transport is not None and self.chance.random() < 0.5:
            request.transport.abort()  # before it is heard
        elif fault in ("", "late", "cut"):
            self.got.append((request.path, key, body["status"]))
            if fault == "late":
                await asyncio.sleep(0.7)
            if fault == "cut" and request.transport is not None:
                request.transport.abort()
        return web.Response()


async def test_killed_anywhere_it_delivers_every_start_and_every_end(tmp_path: Path) -> None:
    chance = random.Random(4)
    receiver = Receiver(chance)
    app = web.Application()
    app.router.add_post("/{channel}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    command = [sys.executable, str(VICTIM), str(tmp_path), f"{base}/duty", f"{base}/mail", str(LAST)]
    env = {"PYTHONPATH": f"{VICTIM.parents[2]}:{VICTIM.parent}", "PATH": "/usr/bin:/bin"}
    try:
        for _ in range(KILLS):
            victim = await asyncio.create_subprocess_exec(*command, env=env, stdout=PIPE)
            assert victim.stdout is not None
            assert await victim.stdout.readline() == b"ready\n"
            try:
                async with asyncio.timeout(chance.random() * 0.4):
                    await victim.wait()
            except TimeoutError:
                victim.kill()
                await victim.wait()
        receiver.good = True
        victim = await asyncio.create_subprocess_exec(*command, env=env)
        async with asyncio.timeout(60):
            assert await victim.wait() == 0
    finally:
        await runner.cleanup()
    check(receiver.got)


def check(got: list[tuple[str, str, str]]) -> None:
    keys = {key for _, key, _ in got}
    wanted = {each.key for number in range(1, LAST + 1) for each in (message(number), end(number))}
    assert keys == wanted
    for channel in ("/duty", "/mail"):
        heard = [(key, status) for path, key, status in got if path == channel]
        assert all(status == ("resolved" if key.endswith("resolved") else "firing") for key, status in heard)
        last = {key.partition("/")[0]: status for key, status in heard}
        # Whoever heard of a start heard its end, and as the last word.
        assert set(last.values()) <= {"resolved"}, channel
    assert len(got) > len(keys), "no duplicate at all: the faults of this test have no teeth"
