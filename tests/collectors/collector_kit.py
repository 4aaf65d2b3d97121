"""A collector without its Redis, and devices on loopback that answer as a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import re
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from small_site import NETWORKS, camera, write_site
from waiting import until

from collectors.herald import Herald
from collectors.listening import Listening
from collectors.sights import SightKeeper
from collectors.watcher import Watcher
from monitor.bus.outbox import Outbox
from monitor.config import Site, load_site
from monitor.model.events import Change, Payload, Sight
from monitor.model.observations import State

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

QUICK = {"every": "500ms", "timeout": "400ms"}
"""Asked often; a device that is up answers in a hundredth of that even on a busy machine."""

JUDGE = {"confirm": 2, "recover": 1, "retry": ["100ms"]}


class Box:
    """Stands in for the publisher: nothing is sent, the outbox keeps all."""

    def wake(self) -> None:
        pass


@dataclass
class Collector:
    """A watcher with its outbox, as its role would run it."""

    watcher: Watcher
    listening: Listening
    outbox: Outbox
    herald: Herald

    async def said(self) -> list[Payload]:
        await self.herald.settle()
        return [one.payload for one in self.outbox.pending(0, 100_000)]

    async def changes(self, node: str | None = None) -> list[Change]:
        return [one for one in await self.said() if isinstance(one, Change) and node in (None, one.node)]

    async def sights(self) -> list[Sight]:
        return [one for one in await self.said() if isinstance(one, Sight)]

    def state(self, node: str) -> tuple[str, str]:
        judge = self.watcher.roster.wards[node].judge
        return judge.state.value, judge.cause.value

    def states(self) -> dict[str, tuple[str, str]]:
        return {node: self.state(node) for node in self.watcher.roster.wards}

    async def stand(self, expected: dict[str, tuple[str, str]], within: float = 15.0) -> None:
        """Return once every watch stands as expected; else fail with those that do not."""
        with contextlib.suppress(TimeoutError):
            await until(lambda: self.states() == expected, within)
        assert self.states() == expected, f"they stand otherwise: {self.states()}"

    async def become(self, node: str, state: State, within: float = 15.0) -> None:
        await until(lambda: self.watcher.roster.wards[node].judge.state is state, within)

    def take(self, site: Site) -> None:
        self.watcher.take(site)
        self.listening.follow(site)


@asynccontextmanager
async def collecting(
    site: Site, network: str = "video", shard: tuple[int, int] = (0, 1)
) -> AsyncIterator[Collector]:
    """Look, until the block ends; its outbox and memory stay for the next collector of the site."""
    keeper = SightKeeper(network, *shard)
    writer = ThreadPoolExecutor(1)
    outbox = Outbox(site.data / f"{keeper.collector}.db", keeper.collector)
    herald = Herald(outbox, Box(), writer)
    watcher = Watcher(site, keeper, herald, outbox.memory(""))
    watcher.start()
    listening = Listening(network, watcher)
    listening.follow(site)
    works = (herald.run(), watcher.roster.resolver.run(), listening.run())
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield Collector(watcher, listening, outbox, herald)
        assert not any(task.done() for task in tasks), "a part of the collector ended"
    finally:
        listening.stop()
        watcher.stop()
        await asyncio.wait_for(herald.settle(), 5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.shutdown()
        outbox.close()


def city(
    folder: Path,
    nodes: Iterable[Mapping[str, str]],
    *,
    credentials: Mapping[str, tuple[str, str]] | None = None,
    **settings: Any,
) -> Site:
    """A site in ``folder``, asked quickly unless ``settings`` say otherwise; call it again to change it."""
    folder.mkdir(exist_ok=True)
    if credentials is not None:
        secret = folder / "credentials.yaml"
        secret.write_text(
            json.dumps({name: {"user": u, "password": p} for name, (u, p) in credentials.items()})
        )
        secret.chmod(0o600)
    given: dict[str, Any] = {"probes": {"rtsp": QUICK}, "judge": JUDGE, "networks": NETWORKS} | settings
    return load_site(write_site(folder, nodes, **given))


def at(node: str, device: Device | int, **cells: str) -> dict[str, str]:
    """A camera's row at this device, or at this port of 127.0.0.1."""
    place = f"127.0.0.1:{device}" if isinstance(device, int) else device.place
    return camera(node, address=place, **cells)


