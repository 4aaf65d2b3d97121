"""One watcher, one device for each way to fail: what it says of them, and that none costs it much."""

from __future__ import annotations

import asyncio
import resource
import ssl
import subprocess
from pathlib import Path

import pytest
from collector_kit import (
    JUDGE,
    QUICK,
    Conversation,
    answering,
    at,
    city,
    collecting,
    device,
    devices,
    endless,
    half_open,
    hang,
    one_byte_a_second,
    reset,
    saying,
    ten_megabyte_header,
    until,
    vanished,
)
from small_site import camera

from monitor.model.observations import Cause, State

ANSWERS: dict[str, tuple[Conversation, tuple[str, str]]] = {
    "fine": (answering(), ("up", "ok")),
    "guarded": (answering("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"'), ("up", "ok")),
    "hung": (hang, ("down", "timeout")),
    "drip": (one_byte_a_second, ("down", "timeout")),
    "reset": (reset, ("down", "reset")),
    "half-open": (half_open, ("down", "reset")),
    "garbage": (saying(b"\x00\xff\x13 what?\r\n\r\n"), ("down", "bad_reply")),
    "endless": (endless, ("down", "bad_reply")),
    "ten-megabytes": (ten_megabyte_header, ("down", "bad_reply")),
    "wrong-cseq": (saying(b"RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\n"), ("down", "bad_reply")),
    "full": (answering("453 Not Enough Bandwidth"), ("degraded", "busy")),
    "overloaded": (answering("503 Service Unavailable"), ("degraded", "busy")),
    "slow": (answering(pause=0.25), ("degraded", "slow")),
}
PROBES = {
    "rtsp": QUICK | {"slow": "200ms"},
    "describe": QUICK | {"protocol": "rtsp", "ask": "describe"},
    "http": QUICK,
    "https": QUICK | {"protocol": "http", "tls": True},
}


async def test_every_way_to_fail_is_told_with_its_cause(tmp_path: Path, free_port: int) -> None:
    expected = {name: expects for name, (_, expects) in ANSWERS.items()}
    async with devices({name: answer for name, (answer, _) in ANSWERS.items()}) as made:
        with vanished() as nowhere:
            nodes = [at(name, one) for name, one in made.items()]
            nodes += [at("refusing", free_port), at("vanished", nowhere)]
            expected |= {"refusing": ("down", "refused"), "vanished": ("down", "no_reply")}
            async with collecting(city(tmp_path, nodes, probes=PROBES)) as collector:
                await collector.stand(expected, 20)
                assert not collector.watcher.keeper.sweeping
                last = {change.node: change for change in await collector.changes()}
                assert last.keys() == expected.keys()
                for node, change in last.items():
                    assert (change.new.value, change.cause.value) == expected[node]
                    assert (change.not_before or 0) <= change.at <= change.detected_at


async def test_of_what_only_degrades_each_answer_counts_and_says_how_long_it_took(tmp_path: Path) -> None:
    async with (
        device(answering("503 Service Unavailable")) as cam,
        collecting(city(tmp_path, [at("cam", cam)])) as collector,
    ):
        await until(lambda: collector.state("cam") == ("degraded", "busy"))
        await until(lambda: not collector.watcher.keeper.sweeping)
        cam.answer = answering("503 Service Unavailable", pause=0.2)
        await until(lambda: collector.watcher.roster.durations.values[0] > 0.15, 5)


async def test_what_is_not_there_is_not_found_and_a_certificate_that_ended_is_told(
    tmp_path: Path,
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(expired_identity(tmp_path))
    web = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    lost = saying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    async with (
        device(answering("404 Not Found")) as stream,
        device(lost) as page,
        device(web) as good,
        device(web, tls=tls) as old,
    ):
        nodes = [
            at("stream", stream, probes="describe"),
            at("page", page, probes="http"),
            at("good", good, probes="http"),
            at("old", old, probes="https"),
        ]
        async with collecting(city(tmp_path, nodes, probes=PROBES)) as collector:
            expected = {
                "stream": "not_found",
                "page": "not_found",
                "good": "ok",
                "old": "certificate_expired",
            }
            await until(lambda: {n: cause for n, (_, cause) in collector.states().items()} == expected)
            wards = collector.watcher.roster.wards
            assert {node for node, ward in wards.items() if ward.certificate_end is not None} == {"old"}


async def test_hundreds_of_babblers_cost_neither_memory_nor_the_others_their_turn(tmp_path: Path) -> None:
    async with device(endless) as babbler, device(answering(), "127.0.0.2") as good:
        nodes = [camera(f"b{n}", address=f"127.0.0.1:{babbler.port}") for n in range(40)]
        site = city(tmp_path, [*nodes, at("good", good)], probes=PROBES)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        async with collecting(site) as collector:
            await until(lambda: babbler.connections >= 80, 30)
            assert collector.state("good") == ("up", "ok")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


@pytest.mark.parametrize("host", ["::1", "localhost"])
async def test_ipv6_and_names_are_asked_like_addresses(tmp_path: Path, host: str) -> None:
    async with device(answering(), "::1" if host == "::1" else "127.0.0.1") as one:
        place = f"[::1]:{one.port}" if host == "::1" else f"localhost:{one.port}"
        async with collecting(city(tmp_path, [camera("cam", address=place)])) as collector:
            await until(lambda: collector.state("cam") == ("up", "ok"))


async def test_a_name_that_nobody_knows_is_unknown_and_holds_up_no_sight(tmp_path: Path) -> None:
    async with device(answering()) as one:
        nodes = [camera("lost", address="no-such-camera.invalid:554"), at("good", one)]
        async with collecting(city(tmp_path, nodes)) as collector:
            await until(lambda: collector.state("lost") == ("unknown", "name_unresolved"))
            await until(lambda: not collector.watcher.keeper.sweeping)
            assert await collector.changes("lost") == []


@pytest.mark.parametrize(("pause", "state"), [(1.5, ("up", "ok")), (3.0, ("degraded", "slow"))])
async def test_who_answers_late_after_a_reset_is_not_taken_for_dead(
    tmp_path: Path, pause: float, state: tuple[str, str]
) -> None:
    usual = {"rtsp": {"every": "6s", "timeout": "5s", "slow": "2s"}}
    async with device(answering()) as cam:
        site = city(tmp_path, [at("cam", cam)], probes=usual, judge={})
        async with collecting(site) as collector:
            await collector.become("cam", State.UP)
            cam.answer = reset
            await until(lambda: collector.watcher.roster.wards["cam"].judge.missing)
            cam.answer = answering(pause=pause)
            await asyncio.sleep(9)
            assert collector.state("cam") == state
            assert State.DOWN not in {one.new for one in await collector.changes()}


async def test_what_flapped_and_is_busy_now_is_remembered_as_busy(tmp_path: Path) -> None:
    judge = JUDGE | {"flap": {"changes": 2, "within": "1m", "settle": "1s"}}
    async with device(answering()) as cam:
        site = city(tmp_path, [at("cam", cam)], judge=judge)
        async with collecting(site) as collector:
            await collector.become("cam", State.UP)
            for state in (State.DOWN, State.UP, State.DEGRADED):
                cam.die()
                if state is State.UP:
                    await cam.live()
                await collector.become("cam", state)
            await cam.live()
            cam.answer = answering("503 Service Unavailable")
            await until(lambda: collector.state("cam") == ("degraded", "busy"))
            told = [(one.new, one.cause) for one in await collector.changes()]
            assert told[-1] == (State.DEGRADED, Cause.FLAPPING)
            assert collector.outbox.memory("state:")["state:cam"].startswith("degraded busy ")
        async with collecting(site) as collector:
            assert collector.state("cam") == ("degraded", "busy")
            assert not collector.watcher.roster.wards["cam"].judge.flapping


def expired_identity(folder: Path) -> Path:
    """A certificate whose time is over, with its key."""
    (folder / "ca.conf").write_text(
        "[ca]\ndefault_ca = x\n[x]\ndatabase = index\nserial = serial\nnew_certs_dir = .\n"
        "policy = any\ndefault_md = sha256\n[any]\ncommonName = supplied\n"
    )
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-subj", "/CN=IPC", "-out", "request.pem")
    time = ("-startdate", "20200101000000Z", "-enddate", "20210101000000Z")
    signed = ("-selfsign", "-keyfile", "key.pem", "-in", "request.pem", "-out", "certificate.pem", "-notext")
    for command in (("req", "-new", *key), ("ca", "-config", "ca.conf", "-batch", *time, *signed)):
        subprocess.run(("openssl", *command), cwd=folder, check=True, capture_output=True)
    made = folder / "identity.pem"
    made.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return made
