"""Held connections inside TLS against OpenSSL's own server, which asks for new keys in between."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import servers
import tools
from test_engine import Bench, bench

from collectors.engine.engine import Phase, Slot
from collectors.protocols import PROTOCOLS
from collectors.protocols.base import Target
from monitor.model.nodes import ProbeSpec
from monitor.model.observations import Cause

ANSWER = b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"
REQUEST = b"GET / HTTP/1.1"


class Server:
    """``openssl s_server``: what a test types is a command if it is one letter, else it is sent."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = b""

    async def listen(self) -> None:
        assert self.process.stdout is not None
        while data := await self.process.stdout.read(4096):
            self.said += data

    def type(self, keys: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(keys)

    async def die(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def answer(self, requests: int) -> None:
        """Answer the last of so many requests; commands and answers are two reads of its standard input."""
        async with asyncio.timeout(10):
            while self.said.count(REQUEST) < requests:
                await asyncio.sleep(0.02)
        self.type(ANSWER)


@asynccontextmanager
async def s_server(folder: Path, version: str) -> AsyncIterator[tuple[Server, int]]:
    made = servers.make_certificates(folder / "tls")
    port = servers.free_port()
    process = await asyncio.create_subprocess_exec(
        *(tools.find("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", version),
        *("-cert", made.certificate, "-key", made.key),
        env=tools.env(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    server = Server(process)
    listening = asyncio.create_task(server.listen())
    try:
        async with asyncio.timeout(10):
            while b"ACCEPT" not in server.said:
                await asyncio.sleep(0.02)
        yield server, port
    finally:
        await server.die()
        listening.cancel()


def held(port: int) -> Slot:
    spec = ProbeSpec("http", "http", 30.0, 5.0, tls=True, hold=True)
    asker = PROTOCOLS["http"].make(Target("127.0.0.1", port, spec))
    return Slot(asker, socket.AF_INET, ("127.0.0.1", port), hold=True)


async def ask(made: Bench, slot: Slot, server: Server, round_: int) -> None:
    assert made.engine.start(slot, 5.0)
    await server.answer(round_)
    assert await made.until(round_) == [Cause.OK] * round_, server.said.decode(errors="replace")


@pytest.mark.parametrize(
    ("version", "command"),
    [("-tls1_2", b"r\n"), ("-tls1_3", b"K\n"), ("-tls1_3", b"k\n")],
    ids=["renegotiation", "new keys both ways", "new keys one way"],
)
async def test_new_keys_while_nothing_is_asked_leave_the_connection_held_and_in_step(
    tmp_path: Path, version: str, command: bytes
) -> None:
    async with s_server(tmp_path, version) as (server, port), bench() as made:
        slot = held(port)
        for round_ in range(1, 4):
            await ask(made, slot, server, round_)
            server.type(command)
            await asyncio.sleep(0.3)
            assert slot.phase is Phase.HELD
            assert made.engine.flying == 0
        assert made.ended == []
        assert b"SSL_do_handshake -> 1" in server.said, "no new keys were asked for"


async def test_a_question_in_the_midst_of_a_renegotiation_is_said_after_it(tmp_path: Path) -> None:
    async with s_server(tmp_path, "-tls1_2") as (server, port), bench() as made:
        slot = held(port)
        await ask(made, slot, server, 1)
        for round_ in range(2, 12):
            server.type(b"r\n")
            await asyncio.sleep(round_ / 1000)
            await ask(made, slot, server, round_)
        assert made.ended == []


async def test_a_device_that_dies_in_the_midst_of_a_renegotiation_is_asked_anew(tmp_path: Path) -> None:
    async with s_server(tmp_path, "-tls1_2") as (server, port), bench() as made:
        slot = held(port)
        await ask(made, slot, server, 1)
        server.type(b"r\n")
        await asyncio.sleep(0.01)
        await server.die()
        made.engine.start(slot, 1.0)
        assert (await made.until(2))[1] in (Cause.REFUSED, Cause.RESET)
        assert made.engine.flying == 0
