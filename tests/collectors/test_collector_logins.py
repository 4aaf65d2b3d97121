"""A wrong login is tried once: against a device that counts, and against GStreamer's RTSP server."""

from __future__ import annotations

import asyncio
import base64
import logging
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import servers
import structlog
from collector_kit import QUICK, at, city, collecting, device, devices, request, rtsp_reply, until
from small_site import camera

from collectors.locks import Locks, lock_key
from monitor.config import Credential
from monitor.model.observations import State

SECRET = "s3cret-Pa55word"
WRONG = "wr0ng-Pa55word"
KEY = bytes(range(32))
PROBES = {"rtsp": QUICK | {"credential": "cams", "path": "/live"}}
SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\n"


@dataclass
class Guarded:
    """A camera that wants one login and counts the others; after five it would lock everybody out."""

    password: str
    attempts: list[str] = field(default_factory=list)
    rejected: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        right = "Basic " + base64.b64encode(f"admin:{self.password}".encode()).decode()
        while True:
            head, cseq = await request(reader)
            lines = head.decode().split("\r\n")
            login = next((line[15:] for line in lines if line.startswith("Authorization: ")), None)
            if login is not None:
                self.attempts.append(login)
                self.rejected += login != right
            if login == right:
                writer.write(rtsp_reply("200 OK", cseq, "Content-Type: application/sdp", body=SDP))
            else:
                writer.write(rtsp_reply("401 Unauthorized", cseq, 'WWW-Authenticate: Basic realm="IPC"'))


def use(password: str, user: str = "admin") -> dict[str, tuple[str, str]]:
    return {"cams": (user, password)}


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


