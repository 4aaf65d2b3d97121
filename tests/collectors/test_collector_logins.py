"""A wrong login is tried once: against a device that counts, and against GStreamer's RTSP server."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import servers
import structlog
from collector_kit import (
    QUICK,
    Conversation,
    at,
    city,
    collecting,
    device,
    devices,
    request,
    rtsp_reply,
    until,
)
from small_site import camera

from monitor.model.observations import State

SECRET = "s3cret-Pa55word"
WRONG = "wr0ng-Pa55word"
PROBES = {"rtsp": QUICK | {"credential": "cams", "path": "/live"}}
REFUSED, ANSWERS = ("degraded", "auth_rejected"), ("up", "ok")
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
            await until(lambda: all(cam.connections >= 4 for cam in cams.values()))
            refused = {name for name, guard in guards.items() if guard.rejected}
            states = {name: REFUSED if name in refused else ANSWERS for name in guards}
            await collector.stand(states)
    # Those asked in the same moment as the third may have been under way already.
    assert 3 <= sum(guard.rejected for guard in guards.values()) <= 5
    assert max(guard.rejected for guard in guards.values()) == 1


async def test_three_replaced_cameras_degrade_none_that_has_the_login_rightly(tmp_path: Path) -> None:
    guards = {f"cam-{number}": Guarded(SECRET) for number in range(12)}
    async with devices(guards) as cams:
        site = city(
            tmp_path, [at(name, cam) for name, cam in cams.items()], probes=PROBES, credentials=use(SECRET)
        )
        async with collecting(site) as collector:
            await collector.stand(dict.fromkeys(guards, ANSWERS))
            for name in list(guards)[:3]:
                guards[name].password = "another"
            states = {name: REFUSED if place < 3 else ANSWERS for place, name in enumerate(guards)}
            await collector.stand(states)
            tried = [len(guard.attempts) for guard in guards.values()]
            asked = [cam.connections for cam in cams.values()]
            await until(
                lambda: all(cam.connections >= was + 3 for cam, was in zip(cams.values(), asked, strict=True))
            )
            assert [len(guard.attempts) for guard in guards.values()] == tried, (
                "nobody logs in with it any more"
            )
            assert collector.states() == states
            down = {one.node for one in await collector.changes() if one.new is not State.UP}
            assert down == {"cam-0", "cam-1", "cam-2"}
            repaired = city(tmp_path, [at(name, cam) for name, cam in list(cams.items())[3:]], probes=PROBES)
            collector.take(repaired)
            await until(lambda: all(len(guard.attempts) > 8 for guard in list(guards.values())[3:]))
    assert sum(guard.rejected for guard in guards.values()) == 3


async def test_probes_and_nodes_of_one_device_are_one_device(tmp_path: Path) -> None:
    recorder, others = Guarded(SECRET), Guarded(WRONG)
    async with device(recorder) as bad, device(others, "127.0.0.2") as good:
        ways = ";".join(f"{name}:{bad.port}" for name in ("rtsp", "again", "third"))
        channels = [camera(f"channel-{n}", address=bad.host, probes=ways) for n in range(5)]
        probes = PROBES | {name: PROBES["rtsp"] | {"protocol": "rtsp"} for name in ("again", "third")}
        site = city(tmp_path, [*channels, at("cam", good)], probes=probes, credentials=use(WRONG))
        async with collecting(site) as collector:
            await until(lambda: good.connections >= 4 and bad.connections >= 40)
            states = collector.states()
    assert recorder.rejected == 1
    assert len(others.attempts) >= 3, "one device is not enough to stop a credential"
    assert sorted(states.values()) == [REFUSED, *[ANSWERS] * 5]


def late(guard: Guarded) -> Conversation:
    """Refuses in silence: the answer to a login comes when nobody waits for it any more."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head, cseq = await request(reader)
            if b"Authorization: " in head:
                guard.attempts.append("late")
                await asyncio.sleep(3)
            writer.write(rtsp_reply("401 Unauthorized", cseq, 'WWW-Authenticate: Basic realm="IPC"'))

    return answer


def hanging_up(guard: Guarded) -> Conversation:
    """Refuses without a word: it ends the connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, cseq = await request(reader)
        writer.write(rtsp_reply("401 Unauthorized", cseq, 'WWW-Authenticate: Basic realm="IPC"'))
        await request(reader)
        guard.attempts.append("hung up")

    return answer


@pytest.mark.parametrize("silent", [late, hanging_up])
async def test_a_login_that_gets_no_answer_is_sent_twice_and_then_given_up_for_good(
    tmp_path: Path, silent: Callable[[Guarded], Conversation]
) -> None:
    guard = Guarded(SECRET)
    async with device(silent(guard)) as cam:
        site = city(tmp_path, [at("cam", cam)], probes=PROBES, credentials=use(WRONG))
        for _ in range(2):  # a restart knows it still
            async with collecting(site) as collector:
                await until(lambda: collector.state("cam") == REFUSED)
                await asyncio.sleep(3)
                assert collector.state("cam") == REFUSED
            assert len(guard.attempts) == 2
        async with collecting(city(tmp_path, [at("cam", cam)], credentials=use(SECRET), probes=PROBES)):
            await until(lambda: len(guard.attempts) == 3)


async def test_one_login_without_an_answer_changes_nothing_and_is_followed_by_others(tmp_path: Path) -> None:
    guard = Guarded(SECRET)
    async with device(guard) as cam:
        site = city(tmp_path, [at("cam", cam)], probes=PROBES, credentials=use(SECRET))
        async with collecting(site) as collector:
            await collector.become("cam", State.UP)
            tried = len(guard.attempts)
            lost = Guarded(SECRET)
            cam.answer = hanging_up(lost)
            await until(lambda: lost.attempts)
            cam.answer = guard
            await until(lambda: len(guard.attempts) >= tried + 3)
            assert [one.new for one in await collector.changes()] == [State.UP]


async def test_witnesses_never_log_in(tmp_path: Path) -> None:
    guards = {f"gw-{number}": Guarded(SECRET) for number in range(3)}
    async with devices(guards) as gates:
        nodes = [at(name, gate, kind="gateway", **{"class": ""}) for name, gate in gates.items()]
        networks = {"video": {"name": "视频专网", "witnesses": list(gates)}}
        site = city(tmp_path, nodes, probes=PROBES, networks=networks, credentials=use(WRONG))
        async with collecting(site) as collector:
            for _ in range(4):
                collector.watcher.witnesses.ask()
                await until(lambda: not collector.watcher.witnesses._open)
                collector.take(site)
            await until(lambda: all(guard.rejected for guard in guards.values()))
    assert [guard.rejected for guard in guards.values()] == [1, 1, 1]


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
