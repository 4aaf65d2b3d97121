import asyncio
import socket

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
