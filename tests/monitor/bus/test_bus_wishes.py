"""Wishes on their way: what the monitor may say to collectors, and what it hears of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from monitor.bus import wishes as module
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.bus.wishes import (
    CAPPED,
    EXPIRES,
    STALE,
    Answer,
    Answers,
    BusAwayError,
    Dropped,
    Heard,
    NobodyHearsError,
    Wish,
    WishError,
    Wishes,
    WishReader,
)
from monitor.model.observations import Cause

NOW = 1_700_000_000_000


@pytest.fixture
def wishes(bus: Redis, keys: Keys) -> Wishes:
    return Wishes(bus, keys)


@asynccontextmanager
async def reading(reader: WishReader) -> AsyncIterator[list[Heard]]:
    """What is read meanwhile, in order."""
    heard: list[Heard] = []

    async def read() -> None:
        async for batch in reader.batches():
            heard.extend(batch)

    task = asyncio.create_task(read())
    try:
        yield heard
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_heard(heard: list[Heard], count: int) -> list[str]:
    async with asyncio.timeout(10):
        while len(heard) < count:
            await asyncio.sleep(0.01)
    return [one.wish.node for one in heard]


async def server_now(bus: Redis) -> int:
    seconds, micros = await bus.time()
    return int(seconds) * 1000 + int(micros) // 1000


# --- telling ---


async def test_a_wish_arrives_as_it_was_told_and_leaves_nothing_behind_for_long(
    server: EmbeddedServer, bus: Redis, keys: Keys, wishes: Wishes
) -> None:
    async with reading(WishReader(server.url, keys, "video")) as heard:
        await asyncio.sleep(0.1)
        wish = await wishes.tell("cam-1", "video", NOW)
        await until_heard(heard, 1)
    (one,) = heard
    assert one.wish == wish == Wish(wish.id, "cam-1", "video", NOW)
    assert 0 <= one.age < 2000
    assert await wishes.answer_of(wish.id) is None
    assert 0 < await bus.ttl(keys.wishes("video")) <= EXPIRES
    assert 0 < await bus.ttl(keys.hearing("video")) <= EXPIRES


async def test_where_no_collector_hears_it_is_said_at_once_and_nothing_is_written(
    bus: Redis, keys: Keys, wishes: Wishes
) -> None:
    await bus.set(keys.hearing("police"), "1")
    with pytest.raises(NobodyHearsError, match="no collector of the network video hears wishes"):
        await wishes.tell("cam-1", "video", NOW)
    assert await bus.exists(keys.wishes("video")) == 0


async def test_without_redis_it_says_so_within_its_patience(
    server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    server.stop()
    began = time.monotonic()
    with pytest.raises(BusAwayError, match="redis: "):
        await wishes.tell("cam-1", "video", NOW)
    with pytest.raises(BusAwayError, match="redis: "):
        await wishes.answer_of("0" * 16)
    assert time.monotonic() - began < 2 * module.PATIENCE + 0.5


async def test_of_many_wishes_the_newest_are_kept(bus: Redis, keys: Keys, wishes: Wishes) -> None:
    await bus.set(keys.hearing("video"), "1")
    told = [await wishes.tell(f"cam-{number}", "video", NOW) for number in range(CAPPED + 20)]
    kept = await bus.xrange(keys.wishes("video"))
    assert [fields["id"] for _, fields in kept] == [wish.id for wish in told[20:]]
    assert len({wish.id for wish in told}) == len(told)


# --- reading ---


async def test_a_reader_that_starts_hears_those_of_the_last_ten_seconds(
    server: EmbeddedServer, bus: Redis, keys: Keys
) -> None:
    moment = await server_now(bus)
    for number, age in enumerate((60_000, STALE + 1000, STALE - 3000, 0)):
        wish = Wish(f"{number:016x}", f"aged-{age}", "video", NOW)
        await bus.xadd(keys.wishes("video"), wish.fields(), id=f"{moment - age}-0")
    async with reading(WishReader(server.url, keys, "video")) as heard:
        assert await until_heard(heard, 2) == [f"aged-{STALE - 3000}", "aged-0"]
    assert [round(one.age, -3) for one in heard] == [STALE - 3000, 0]


async def test_behind_a_flood_that_went_stale_a_reader_goes_on_with_what_counts(
    server: EmbeddedServer, bus: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALE", 400)
    stream = keys.wishes("video")

    async def add(first: int, last: int) -> None:
        pipe = bus.pipeline(transaction=False)
        for number in range(first, last):
            pipe.xadd(stream, Wish(f"{number:016x}", f"cam-{number}", "video", NOW).fields())
        await pipe.execute()

    await add(0, 3000)
    reader = WishReader(server.url, keys, "video")
    async with reading(reader) as heard:
        await until_heard(heard, CAPPED)
        await asyncio.sleep(0.5)
        await add(3000, 3001)
        async with asyncio.timeout(5):
            while heard[-1].wish.node != "cam-3000":
                await asyncio.sleep(0.01)
    assert len(heard) < 2000


async def test_a_stream_that_began_anew_with_the_clock_set_back_is_heard_again(
    server: EmbeddedServer, bus: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 0.2)
    moment = await server_now(bus)
    stream, ahead = keys.wishes("video"), f"{moment + 3_600_000}-0"
    async with reading(WishReader(server.url, keys, "video")) as heard:
        await bus.xadd(stream, Wish("0" * 16, "ahead", "video", NOW).fields(), id=ahead)
        await until_heard(heard, 1)
        await bus.delete(stream)
        await bus.xadd(stream, Wish("1" * 16, "anew", "video", NOW).fields())
        async with asyncio.timeout(5):
            while heard[-1].wish.node != "anew":
                await asyncio.sleep(0.01)
    assert heard[0].age < 0  # not stale: it is the clock that was set


async def test_what_is_no_wish_is_counted_and_passed_over(
    server: EmbeddedServer, bus: Redis, keys: Keys
) -> None:
    reader = WishReader(server.url, keys, "video")
    async with reading(reader) as heard:
        await bus.xadd(keys.wishes("video"), {"id": "1"})
        await bus.xadd(keys.wishes("video"), Wish("g" * 16, "cam", "video", NOW).fields())
        await bus.xadd(keys.wishes("video"), Wish("a" * 16, "cam", "video", NOW).fields())
        assert await until_heard(heard, 1) == ["cam"]
    assert reader.dropped == {Dropped.UNREADABLE: 2}


async def test_it_reads_on_when_its_connection_was_cut(
    server: EmbeddedServer, bus: Redis, keys: Keys, wishes: Wishes
) -> None:
    async with reading(WishReader(server.url, keys, "video")) as heard:
        await bus.set(keys.hearing("video"), "1")
        await wishes.tell("first", "video", NOW)
        await until_heard(heard, 1)
        await bus.client_kill_filter(_type="normal", skipme=True)
        await wishes.tell("second", "video", NOW)
        async with asyncio.timeout(10):
            while heard[-1].wish.node != "second":
                await asyncio.sleep(0.01)


# --- answers ---

ANSWERS = Answers(
    "cam-1",
    "video",
    done=True,
    answers=(Answer("rtsp", Cause.OK, NOW, 0.25), Answer("ping", Cause.NOT_PERMITTED, NOW, None)),
)


async def test_the_answers_of_a_wish_are_read_as_they_were_written(
    bus: Redis, keys: Keys, wishes: Wishes
) -> None:
    await bus.set(keys.wish("0" * 16), ANSWERS.to_json())
    assert await wishes.answer_of("0" * 16) == ANSWERS


async def test_an_id_that_no_wish_has_is_nobodys(bus: Redis, keys: Keys, wishes: Wishes) -> None:
    await bus.set(keys.wish("x"), ANSWERS.to_json())
    assert [await wishes.answer_of(name) for name in ("x", "", "0" * 17, "../facts")] == [None] * 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "[" * 100_000,
        json.dumps({"done": True}),
        ANSWERS.to_json().replace('"ok"', '"fine"'),
        ANSWERS.to_json().replace("0.25", "NaN"),
        ANSWERS.to_json().replace("0.25", "[]"),
        ANSWERS.to_json().replace(str(NOW), "1e400"),
        ANSWERS.to_json().replace(str(NOW), "9" * 30),
        ANSWERS.to_json().replace('"done"', '"dropped": "because", "done"'),
    ],
)
async def test_an_answer_that_is_none_is_refused(bus: Redis, keys: Keys, wishes: Wishes, text: str) -> None:
    await bus.set(keys.wish("0" * 16), text)
    with pytest.raises(WishError, match="the answer is not readable"):
        await wishes.answer_of("0" * 16)


@given(
    st.builds(
        Answers,
        st.text(min_size=1),
        st.sampled_from(["video", "police"]),
        st.booleans(),
        st.lists(
            st.builds(
                Answer,
                st.text(min_size=1),
                st.sampled_from(Cause),
                st.integers(0, 4_000_000_000_000),
                st.none() | st.floats(0, 1e6),
            )
        ).map(tuple),
        st.none() | st.sampled_from(Dropped),
    )
)
def test_answers_survive_their_way(answers: Answers) -> None:
    assert Answers.from_json(answers.to_json()) == answers