@dataclass
class Device:
    """Listens on loopback and counts; ``answer`` may be changed while it runs."""

    answer: Conversation
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    open_now: int = 0
    most: int = 0
    asked: list[bytes] = field(default_factory=list)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None
    tls: ssl.SSLContext | None = None

    @property
    def place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def live(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    def die(self) -> None:
        """Connections are reset, new ones refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self.writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        self.most = max(self.most, self.open_now)
        self.writers.add(writer)
        try:
            await self.answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the peer went, or the test is over
        finally:
            self.open_now -= 1
            self.writers.discard(writer)
            writer.close()


@asynccontextmanager
async def device(
    answer: Conversation, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Device]:
    made = Device(answer, host, tls=tls)
    await made.live()
    try:
        yield made
    finally:
        made.die()


@asynccontextmanager
async def devices(answers: Mapping[str, Conversation]) -> AsyncIterator[dict[str, Device]]:
    async with contextlib.AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(device(answer, f"127.0.1.{number}"))
            for number, (name, answer) in enumerate(answers.items(), 1)
        }


class Wire:
    """A port that takes every connection, until it is ``cut``: then the kernel drops what is sent to it."""

    _ATTACH, _DETACH = 26, 27  # SO_ATTACH_FILTER, SO_DETACH_FILTER

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port: int = listener.getsockname()[1]

    def cut(self) -> None:
        program = bytearray(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0 bytes of each
        place = ctypes.addressof((ctypes.c_char * len(program)).from_buffer(program))
        self._listener.setsockopt(socket.SOL_SOCKET, self._ATTACH, struct.pack("HP", 1, place))

    def mend(self) -> None:
        self._listener.setsockopt(socket.SOL_SOCKET, self._DETACH, 0)


@contextlib.contextmanager
def wire() -> Iterator[Wire]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1_000)
        yield Wire(listener)


@contextlib.contextmanager
def vanished() -> Iterator[int]:
    """The port of a device that is not there, and nobody says so."""
    with wire() as made:
        made.cut()
        yield made.port


# --- conversations ---


async def request(reader: asyncio.StreamReader) -> tuple[bytes, int]:
    """The next request, and its CSeq (0 for HTTP)."""
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"CSeq: (\d+)", head)
    return head, int(found[1]) if found else 0


def rtsp_reply(status: str, cseq: int, *headers: str, body: str = "") -> bytes:
    lines = [f"RTSP/1.0 {status}", f"CSeq: {cseq}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def answering(status: str = "200 OK", *headers: str, pause: float = 0.0) -> Conversation:
    """Gives every request this status after ``pause`` seconds, on one connection after the other."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            _, cseq = await request(reader)
            await asyncio.sleep(pause)
            writer.write(rtsp_reply(status, cseq, *headers))

    return answer


def saying(reply: bytes) -> Conversation:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(reply)
        await reader.read()

    return answer


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request(reader)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def half_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says at once that nothing will come, and listens on."""
    writer.write_eof()
    await reader.read()


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def one_byte_a_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _, cseq = await request(reader)
    for byte in rtsp_reply("200 OK", cseq):
        writer.write(bytes([byte]))
        await asyncio.sleep(1)


async def ten_megabyte_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _, cseq = await request(reader)
    writer.write(b"RTSP/1.0 200 OK\r\nCSeq: %d\r\nX: " % cseq)
    for _ in range(10):
        writer.write(b"y" * (1 << 20))
        await writer.drain()
    writer.write(b"\r\n\r\n")


def now() -> int:
    return time.time_ns() // 1_000_000
