"""``/events`` over a socket: going on after a break, and every way in which a stream ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from api_kit import Desk
from waiting import until

from monitor.web import hub as hubs
from monitor.web.api import events

WITHIN = 20.0
BIG = {"text": "x" * 10_000}


class Line:
    """One viewer's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def read(self, end: bytes) -> bytes:
        async with asyncio.timeout(WITHIN):
            return await self.reader.readuntil(end)

    async def rest(self) -> bytes:
        """All that comes until it ends; a reset is an end too."""
        found = b""
        async with asyncio.timeout(WITHIN):
            try:
                while piece := await self.reader.read(65_536):
                    found += piece
            except ConnectionError:
                pass
        return found


@asynccontextmanager
async def looking(
    desk: Desk, who: str = "op", path: str = "", *, room: int = 0, **headers: str
) -> AsyncIterator[Line]:
    """A viewer that is let in; ``room``: bytes that its side takes before it stalls."""
    link = socket.socket()
    if room:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    link.setblocking(False)
    await asyncio.get_running_loop().sock_connect(link, (desk.client.host, desk.client.port))
    reader, writer = await asyncio.open_connection(sock=link, limit=room or 2**20)
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    token = f"Authorization: Bearer {desk.tokens[who]}\r\n" if who else ""
    writer.write(
        f"GET /api/v1/events{path} HTTP/1.1\r\nHost: q\r\nConnection: close\r\n{token}{more}\r\n".encode()
    )
    line = Line(reader, writer)
    try:
        head = await line.read(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        await line.read(b"retry: 2000\n\n")
        yield line
    finally:
        writer.close()


async def test_what_is_said_is_shown(desk: Desk) -> None:
    async with looking(desk) as line:
        desk.context.hub.say("change", {"node": "cam-1"})
        assert b'data: {"node":"cam-1"}' in await line.read(b"}\n\n")


@pytest.mark.parametrize("by_header", [True, False])
async def test_after_a_break_it_goes_on_where_it_was(desk: Desk, by_header: bool) -> None:
    hub = desk.context.hub
    hub.say("change", {"n": 1})
    last = hub.last
    hub.say("change", {"n": 2})
    told = {"Last_Event_ID": last} if by_header else {}
    async with looking(desk, path="" if by_header else f"?last={last}", **told) as line:
        said = await line.read(b"}\n\n")
    assert b'data: {"n":2}' in said
    assert b'data: {"n":1}' not in said


async def test_after_a_restart_all_is_read_anew(desk: Desk) -> None:
    async with looking(desk, Last_Event_ID="feedbeef-17") as line:
        assert b"event: anew" in await line.read(b"{}\n\n")


async def test_one_that_goes_leaves_nothing_behind(desk: Desk) -> None:
    async with looking(desk):
        assert desk.context.hub.viewers == 1
    await asyncio.sleep(0.1)
    desk.context.hub.say("change", {})
    desk.context.hub.say("change", {})
    await until(lambda: desk.context.hub.viewers == 0)


async def test_one_that_takes_nothing_is_dropped_and_hinders_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "WRITE_WITHIN", 0.5)
    hub = desk.context.hub
    async with looking(desk, room=4_096), looking(desk) as quick:
        taking = asyncio.create_task(quick.rest())
        for _ in range(800):
            hub.say("change", BIG)
            await asyncio.sleep(0.001)
        await until(lambda: hub.dropped == 1)
        assert hub.viewers == 1
        hub.close()
        assert (await taking).count(b"event: change") > 100


async def test_a_token_that_is_revoked_ends_the_stream_and_nothing_is_written_into_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "ASK_AGAIN", 0.0)
    (token,) = [
        each for each in (await desk.get("/accounts/tokens", "sec"))["tokens"] if each["account"] == "op"
    ]
    async with looking(desk) as line:
        assert (await desk.ask("DELETE", f"/accounts/tokens/{token['id']}", "sec")).status == 200
        desk.context.hub.say("change", {})
        said = await line.rest()
    assert b"HTTP/1.1" not in said
    assert said.endswith(b"0\r\n\r\n")
    assert desk.context.hub.viewers == 0


async def test_accounts_that_are_away_end_it_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "ASK_AGAIN", 0.0)
    async with looking(desk) as line:
        desk.context.access = None
        desk.context.hub.say("change", {})
        assert b"HTTP/1.1" not in await line.rest()


async def test_who_is_disabled_sees_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "ASK_AGAIN", 0.0)
    async with looking(desk, "op2") as line:
        changed = await desk.ask("PATCH", "/accounts/op2", "sec", {"disabled": True})
        assert changed.status == 200
        desk.context.hub.say("change", {"secret": 1})
        assert b"secret" not in await line.rest()


async def test_when_the_server_stops_all_streams_end(desk: Desk) -> None:
    async with looking(desk) as line:
        begun = asyncio.get_running_loop().time()
        await desk.client.server.close()
        await line.rest()
        assert asyncio.get_running_loop().time() - begun < 5


async def test_who_finds_no_place_is_told_when_to_come_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "MOST_OF_ACCOUNT", 1)
    async with looking(desk):
        answer = await desk.ask("GET", "/events")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