async def test_a_rejected_login_is_never_tried_again_and_the_probe_goes_on_without_it(
    tmp_path: Path, logged: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    guard = Guarded(SECRET)
    async with device(guard) as cam:
        site = city(tmp_path, [at("cam", cam)], probes=PROBES, credentials=use(WRONG))
        async with collecting(site) as collector:
            await until(lambda: collector.state("cam") == ("degraded", "auth_rejected"))
            asked = cam.connections
            await until(lambda: cam.connections >= asked + 4)
            said = [repr(one) for one in await collector.said()]
        assert guard.rejected == 1
        assert "login refused, not tried again" in [line["event"] for line in logged]
        async with collecting(site) as collector:  # a restart knows it still
            asked = cam.connections
            await until(lambda: cam.connections >= asked + 4)
            assert collector.state("cam") == ("degraded", "auth_rejected")
    assert guard.rejected == 1
    for text in (repr(logged), caplog.text, repr(said), repr(site)):
        assert WRONG not in text
    files = [path for path in site.data.rglob("*") if path.is_file()]
    assert files
    assert not any(WRONG.encode() in path.read_bytes() for path in files)


async def test_a_changed_credential_frees_the_login_and_leaves_others_undisturbed(tmp_path: Path) -> None:
    guard = Guarded(SECRET)
    async with device(guard) as cam, device(Guarded(""), "127.0.0.2") as other:
        nodes = [at("cam", cam), at("other", other, probes="plain")]
        probes = PROBES | {"plain": QUICK | {"protocol": "rtsp", "hold": True}}
        site = city(tmp_path, nodes, probes=probes, credentials=use(WRONG))
        async with collecting(site) as collector:
            await until(lambda: collector.state("cam")[1] == "auth_rejected")
            await collector.become("other", State.UP)
            collector.take(city(tmp_path, nodes, probes=probes, credentials=use(SECRET)))
            await collector.become("cam", State.UP)
            assert (guard.rejected, other.connections) == (1, 1)
            assert collector.outbox.memory("lock:") == {}


async def test_a_right_password_that_was_changed_on_the_device_is_tried_once(tmp_path: Path) -> None:
    guard = Guarded(SECRET)
    async with device(guard) as cam:
        site = city(tmp_path, [at("cam", cam)], probes=PROBES, credentials=use(SECRET))
        async with collecting(site) as collector:
            await collector.become("cam", State.UP)
            guard.password = "another"
            await until(lambda: collector.state("cam")[1] == "auth_rejected")
            assert guard.rejected == 1


async def test_three_devices_that_refuse_stop_a_credential_for_all(tmp_path: Path) -> None:
    guards = {f"cam-{number}": Guarded(SECRET) for number in range(8)}
    async with devices(guards) as cams:
        nodes = [at(name, cam) for name, cam in cams.items()]
        site = city(tmp_path, nodes, probes=PROBES, credentials=use(WRONG))
        async with collecting(site) as collector:
            await collector.stand(dict.fromkeys(guards, ("degraded", "auth_rejected")))
            await until(lambda: all(cam.connections >= 4 for cam in cams.values()))
    # Those asked in the same moment as the third may have been under way already.
    assert 3 <= sum(guard.rejected for guard in guards.values()) <= 5
    assert max(guard.rejected for guard in guards.values()) == 1


@pytest.mark.parametrize(("password", "state"), [(SECRET, "up"), (WRONG, "degraded")])
async def test_a_real_server_sees_a_login_once(
    tmp_path: Path,
    rtsp_server: Callable[..., servers.RtspServer],
    password: str,
    state: str,
) -> None:
    server = rtsp_server("admin", SECRET)
    async with tapped(server.port) as tap:
        nodes = [
            camera("cam", address=f"127.0.0.1:{tap.port}"),
            at("plain", server.port, probes="plain"),
            at("asked", server.port, probes="asked"),
        ]
        probes = PROBES | {
            "plain": QUICK | {"protocol": "rtsp"},
            "asked": QUICK | {"protocol": "rtsp", "ask": "describe", "path": "/live"},
        }
        site = city(tmp_path, nodes, probes=probes, credentials=use(password))
        async with collecting(site) as collector:
            # GStreamer serves a tone: the right login is answered with a description without video.
            expected = {"up": ("down", "bad_reply"), "degraded": ("degraded", "auth_rejected")}[state]
            await until(lambda: collector.state("cam") == expected)
            await until(lambda: collector.state("plain") == ("up", "ok"))
            await until(lambda: collector.state("asked")[0] == "up")
            asked = tap.connections
            await until(lambda: tap.connections >= asked + 3)
        attempts = tap.heard.count(b"\r\nAuthorization: ")
    if state == "up":
        assert attempts == tap.connections - 1 or attempts == tap.connections
    else:
        assert attempts == 1


@dataclass
class Tap:
    """Between a collector and a real server: hears what the one says to the other."""

    server: int
    port: int = 0
    connections: int = 0
    heard: bytes = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far, out = await asyncio.open_connection("127.0.0.1", self.server)
        back = asyncio.create_task(self.carry(far, writer))
        while data := await reader.read(4096):
            self.heard += data
            out.write(data)
        back.cancel()
        out.close()
        writer.close()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            writer.write(data)


class tapped:  # noqa: N801
    def __init__(self, server: int) -> None:
        self.tap = Tap(server)

    async def __aenter__(self) -> Tap:
        self.listener = await asyncio.start_server(self.tap.serve, "127.0.0.1", 0)
        self.tap.port = self.listener.sockets[0].getsockname()[1]
        return self.tap

    async def __aexit__(self, *_: object) -> None:
        self.listener.close()


def test_a_refusal_ends_when_the_place_uses_another_login() -> None:
    one, two = Credential("admin", "a"), Credential("admin", "b")
    locks = Locks({"one": one, "two": two}, {}, KEY)
    memory = {key: value for place in "abc" for key, value in locks.refuse(place, "one").items()}
    assert locks.exhausted() == {"one"}
    assert locks.locked("d", "one")
    assert not locks.locked("a", "two")
    again = Locks({"one": one, "two": two}, {key: str(value) for key, value in memory.items()}, KEY)
    assert again.locked("a", "one")
    assert again.renew({"one": one, "two": two}, {"a": "two", "b": "one", "c": "one"}) == {"lock:a": None}
    assert again.exhausted() == frozenset()
    assert again.locked("b", "one")
    assert not again.locked("d", "one")


def test_what_is_remembered_of_a_login_is_not_the_login() -> None:
    locks = Locks({"one": Credential("admin", SECRET)}, {}, KEY)
    memory = locks.refuse("cam/rtsp", "one")
    assert memory.keys() == {"lock:cam/rtsp"}
    assert SECRET not in str(memory)


def test_what_is_remembered_can_only_be_guessed_with_the_key_of_its_data_directory(tmp_path: Path) -> None:
    login = {"one": Credential("admin", SECRET)}
    here, there = lock_key(tmp_path / "here"), lock_key(tmp_path / "there")

    memory = Locks(login, {}, here).refuse("cam/rtsp", "one")

    assert Locks(login, {}, there).refuse("cam/rtsp", "one") != memory
    kept = tmp_path / "here" / "locks.key"
    assert (len(kept.read_bytes()), stat.S_IMODE(kept.stat().st_mode)) == (32, 0o600)
    assert [path.name for path in kept.parent.iterdir()] == ["locks.key"]


def test_after_a_restart_the_key_is_the_same(tmp_path: Path) -> None:
    login = {"one": Credential("admin", SECRET)}
    memory = Locks(login, {}, lock_key(tmp_path)).refuse("cam/rtsp", "one")

    again = Locks(login, {key: str(value) for key, value in memory.items()}, lock_key(tmp_path))

    assert again.locked("cam/rtsp", "one")


def test_collectors_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lock_key, [tmp_path] * 8))

    assert keys == {lock_key(tmp_path)}


def test_a_key_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "locks.key").write_bytes(b"")

    assert len(lock_key(tmp_path)) == 32
