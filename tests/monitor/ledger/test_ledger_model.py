"""Whatever Redis does to the order and number of deliveries, the database holds each event once."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ledgerkit import STREAM, change, said, url_of

from monitor.ledger import Ledger
from monitor.model.events import Event

COLLECTORS = ("video-0of1", "police-0of1")


class Writers:
    """Honest outboxes: they send again what is not committed, and now and then one starts anew."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.epoch = dict.fromkeys(COLLECTORS, 1)
        self.last = dict.fromkeys(COLLECTORS, 0)
        self.confirmed = dict.fromkeys(COLLECTORS, 0)
        self.said: list[Event] = []

    def speak(self) -> None:
        for collector in COLLECTORS:
            for _ in range(self.random.randint(0, 6)):
                self.last[collector] += 1
                self.said.append(self.event(collector, self.last[collector]))

    def begin_anew(self) -> None:
        collector = self.random.choice(COLLECTORS)
        if self.confirmed[collector] == self.last[collector]:
            self.epoch[collector] += 1
            self.last[collector] = self.confirmed[collector] = 0

    def event(self, collector: str, number: int) -> Event:
        epoch = self.epoch[collector]
        payload = change(f"{collector}-{epoch}-{number}", network=collector.partition("-")[0])
        return said(payload, number, collector=collector, epoch=epoch, oldest=self.confirmed[collector] + 1)

    def unconfirmed(self) -> list[Event]:
        return [
            self.event(collector, number)
            for collector in COLLECTORS
            for number in range(self.confirmed[collector] + 1, self.last[collector] + 1)
        ]

    def hear(self, committed: Any) -> None:
        for collector, (epoch, sequence) in committed.items():
            if epoch == self.epoch[collector]:
                self.confirmed[collector] = max(self.confirmed[collector], sequence)


def delivered(events: list[Event], stale: list[Event], random: Random) -> list[Event]:
    """Some lost, some twice, some out of place, and old ones among them."""
    batch = [event for event in events for _ in range(random.choice((0, 1, 1, 1, 2)))]
    batch += random.sample(stale, min(len(stale), random.randint(0, 4)))
    for _ in range(random.randint(0, 3)):
        if batch:
            batch.insert(random.randrange(len(batch)), batch.pop(random.randrange(len(batch))))
    return batch


async def deliver(writers: Writers, url: str, rounds: int) -> tuple[list[Event], int]:
    """Speak for some rounds, and deliver until all is kept. What was new, and how often was delivered."""
    ledger = await Ledger.open(url)
    fresh: list[Event] = []
    turn = 0
    while turn < rounds or writers.unconfirmed():
        if turn < rounds:
            writers.speak()
            writers.begin_anew()
        batch = delivered(writers.unconfirmed(), writers.said, writers.random)
        appended = await ledger.append("ledger", STREAM, f"{turn}-1", batch)
        fresh += appended.fresh
        writers.hear(appended.committed)
        assert appended.gaps == 0
        if writers.random.random() < 0.2:
            await ledger.close()
            ledger = await Ledger.open(url)
        turn += 1
    await ledger.close()
    return fresh, turn


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 12))
async def test_each_event_is_kept_once_and_in_order(new_folder: Any, seed: int, rounds: int) -> None:
    await speak(new_folder, seed, rounds)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 12))
async def test_in_postgres_too_each_event_is_kept_once_and_in_order(
    new_database: Any, seed: int, rounds: int
) -> None:
    await speak(new_database, seed, rounds)


async def speak(new_place: Any, seed: int, rounds: int) -> None:
    random = Random(seed)
    writers = Writers(random)
    with new_place() as place:
        fresh, turns = await deliver(writers, url_of(place), rounds)
        async with await Ledger.open(url_of(place)) as ledger:
            kept = [row.event for row in await ledger.changes()]
            position = await ledger.position("ledger", STREAM)
    assert position == f"{turns - 1}-1"
    assert kept == [event.id for event in fresh]
    for collector in COLLECTORS:
        mine = [event_id for event_id in kept if event_id.collector == collector]
        assert mine == [event.id for event in writers.said if event.id.collector == collector]
