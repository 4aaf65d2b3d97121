from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bus_ledger import KEYS, stopwatch
from redis.asyncio import Redis
from redis.asyncio.connection import SSLConnection
from redis.exceptions import RedisError

from monitor.bus.client import BusError, connect, safe_url
from monitor.bus.contact import check_server
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys, entry_order


def test_the_keys_are_those_of_the_contract() -> None:
    keys = Keys("maoming")
    assert keys.facts == "quanshi:maoming:facts"
    assert keys.judgements == "quanshi:maoming:judgements"
    assert keys.alerts == "quanshi:maoming:alerts"
    assert keys.committed == "quanshi:maoming:committed"
    assert keys.durations("video", 1, 4) == "quanshi:maoming:durations:video:1of4"


def test_entries_are_ordered_as_numbers_and_rubbish_comes_first() -> None:
    assert entry_order("9-10") > entry_order("9-9") > entry_order("8-99") > entry_order("0-0")
    assert {entry_order(text) for text in ("", "x", "1", "1-", "-1", "1-x", "²-1")} == {(0, 0)}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://:secret@host:6379/0", "redis://host:6379/0"),
        ("rediss://user:secret@host/1?ssl_ca_certs=/ca.pem&password=secret", "rediss://host/1"),
        ("redis://:sec/ret@host/0", "redis://…"),
        ("redis://:sec@ret@host/0", "redis://…"),
        ("redis://:sec?ret@host/0", "redis://…"),
        ("redis://host/0?password=sec@ret", "redis://…"),
        ("unix:///run/quanshi.sock?password=secret", "unix:///run/quanshi.sock"),
        ("unix://user:secret@/run/quanshi.sock", "unix:///run/quanshi.sock"),
        ("secret", "(an address without a scheme)"),
    ],
)
def test_an_address_is_shown_without_its_secret(url: str, shown: str) -> None:
    assert safe_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "http://secret@host/",
        "redis://:secret@host:99999999/0",
        "redis://:sec/ret@host/0",
        "redis://host/0?nonsense=secret",
        "redis://host/0?socket_timeout=secret",
        "secret",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(BusError) as refused:
        connect(url)
    for text in ("secret", "sec", "ret"):
        assert text not in str(refused.value).replace("percent-encoded", "")
    assert refused.value.__suppress_context__ or refused.value.__cause__ is None


def test_commands_end_after_5_seconds_and_blocking_ones_after_their_block_and_5_more() -> None:
    assert connect("redis://host").connection_pool.connection_kwargs["socket_timeout"] == 5.0
    assert connect("redis://host", block=7).connection_pool.connection_kwargs["socket_timeout"] == 12.0


def test_tls_is_used_with_certificates_checked() -> None:
    redis = connect("rediss://:pw@host:6380/0?ssl_ca_certs=/etc/ca.pem")
    connection = redis.connection_pool.connection_class(**redis.connection_pool.connection_kwargs)
    assert isinstance(connection, SSLConnection)
    assert connection.ssl_context.cert_reqs.name == "CERT_REQUIRED"
    assert connection.ssl_context.ca_certs == "/etc/ca.pem"


async def test_replies_have_one_shape_and_text_goes_both_ways(bus: Redis) -> None:
    entry = await bus.xadd("s", {"data": "视频专网"})
    assert await bus.xread({"s": "0-0"}) == {"s": [(entry, {"data": "视频专网"})]}


async def test_a_password_is_used_and_a_wrong_one_is_not_shown(server: EmbeddedServer, bus: Redis) -> None:
    await bus.config_set("requirepass", "p@ss/word")
    async with connect(server.url.replace("unix://", "unix://:p%40ss%2Fword@")) as redis:
        assert await redis.ping()
    async with connect(server.url.replace("unix://", "unix://:wr0ng@")) as redis:
        with pytest.raises(RedisError, match="invalid username-password") as refused:
            await redis.ping()
    assert "wr0ng" not in str(refused.value)


async def test_a_task_that_is_cancelled_while_it_sends_ends(bus: Redis) -> None:
    async def ask() -> None:
        while True:
            await bus.ping()

    for delay in range(300):
        task = asyncio.create_task(ask())
        for _ in range(delay % 23 + 20):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=1)
        assert task in done
    assert await bus.ping()


async def test_a_cancelled_task_may_still_clean_up_with_redis(bus: Redis) -> None:
    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await bus.set("cleaned", "up")

    task = asyncio.create_task(work())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
    assert await bus.get("cleaned") == "up"


async def test_a_client_survives_a_restart_of_the_server(server: EmbeddedServer, bus: Redis) -> None:
    assert await bus.ping()
    server.stop()
    server.start()
    assert await bus.ping()


async def test_a_server_that_freezes_is_given_up_after_the_timeout(tmp_path: Path) -> None:
    async def freeze(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with served(tmp_path, freeze) as url, connect(url) as redis:
        redis.connection_pool.connection_kwargs["socket_timeout"] = 0.3
        with stopwatch() as elapsed, pytest.raises(RedisError):
            await redis.ping()
        assert elapsed() < 2


@asynccontextmanager
async def served(directory: Path, talk: Callable[..., object]) -> AsyncIterator[str]:
    server = await asyncio.start_unix_server(talk, str(directory / "fake.sock"))
    async with server:
        yield f"unix://{directory / 'fake.sock'}"


def answering(hello: bytes, server: dict[str, str]) -> Callable[..., object]:
    """A server that knows HELLO (or answers it with an error), INFO and nothing else."""
    info = "".join(f"{name}:{value}\r\n" for name, value in server.items()).encode()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            for _ in range(data.count(b"HELLO")):
                writer.write(hello)
            for _ in range(data.count(b"CLIENT\r\n")):
                writer.write(b"+OK\r\n")
            for _ in range(data.count(b"$4\r\nINFO\r\n")):
                writer.write(b"$%d\r\n%s\r\n" % (len(info), info))
        writer.close()

    return talk


HELLO = b"%1\r\n$5\r\nproto\r\n:3\r\n"


@pytest.mark.parametrize(
    ("hello", "info", "complaint"),
    [
        (HELLO, {"redis_version": "6.0.16"}, "6.2 or newer is needed, this is 6.0.16"),
        (b"-ERR unknown command `HELLO`\r\n", {}, "Redis 6.2 or newer is needed"),
        (HELLO, {"redis_version": "7.2.4", "redis_mode": "cluster"}, "cluster cannot be used"),
    ],
)
async def test_a_server_that_cannot_carry_our_streams_is_refused(
    tmp_path: Path, hello: bytes, info: dict[str, str], complaint: str
) -> None:
    async with served(tmp_path, answering(hello, info)) as url, connect(url) as redis:
        with pytest.raises(BusError, match=complaint):
            await check_server(redis)


async def test_redis_6_2_is_new_enough(tmp_path: Path) -> None:
    async with served(tmp_path, answering(HELLO, {"redis_version": "6.2.0"})) as url, connect(url) as redis:
        assert await check_server(redis) == "redis 6.2.0"


async def test_a_server_that_is_away_raises_what_redis_raises(tmp_path: Path) -> None:
    async with connect(f"unix://{tmp_path / 'nobody.sock'}") as redis:
        with pytest.raises(RedisError):
            await check_server(redis)


def test_keys_of_two_sites_differ() -> None:
    assert KEYS.facts != Keys("gaozhou").facts
