"""The attributor over a real ledger, with an engine that the test knows by heart."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from attribution_kit import AloneEngine
from small_site import Voice, camera, make_site
from waiting import until

from monitor.config import Site
from monitor.ledger import Ledger, LedgerError
from monitor.live.attributor import Attributor, judged_standings
from monitor.live.footings import Footings
from monitor.live.states import FRESH, Live
from monitor.model.decisions import Action, Decision
from monitor.model.events import Event, Judged, Standing
from monitor.model.observations import Cause, State
from monitor.model.orders import Order, OrderKind
from monitor.model.outages import Attribution, Outage, OutageKind, Phase
from monitor.model.said import Said
from monitor.model.times import format_time

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
T0 = 1_795_392_000_000


class Clock:
    now = T0

    def __call__(self) -> int:
        return self.now


class Judging:
    """An attributor at work, beside a ledger that the test appends to as an intake would."""

    def __init__(self, ledger: Ledger, site: Site, clock: Callable[[], int]) -> None:
        self.ledger = ledger
        self.live = Live(site, clock)
        self.engine = AloneEngine(site)
        self.news = 0
        self.attributor = Attributor(ledger, self.live, self._engine_of, on_verdicts=self._count)

    def _engine_of(self, _site: Site) -> AloneEngine:
        return self.engine

    def _count(self) -> None:
        self.news += 1

    async def takes(self, *events: Event) -> None:
        appended = await self.ledger.append("ledger", "facts", "1-1", events)
        for event in appended.fresh:
            self.live.apply(event)
        self.attributor.hear(appended.changes)

    async def told(self) -> list[Any]:
        return [row.payload for row in await self.ledger.judgements(0, 1000)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.attributor.run())
        try:
            yield
            assert not task.done(), task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(20):
            while not await condition():
                await asyncio.sleep(0.005)

    async def all_judged(self) -> None:
        async def none() -> bool:
            return not await self.ledger.unjudged()

        await self.until(none)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path, [camera("a"), camera("b")])


@pytest.fixture
async def ledger(empty_ledger: Path, tmp_path: Path) -> AsyncIterator[Ledger]:
    file = shutil.copy(empty_ledger, tmp_path)
    async with await Ledger.open(f"sqlite+aiosqlite:///{file}", wait=0.2) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def judging(ledger: Ledger, site: Site, clock: Clock) -> Judging:
    return Judging(ledger, site, clock)


async def test_a_change_is_judged_told_and_shown(judging: Judging) -> None:
    async with judging.running():
        await judging.takes(Voice().turns("a", UP, DOWN, T0))
        await judging.all_judged()
    outage, change = await judging.told()
    assert (outage.phase, outage.root) == (Phase.OPENED, "a")
    assert (change.attribution, change.outage) == (Attribution.OWN, outage.id)
    assert [each.id for each in judging.live.outages.all()] == [outage.id]


async def test_it_is_judged_at_once(judging: Judging) -> None:
    took = []
    async with judging.running():
        voice = Voice()
        for number in range(20):
            states = (UP, DOWN) if number % 2 == 0 else (DOWN, UP)
            await judging.takes(voice.turns("a", *states, T0 + number))
            appended = time.perf_counter()
            await judging.all_judged()
            took.append(time.perf_counter() - appended)
    took.sort()
    print(f"judged after {1000 * took[10]:.0f} ms, at most {1000 * took[-1]:.0f} ms")
    assert took[10] < 0.1


async def test_it_begins_with_what_waits_in_the_ledger(judging: Judging, site: Site, clock: Clock) -> None:
    await judging.takes(Voice().turns("a", UP, DOWN, T0), Voice(shard=1, shards=2).turns("b", UP, DOWN, T0))
    later = Judging(judging.ledger, site, clock)
    async with later.running():
        await later.all_judged()
    assert later.engine.heard == [1, 2]
    assert later.engine.standings["a", "video"] == Standing(UP, Cause.OK, T0 - 1000)
    assert len(later.live.outages.all()) == 2


async def test_a_long_queue_is_read_and_judged_in_pieces_and_can_be_left(
    judging: Judging, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two of them others have their turn: among these is the word to stop."""
    monkeypatch.setattr("monitor.live.attributor.READ_AT_ONCE", 300)
    monkeypatch.setattr("monitor.live.attributor.AT_ONCE", 10)
    voice = Voice()
    states = [(UP, DOWN), (DOWN, UP)]
    await judging.takes(*(voice.turns("a", *states[number % 2], T0 + number) for number in range(1000)))
    later = Judging(judging.ledger, site, clock)
    later.engine.hold = 3_600_000  # nothing is to be recorded, and so nothing is waited for
    turns = 0
    async with later.running():
        async with asyncio.timeout(5):
            while not later.engine.heard:
                await asyncio.sleep(0)
        while len(later.engine.heard) < 500:
            turns += 1
            await asyncio.sleep(0)
    assert turns > 10
    assert 500 <= len(later.engine.heard) < 1000, "it was stopped in the middle"
    again = Judging(judging.ledger, site, clock)
    async with again.running():
        await again.all_judged()
    assert again.engine.heard == list(range(1, 1001))


