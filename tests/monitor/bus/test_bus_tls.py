"""A Redis of somebody else's: Debian's own, by URL, with TLS, a password or a user of few rights."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from bus_ledger import KEYS, MemoryLedger, changes, running
from redis.asyncio import Redis
from servers import Certificates, free_port, make_certificates, redis_server, wait_for
from small_site import camera, write_site
from waiting import until

from monitor.bus.client import BusError, connect
from monitor.bus.contact import check_server
from monitor.bus.outbox import Outbox
from monitor.bus.publisher import Publisher
from monitor.bus.trim import trim
from monitor.web.client import ask_status, is_ready

PASSWORD = "t0p:s3cret/ü"
QUOTED = "t0p%3As3cret%2F%C3%BC"
OTHER = "0ther-s3cret"
SECRETS = (PASSWORD, QUOTED, OTHER, "s3cret")

RIGHTS = ("~quanshi:*", "+@read", "+@write", "+@connection", "+info", "+time")
"""All that a Redis user of ours needs."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls") / "strangers")


@pytest.fixture(scope="module")
def secure(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server with TLS and a password."""
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    with redis_server(folder, port=port, tls=certificates, options={"requirepass": PASSWORD}):
        yield port


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server with a password and no TLS."""
    port = free_port()
    with redis_server(tmp_path_factory.mktemp("redis"), port=port, options={"requirepass": PASSWORD}):
        yield port


def address(
    port: int, login: str = f":{QUOTED}@", *, tls: Certificates | None = None, scheme: str = ""
) -> str:
    options = f"?ssl_ca_certs={tls.ca}" if tls else ""
    return f"{scheme or ('rediss' if tls else 'redis')}://{login}127.0.0.1:{port}/0{options}"


@asynccontextmanager
async def emptied(url: str) -> AsyncIterator[Redis]:
    async with connect(url) as redis:
        await redis.flushall()
        yield redis


async def test_debians_redis_is_used_over_tls_with_a_password(
    secure: int, certificates: Certificates
) -> None:
    async with emptied(address(secure, tls=certificates)) as redis:
        assert (await check_server(redis)).startswith("redis 7.0.")
        entry = await redis.xadd("s", {"data": "视频专网"})
        assert await redis.xread({"s": "0-0"}) == {"s": [(entry, {"data": "视频专网"})]}


async def test_and_without_tls(plain: int) -> None:
    async with emptied(address(plain)) as redis:
        assert (await check_server(redis)).startswith("redis 7.0.")


@asynccontextmanager
async def carrying(url: str, outbox: Outbox, ledger: MemoryLedger) -> AsyncIterator[Publisher]:
    """Everything between an outbox and a ledger, by this address."""
    async with connect(url) as redis:
        publisher = Publisher(outbox, redis, KEYS, KEYS.facts)
        async with running(publisher.run(), ledger.run(url)):
            yield publisher


async def test_events_flow_over_tls_and_an_emptied_server_loses_none(
    secure: int, certificates: Certificates, outbox: Outbox, memory_ledger: MemoryLedger
) -> None:
    url = address(secure, tls=certificates)
    async with emptied(url) as redis, carrying(url, outbox, memory_ledger) as publisher:
        outbox.append(changes(1, 700))
        publisher.wake()
        await until(lambda: outbox.count() == 0)
        memory_ledger.deaf_to = {701}
        outbox.append(changes(701, 710))
        publisher.wake()
        await until(lambda: publisher.published >= 710)
        await redis.flushall()
        memory_ledger.deaf_to = set()
        outbox.append(changes(711, 720))
        publisher.wake()
        await until(lambda: outbox.count() == 0)
    assert memory_ledger.nodes == [f"cam-{number}" for number in range(1, 721)]


async def test_a_user_with_rights_to_our_keys_alone_is_enough(
    plain: int, outbox: Outbox, memory_ledger: MemoryLedger
) -> None:
    async with emptied(address(plain)) as admin:
        await admin.execute_command("ACL", "SETUSER", "quanshi", "reset", "on", f">{OTHER}", *RIGHTS)
        url = address(plain, f"quanshi:{OTHER}@")
        async with carrying(url, outbox, memory_ledger) as publisher, connect(url) as redis:
            outbox.append(changes(1, 300))
            publisher.wake()
            await until(lambda: outbox.count() == 0)
            assert await trim(redis, KEYS, KEYS.facts, keep=-60) > 0
    assert len(memory_ledger.facts) == 300


async def test_a_user_without_info_is_told_what_it_lacks(plain: int) -> None:
    async with connect(address(plain)) as admin:
        await admin.execute_command("ACL", "SETUSER", "poor", "reset", "on", f">{OTHER}", "~*", "+@read")
    async with connect(address(plain, f"poor:{OTHER}@")) as redis:
        with pytest.raises(BusError, match=r"INFO allowed.*no permissions"):
            await check_server(redis)


# -- what is wrong is said in one line, and tried again


class Troubles:
    """The addresses that do not work, and what has to be said about each."""

    def __init__(self, secure: int, plain: int, ours: Certificates, strangers: Certificates) -> None:
        gone = Certificates(Path("/nowhere/ca.pem"), ours.certificate, ours.key)
        no_pem = Certificates(Path(__file__), ours.certificate, ours.key)
        self.cases = {
            "wrong password": (address(secure, f":{OTHER}@", tls=ours), "refuses our login: invalid"),
            "unknown user": (address(plain, f"nobody:{OTHER}@"), "refuses our login: invalid"),
            "no password": (address(plain, ""), "wants a password"),
            "no password over TLS": (address(secure, "", tls=ours), "wants a password"),
            "unknown CA": (address(secure, tls=strangers), "is not trusted: "),
            "no CA named": (address(secure, scheme="rediss"), "named by ?ssl_ca_certs="),
            "another name": (address(secure, tls=ours).replace("127.0.0.1", "localhost"), "mismatch"),
            "CA file missing": (address(secure, tls=gone), "cannot be read: No such file"),
            "CA file is none": (address(secure, tls=no_pem), "no TLS with 127.0.0.1"),
            "no TLS to a TLS port": (address(secure), "write rediss://"),
            "TLS to a port without": (address(plain, tls=ours), "write redis://"),
        }


@pytest.fixture
def troubles(secure: int, plain: int, certificates: Certificates, strangers: Certificates) -> Troubles:
    return Troubles(secure, plain, certificates, strangers)


async def test_each_kind_of_trouble_has_its_line_in_the_log_without_the_password(
    troubles: Troubles, tmp_path: Path
) -> None:
    async def suffer(name: str, url: str) -> list[Any]:
        ledger = MemoryLedger()
        with Outbox(tmp_path / f"{name}.db", name) as outbox:
            outbox.append(changes(1, 1))
            async with carrying(url, outbox, ledger) as publisher:
                await until(lambda: len(told(name)) == 1, 30)
                assert not publisher.connected
                assert outbox.count() == 1
        return told(name)

    def told(name: str) -> list[Any]:
        return [
            line for line in lines if line["event"] == "bus interrupted" and line.get("collector") == name
        ]

    with structlog.testing.capture_logs() as lines:
        async with asyncio.TaskGroup() as group:
            suffering = {
                name: group.create_task(suffer(name, url)) for name, (url, _) in troubles.cases.items()
            }
    for name, (_, expected) in troubles.cases.items():
        ((line,), text) = (suffering[name].result(), str(suffering[name].result()))
        assert expected in line["error"], name
        assert line["kind"] == "to mend", name
        assert "\n" not in line["error"]
        assert not [secret for secret in SECRETS if secret in text], name
    assert not [line for line in lines if any(secret in str(line) for secret in SECRETS)]


async def test_a_mended_server_is_used_without_a_restart(
    certificates: Certificates, strangers: Certificates, tmp_path: Path, outbox: Outbox
) -> None:
    """A strange certificate, then another password, then a server as it should be."""
    port, ledger = free_port(), MemoryLedger()
    outbox.append(changes(1, 10))
    with structlog.testing.capture_logs() as lines:

        def told(words: str) -> bool:
            said = [line for line in lines if line["event"] == "bus interrupted" and words in line["error"]]
            return {line.get("reader", line.get("collector")) for line in said} == {
                "ledger",
                outbox.collector,
            }

        async with carrying(address(port, tls=certificates), outbox, ledger):
            for words, tls, password in (
                ("not trusted", strangers, PASSWORD),
                ("refuses our login", certificates, OTHER),
            ):
                with redis_server(tmp_path, port=port, tls=tls, options={"requirepass": password}):
                    await until(lambda words=words: told(words), 20)
            with redis_server(tmp_path, port=port, tls=certificates, options={"requirepass": PASSWORD}):
                await until(lambda: outbox.count() == 0)
    assert len(ledger.facts) == 10
    assert [line for line in lines if line["event"] == "bus flows again"]


async def test_a_server_too_old_is_named_so_and_a_newer_one_in_its_place_is_used(
    tmp_path: Path, outbox: Outbox
) -> None:
    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            writer.write(b"-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n")
        writer.close()

    port, ledger = free_port(), MemoryLedger()
    outbox.append(changes(1, 10))
    with structlog.testing.capture_logs() as lines:
        async with carrying(address(port, ""), outbox, ledger):
            async with await asyncio.start_server(old, "127.0.0.1", port):
                await until(lambda: len(lines) >= 2)
            with redis_server(tmp_path, port=port):
                await until(lambda: outbox.count() == 0)
    assert len(ledger.facts) == 10
    assert sum("Redis 6.2 or newer is needed" in line.get("error", "") for line in lines) == 2


# -- a whole site


@contextmanager
def quanshi_run(site: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "monitor.cli", "run", "--site", str(site)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def status_command(site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor.cli", "status", "--site", str(site)]
    return subprocess.run(command, capture_output=True, text=True)


def told_by(log: Path, words: str) -> set[str]:
    """The roles that said this."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return {line["who"] for line in lines if words in line.get("error", "")}


def test_a_whole_site_runs_by_a_tls_address_and_starts_no_server_of_its_own(
    certificates: Certificates, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "quanshi.log"
    site = write_site(
        tmp_path,
        [
            camera("cam-1", address="127.0.0.1", probes="tcp"),
            camera("cam-2", address="127.0.0.1", probes="tcp"),
        ],
        redis=address(port, tls=certificates),
        probes={"tcp": {"every": "1s", "port": port}},  # the cameras' port is the server's own
    )
    data, roles = tmp_path / "data", {"monitor", "alert", "collect video 0/1"}
    good = redis_server(tmp_path, port=port, tls=certificates, options={"requirepass": PASSWORD})
    bad = redis_server(tmp_path, port=port, tls=certificates, options={"requirepass": OTHER})
    with quanshi_run(site, log) as run:
        with bad:
            wait_for(lambda: told_by(log, "refuses our login") == roles, 60)
            assert not is_ready(data)[0]
        with good:
            wait_for(lambda: is_ready(data)[0], 60)
            states = (ask_status(data) or {})["networks"]["video"]["states"]
            children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
            shown = status_command(site)
            run.terminate()
            assert run.wait(10) == 0
    assert states == {"up": 2, "degraded": 0, "down": 0, "unknown": 0}
    assert len(children) == len(roles), "no child but the roles: no embedded server"
    assert not (data / "redis").exists()
    assert shown.returncode == 0, shown.stderr
    text = log.read_text() + shown.stdout
    assert "Traceback" not in text
    assert not [secret for secret in SECRETS if secret in text]
