import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from waiting import until

from collectors.engine.resolver import Resolver, literal, sockaddr


def test_literals_need_no_resolving():
    assert literal("127.0.0.1") == (socket.AF_INET, "127.0.0.1")
    assert literal("::1") == (socket.AF_INET6, "::1")
    assert literal("localhost") is None


def test_each_family_has_its_own_form_of_address():
    assert sockaddr(socket.AF_INET, "127.0.0.1", 554) == ("127.0.0.1", 554)
    assert sockaddr(socket.AF_INET6, "::1", 554) == ("::1", 554, 0, 0)


async def told(name: str) -> tuple[int, str | None]:
    resolver = Resolver()
    answer: asyncio.Future[tuple[int, str | None]] = asyncio.get_running_loop().create_future()
    resolver.want(name, lambda family, address: answer.done() or answer.set_result((family, address)))
    running = asyncio.create_task(resolver.run())
    try:
        return await asyncio.wait_for(answer, 20)
    finally:
        running.cancel()


async def test_a_name_becomes_an_address():
    family, address = await told("localhost")
    assert (family, address) in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


async def test_a_name_that_has_none_is_told_as_that():
    assert await told("no-such-camera.invalid") == (0, None)


async def test_an_impossible_name_is_told_as_that_and_harms_nobody():
    assert await told("a" * 80 + ".invalid") == (0, None)


class NameServer:
    """Looks names up as slowly as a test wants; who is asked while it is dead waits until the test ends."""

    def __init__(self, *, takes: float = 0.0) -> None:
        self.takes = takes
        self.lives = threading.Event()
        self.asked: list[str] = []

    def look_up(self, name: str) -> tuple[int, str]:
        self.asked.append(name)
        time.sleep(self.takes)
        self.lives.wait(60)
        return socket.AF_INET, "127.0.0.1"


@asynccontextmanager
async def resolving(server: NameServer, *, at_once: int = 8) -> AsyncIterator[Resolver]:
    resolver = Resolver(at_once=at_once, look_up=server.look_up)
    running = asyncio.create_task(resolver.run())
    try:
        yield resolver
        assert not running.done()
    finally:
        server.lives.set()
        running.cancel()


class Heard(dict[str, list[str | None]]):
    """What was told, by name."""

    def of(self, name: str):
        return lambda _family, address: self.setdefault(name, []).append(address)


async def test_a_dead_name_server_is_told_of_all_names_within_seconds_and_its_late_answers_are_used():
    heard, server = Heard(), NameServer()
    names = [f"cam-{number}.example" for number in range(500)]
    async with resolving(server) as resolver:
        began = time.monotonic()
        for name in names:
            resolver.want(name, heard.of(name))
        await until(lambda: len(heard) == len(names))
        assert time.monotonic() - began < 4.0
        assert all(told == [None] for told in heard.values())
        assert len(server.asked) == 8
        server.lives.set()
        await until(lambda: all(told == [None, "127.0.0.1"] for told in heard.values()))


async def test_threads_that_wait_for_a_name_server_are_not_those_of_others():
    server = NameServer()
    async with resolving(server, at_once=64) as resolver:
        for number in range(200):
            resolver.want(f"cam-{number}.example", lambda *_: None)
        await until(lambda: len(server.asked) == 64)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 1) == "done"


async def test_a_slow_name_server_is_waited_for_as_long_as_it_answers():
    heard, server = Heard(), NameServer(takes=0.2)
    server.lives.set()
    async with resolving(server, at_once=2) as resolver:
        for number in range(50):
            resolver.want(f"cam-{number}.example", heard.of(f"cam-{number}.example"))
        await until(lambda: len(heard) == 50)
    assert all(told == ["127.0.0.1"] for told in heard.values())


async def test_who_asks_for_a_name_that_is_being_waited_for_is_told_as_soon_as_the_first_was():
    heard, server = Heard(), NameServer()
    async with resolving(server, at_once=1) as resolver:
        resolver.want("dead.example", heard.of("first"))
        await until(lambda: heard.get("first") == [None])
        began = time.monotonic()
        resolver.want("dead.example", heard.of("second"))
        resolver.want("other.example", heard.of("third"))
        await until(lambda: heard.get("second") == [None] and heard.get("third") == [None])
        assert time.monotonic() - began < 4.0


async def test_a_new_name_is_looked_up_beside_those_that_are_being_waited_for():
    heard, server = Heard(), NameServer()
    async with resolving(server) as resolver:
        resolver.want("dead.example", heard.of("dead"))
        await until(lambda: server.asked)
        resolver.want("new.example", heard.of("new"))
        await until(lambda: len(server.asked) == 2, 1.0)
        server.lives.set()
        await until(lambda: heard == {"dead": ["127.0.0.1"], "new": ["127.0.0.1"]})


async def test_stopping_does_not_wait_for_a_dead_name_server():
    server = NameServer()
    resolver = Resolver(look_up=server.look_up)
    resolver.want("dead.example", lambda *_: None)
    running = asyncio.create_task(resolver.run())
    await until(lambda: server.asked)
    running.cancel()
    began = time.monotonic()
    await asyncio.wait([running], timeout=10)
    assert time.monotonic() - began < 1.0
    server.lives.set()


async def test_a_name_that_nobody_wants_any_more_is_not_looked_up_again(monkeypatch):
    monkeypatch.setattr("collectors.engine.resolver.AGAIN", 0.3)
    heard, server = Heard(), NameServer()
    async with resolving(server) as resolver:
        gone = heard.of("gone")
        resolver.want("gone.example", gone)
        resolver.want("stays.example", heard.of("stays"))
        await until(lambda: len(server.asked) == 2)
        resolver.forget("gone.example", gone)
        server.lives.set()
        await until(lambda: len(heard.get("stays", ())) >= 3)
    assert server.asked.count("gone.example") == 1


async def test_who_was_forgotten_is_told_nothing():
    heard, server = Heard(), NameServer()
    async with resolving(server) as resolver:
        gone, stays = heard.of("gone"), heard.of("stays")
        resolver.want("cam.example", gone)
        resolver.want("cam.example", stays)
        resolver.forget("cam.example", gone)
        await until(lambda: heard.get("stays") == [None])
        server.lives.set()
        await until(lambda: heard.get("stays") == [None, "127.0.0.1"])
    assert "gone" not in heard