async def test_a_restart_says_nothing_twice(judging: Judging, site: Site, clock: Clock) -> None:
    voice = Voice()
    async with judging.running():
        await judging.takes(voice.turns("a", UP, DOWN, T0))
        await judging.all_judged()
    before = await judging.told()
    again = Judging(judging.ledger, site, clock)
    async with again.running():
        await until(lambda: ("a", "video") in again.engine.standings)
        assert again.engine.standings["a", "video"].state is DOWN
        assert await again.told() == before
        await again.takes(voice.turns("a", DOWN, UP, T0 + 9))
        await again.all_judged()
    assert [type(each) for each in (await again.told())[2:]] == [Outage, Judged]
    assert again.live.outages.all() == []


async def test_what_nobody_told_it_of_is_found_when_it_looks(judging: Judging) -> None:
    """A server may store a batch and go away before it says so."""
    async with judging.running():
        await asyncio.sleep(0.05)
        await judging.ledger.append("ledger", "facts", "1-1", [Voice().turns("a", UP, DOWN, T0)])
        judging.attributor.look()
        judging.attributor.look()
        await judging.all_judged()
    assert judging.engine.heard == [1]


async def test_what_is_heard_before_it_has_begun_comes_after_what_waits(judging: Judging) -> None:
    voice = Voice()
    first, second = (voice.turns(name, UP, DOWN, T0) for name in "ab")
    await judging.ledger.append("ledger", "facts", "1-1", [first])
    await judging.takes(second)
    async with judging.running():
        await judging.all_judged()
    assert judging.engine.heard == [1, 2]


async def test_a_change_that_was_stored_without_a_word_comes_before_the_next_one(judging: Judging) -> None:
    voice = Voice()
    first, second = (voice.turns(name, UP, DOWN, T0) for name in "ab")
    async with judging.running():
        await asyncio.sleep(0.05)
        await judging.ledger.append("ledger", "facts", "1-1", [first])
        await judging.takes(second)
        await judging.all_judged()
    assert judging.engine.heard == [1, 2]


