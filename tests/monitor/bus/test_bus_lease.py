"""One leads: the lease, its number, and what happens when holder or server are lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest
from redis.asyncio import Redis

from monitor.bus.embedded import EmbeddedServer
from monitor.bus.holder import Holder
from monitor.bus.keys import Keys
from monitor.bus.lease import Held, Lease

KEYS = Keys("maoming")
TTL = 0.6

Candidate = Callable[[], Lease]


@pytest.fixture
def candidate(bus: Redis) -> Candidate:
    return lambda: Lease(bus, KEYS.leader, ttl=TTL)


async def test_the_first_to_come_leads_and_the_second_hears_who_does(candidate: Candidate) -> None:
    first, second = candidate(), candidate()
    assert await first.attempt(0) == 1
    answer = await second.attempt(0)
    assert isinstance(answer, Held)
    assert answer.who == Holder.me().name
    assert 0 < answer.left <= TTL


async def test_of_many_that_come_at_once_one_leads(candidate: Candidate) -> None:
    answers = await asyncio.gather(*(candidate().attempt(0) for _ in range(20)))
    assert [answer for answer in answers if isinstance(answer, int)] == [1]


async def test_each_term_has_a_higher_number(candidate: Candidate) -> None:
    for term in (1, 2, 3):
        async with candidate() as lease:
            assert await lease.take(0) == term


async def test_the_number_is_above_what_the_store_knows_whatever_redis_has_forgotten(
    candidate: Candidate, bus: Redis
) -> None:
    async with candidate() as lease:
        assert await lease.take(41) == 42
    await bus.flushall()
    async with candidate() as lease:
        assert await lease.take(42) == 43


async def test_a_lease_that_is_given_back_is_taken_at_once(candidate: Candidate) -> None:
    first, second = candidate(), candidate()
    await first.attempt(0)
    waiting = asyncio.create_task(second.take(0))
    await asyncio.sleep(0.05)
    began = asyncio.get_running_loop().time()
    await first.release()
    assert await waiting == 2
    assert asyncio.get_running_loop().time() - began < 0.6


async def test_a_lease_that_nobody_renews_runs_out(candidate: Candidate) -> None:
    await candidate().attempt(0)
    told: list[str] = []
    async with asyncio.timeout(TTL + 1):
        assert await candidate().take(0, told.append) == 2
    assert set(told) == {Holder.me().name}


async def test_a_lease_that_is_kept_is_nobody_elses(candidate: Candidate) -> None:
    first = candidate()
    keeping = asyncio.create_task(first.keep(await first.take(0)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3 * TTL):
            await candidate().take(0)
    assert not keeping.done()
    keeping.cancel()


async def test_who_slept_through_the_end_of_its_lease_learns_that_another_leads(candidate: Candidate) -> None:
    sleeper, other = candidate(), candidate()
    term = await sleeper.take(0)
    assert await other.take(0) == term + 1
    async with asyncio.timeout(TTL):
        await sleeper.keep(term)


async def test_who_slept_through_two_terms_does_not_take_its_own_up_again(candidate: Candidate) -> None:
    sleeper = candidate()
    term = await sleeper.take(0)
    async with candidate() as other:
        await other.take(0)
    async with asyncio.timeout(TTL):
        await sleeper.keep(term)  # the lease is free, but somebody had it meanwhile


async def test_who_slept_while_nobody_came_goes_on(candidate: Candidate) -> None:
    sleeper = candidate()
    term = await sleeper.take(0)
    await asyncio.sleep(TTL + 0.1)
    keeping = asyncio.create_task(sleeper.keep(term))
    await asyncio.sleep(TTL / 2)
    assert isinstance(await candidate().attempt(0), Held)
    assert not keeping.done()
    keeping.cancel()


async def test_an_emptied_redis_ends_no_term(candidate: Candidate, bus: Redis) -> None:
    first = candidate()
    term = await first.take(7)
    keeping = asyncio.create_task(first.keep(term))
    await bus.flushall()
    await asyncio.sleep(TTL / 2)
    assert isinstance(await candidate().attempt(0), Held)
    assert not keeping.done()
    keeping.cancel()
    await first.release()
    assert await candidate().attempt(0) == term + 1


async def test_a_term_that_begins_while_redis_is_full_goes_on_when_it_is_not(
    candidate: Candidate, bus: Redis
) -> None:
    async with candidate() as last:
        assert await last.take(0) == 1
    await bus.config_set("maxmemory", 1)
    lease = candidate()
    term = await lease.take(0)
    assert term == 2
    keeping = asyncio.create_task(lease.keep(term))
    await asyncio.sleep(TTL)
    await bus.config_set("maxmemory", 0)
    await asyncio.sleep(TTL / 2)
    assert isinstance(await candidate().attempt(0), Held)
    assert not keeping.done()
    keeping.cancel()


async def test_only_the_holder_gives_it_back(candidate: Candidate) -> None:
    first, second = candidate(), candidate()
    await first.attempt(0)
    await second.release()
    assert isinstance(await second.attempt(0), Held)


async def test_a_server_that_is_away_is_waited_for_and_ends_no_term(
    server: EmbeddedServer, bus: Redis, candidate: Candidate
) -> None:
    first = candidate()
    keeping = asyncio.create_task(first.keep(await first.take(0)))
    server.stop()
    waiting = asyncio.create_task(candidate().take(0))
    await asyncio.sleep(TTL)
    assert not keeping.done()
    assert not waiting.done()
    server.start()
    await asyncio.sleep(TTL)
    assert waiting.done() is keeping.done()  # whoever asked first has it, and the other knows
    keeping.cancel()
    waiting.cancel()
    await asyncio.gather(keeping, waiting, return_exceptions=True)


async def test_a_holder_of_this_machine_that_was_killed_keeps_nobody_waiting(bus: Redis) -> None:
    holding = (
        "import asyncio, sys\n"
        "from monitor.bus.client import connect\n"
        "from monitor.bus.keys import Keys\n"
        "from monitor.bus.lease import Lease\n"
        "async def hold():\n"
        "    print(await Lease(connect(sys.argv[1]), Keys('maoming').leader, ttl=60).take(0), flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(hold())\n"
    )
    url = f"unix://{bus.connection_pool.connection_kwargs['path']}"
    with subprocess.Popen([sys.executable, "-c", holding, url], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert await asyncio.to_thread(child.stdout.readline) == "1\n"
        lease = Lease(bus, KEYS.leader, ttl=TTL)
        assert isinstance(await lease.attempt(0), Held)
        child.kill()  # its remains are not buried yet
        async with asyncio.timeout(5):
            assert await lease.take(0) == 2


async def test_a_lease_in_words_that_are_none_of_ours_is_waited_out(candidate: Candidate, bus: Redis) -> None:
    await bus.set(KEYS.leader, "something else:1", px=300)
    await bus.set(f"{KEYS.leader}:fence", "no number")
    answer = await candidate().attempt(0)
    assert isinstance(answer, Held)
    assert answer.who == "something else:1"
    async with asyncio.timeout(2):
        assert await candidate().take(0) == 1


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        (Holder.me().text, False),
        (f"elsewhere:{2**22 + 1} another-boot 123 token", False),
        (f"here:{2**22 + 1} {Holder.me().machine} 123 token", True),
        (f"here:1 {Holder.me().machine} 123 token", True),  # another process has its id now
        ("here:x", False),
        ("", False),
    ],
    ids=["living", "elsewhere", "gone", "another", "no number", "nothing"],
)
def test_only_who_is_certainly_dead_is_said_to_be(text: str, dead: bool) -> None:
    assert Holder.parse(text).is_dead() is dead