async def test_what_is_held_is_judged_when_it_is_due_though_nothing_else_happens(
    ledger: Ledger, site: Site
) -> None:
    judging = Judging(ledger, site, lambda: time.time_ns() // 1_000_000)
    judging.engine.hold = 200
    async with judging.running():
        await asyncio.sleep(0.05)
        await judging.takes(Voice().turns("a", UP, DOWN, T0))
        await asyncio.sleep(0.1)
        assert await judging.told() == []
        appended = time.perf_counter()
        await judging.all_judged()
        assert time.perf_counter() - appended < 0.4


async def test_a_ledger_that_takes_nothing_for_a_while_loses_no_verdict(
    judging: Judging, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, refused = judging.ledger.judge, 0

    async def refusing(*args: Any) -> None:
        nonlocal refused
        refused += 1
        if refused == 1:
            raise LedgerError(Said.same("the disk is full"))
        await judge(*args)
        if refused == 2:
            raise LedgerError(Said.same("nobody heard that it was stored"))

    monkeypatch.setattr(judging.ledger, "judge", refusing)
    async with judging.running():
        await judging.takes(Voice().turns("a", UP, DOWN, T0))
        await judging.until(lambda: _true(refused == 3))
        await asyncio.sleep(0.05)
    assert [type(each) for each in await judging.told()] == [Outage, Judged]


async def _true(value: bool) -> bool:
    return value


async def test_a_ledger_that_needs_somebody_ends_it(
    judging: Judging, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refusing(*_args: Any) -> None:
        raise LedgerError(Said.same("it is no ledger"), lasting=True)

    await judging.takes(Voice().turns("a", UP, DOWN, T0))
    monkeypatch.setattr(judging.ledger, "judge", refusing)
    with pytest.raises(LedgerError, match="it is no ledger"):
        await asyncio.wait_for(judging.attributor.run(), 5)


async def test_a_blind_collector_is_an_outage_until_it_sees(judging: Judging, clock: Clock) -> None:
    voice = Voice()

    async def opened() -> bool:
        return len(judging.live.outages.all()) == 1

    async def closed() -> bool:
        return judging.live.outages.all() == []

    async with judging.running():
        await judging.takes(voice.sees(T0 - 10_000, T0))
        await judging.takes(voice.sees(T0, T0 + 10, blind=True))
        await judging.until(opened)
        (found,) = judging.live.outages.all()
        assert (found.kind, found.root, found.cause) == (OutageKind.OBSERVER, "video-0of1", Cause.BLIND)
        await judging.takes(voice.sees(T0 + 10, T0 + 20))
        await judging.until(closed)


async def test_an_order_of_another_process_is_told_within_a_second(judging: Judging, tmp_path: Path) -> None:
    async with judging.running():
        await asyncio.sleep(0.1)
        before = judging.news
        async with await Ledger.open(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}") as command:
            await command.give(Order("o1", OrderKind.ACK, "张三", T0))
        await judging.until(lambda: _true(judging.news > before))
    assert judging.ledger.judgement_marks.last == 1


async def test_a_decision_is_heeded_before_what_it_covers_is_told(judging: Judging) -> None:
    span = {"start": format_time(T0 - 1000), "end": format_time(T0 + 9000), "note": ""}
    body = {"kind": "exclusion", "scope": {"nodes": ["a"]}, "reason": "planned_work", **span}
    await judging.ledger.decide(Decision("e1", Action.REQUEST, "张三", T0 - 2000, body))
    await judging.ledger.decide(Decision("e1", Action.APPROVE, "李四", T0 - 2000, {}))
    async with judging.running():
        await judging.takes(
            Voice().turns("a", UP, DOWN, T0), Voice(shard=1, shards=2).turns("b", UP, DOWN, T0)
        )
        await judging.until(lambda: _true(len(judging.live.outages.all()) == 2))
    assert {each.root: each.excluded for each in judging.live.outages.all()} == {"a": "e1", "b": ""}


async def test_a_storm_is_judged_in_pieces_so_that_the_intake_gets_its_turn(judging: Judging) -> None:
    voice = Voice()
    await judging.takes(*(voice.turns(f"cam-{n}", UP, DOWN, T0 + n) for n in range(1200)))
    async with judging.running():
        await judging.all_judged()
    assert judging.engine.heard == list(range(1, 1201))
    assert judging.live.outages.counts() == {("video", OutageKind.NODE): 1200}


async def test_a_watch_stands_as_it_did_before_what_is_not_judged(judging: Judging) -> None:
    voice = Voice()
    await judging.takes(
        voice.turns("a", UNKNOWN, UP, T0),
        voice.turns("b", DOWN, UP, T0 + 5),
        voice.turns("b", UP, DOWN, T0 + 6),
    )
    found = judged_standings(await judging.ledger.standings(), await judging.ledger.unjudged())
    assert {watch: standing.state for watch, standing in found.items()} == {("b", "video"): DOWN}


def test_silence_counts_only_after_there_was_time_to_speak(site: Site, clock: Clock) -> None:
    live, voice = Live(site, clock), Voice()
    live.apply(voice.sees(T0 - 500_000, T0 - 400_000))
    footings = Footings(live, (), T0)
    assert list(footings.turns(T0)) == []
    clock.now = T0 + FRESH
    (turn,) = footings.turns(clock.now)
    assert (turn.sees, turn.cause, turn.at) == (False, Cause.NO_REPLY, T0 - 400_000)
    assert list(footings.turns(clock.now + 1)) == []
    live.apply(voice.sees(clock.now - 10_000, clock.now))
    (turn,) = footings.turns(clock.now)
    assert turn.sees


def test_a_collector_of_no_plan_any_more_is_nobodys_outage(site: Site, clock: Clock) -> None:
    (turn,) = Footings(Live(site, clock), [("video-3of4", "video")], T0).turns(T0)
    assert (turn.collector, turn.sees) == ("video-3of4", True)
