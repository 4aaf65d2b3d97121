"""Delivery on a clock of the test's own: order, limits, patience, fallbacks, and stopping at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from delivery_kit import T0, FakeChannel, FakeClock, alert, end, keys, message, settle

from alerts import postings
from alerts.channels.base import DeliveryError, PermanentError, TemporaryError
from alerts.database import Database, DatabaseError
from alerts.delivery import Delivery
from alerts.model import Alert, Happening, Message
from alerts.outbox import STEPS, Fallback, Outbox, Outcome
from alerts.pace import Latency, Pace, Patience

HOUR = 3600.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "alerts.db", STEPS) as opened:
        yield opened


@pytest.fixture
def outbox(database: Database, clock: FakeClock) -> Outbox:
    return Outbox(database, clock.now)


@pytest.fixture
def add(database: Database, outbox: Outbox) -> Callable[..., None]:
    def put(*messages: Message, channel: str = "duty", fallback: Fallback | None = None) -> None:
        with database.transaction() as db:
            for each in messages:
                outbox.enqueue(db, channel, each, fallback=fallback)

    return put


@pytest.fixture
def deliver(database: Database, outbox: Outbox, clock: FakeClock) -> Callable[..., Any]:
    @asynccontextmanager
    async def delivering(*channels: FakeChannel, **options: Any) -> AsyncIterator[Delivery]:
        delivery = Delivery(database, outbox, channels, clock=clock, chance=lambda: 1.0, **options)
        stop = asyncio.Event()
        task = asyncio.create_task(delivery.run(stop))
        await clock.advance(0)
        yield delivery
        stop.set()
        await task

    return delivering


def failing(times: int, error: DeliveryError | None = None) -> Callable[[Message], DeliveryError | None]:
    """Fails so many times, then takes everything."""
    left = [times]

    def answer(_: Message) -> DeliveryError | None:
        left[0] -= 1
        return (error or TemporaryError("HTTP 503")) if left[0] >= 0 else None

    return answer


Add = Callable[..., None]
Deliver = Callable[..., Any]


async def test_messages_are_delivered_in_order_and_at_once(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock)
    said = [message(1), message(2), end(1)]
    add(*said[:2])
    async with deliver(duty):
        add(said[2])
        await settle()
        assert duty.got == [(0.0, key) for key in keys(said)]
    assert duty.closed


async def test_after_failures_it_waits_longer_and_longer_and_then_a_minute(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, answer=failing(8))
    add(message(1))
    async with deliver(duty):
        await clock.advance(600)
    assert [moment for moment, _ in duty.tried][:8] == [0, 1, 3, 7, 15, 47, 111, 231]
    assert duty.keys == ["00000001/fired"]


async def test_jitter_spreads_what_failed_together() -> None:
    patience = Patience()
    assert [patience.after(3, 60.0, chance) for chance in (0.0, 0.5)] == [2.0, 3.0]
    assert patience.after(10_000, 60.0, 1.0) == 60.0


async def test_a_receiver_that_says_when_is_obeyed_but_not_for_ever(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, answer=failing(1, TemporaryError("too fast", after=90.0)))
    night = FakeChannel(clock, "night", answer=failing(1, TemporaryError("too fast", after=1e9)))
    add(message(1), message(2))
    add(message(1), channel="night")
    async with deliver(duty, night):
        await clock.advance(2 * HOUR)
    assert duty.got == [(90.0, "00000001/fired"), (90.0, "00000002/fired")]
    assert night.got == [(3600.0, "00000001/fired")]


async def test_the_limit_is_kept_over_any_stretch_and_over_a_restart_and_it_is_said_how_many_wait(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, limit=(20, 60.0))
    add(*(message(number) for number in range(1, 51)))
    async with deliver(duty) as delivery:
        await clock.advance(30)
        assert (len(duty.got), delivery.numbers().held, delivery.numbers().pending) == (
            20,
            {"duty": 30},
            {"duty": 30},
        )
    async with deliver(duty) as delivery:
        await clock.advance(29.9)
        assert len(duty.got) == 20
        await clock.advance(100)
        assert delivery.numbers().held == {}
    moments = [moment for moment, _ in duty.got]
    assert moments == [0.0] * 20 + [60.0] * 20 + [120.0] * 10


def test_a_clock_set_back_holds_nobody_for_longer_than_the_limit() -> None:
    pace = Pace((1, 60.0))
    pace.note(T0)
    assert pace.wait(T0 - 10_000_000) == 60.0
    assert Pace(None).wait(T0) == 0.0


async def test_a_clock_set_back_makes_nobody_wait_for_it(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, answer=failing(1))
    add(message(1))
    async with deliver(duty):
        await settle()
    clock.millis -= 100_000_000
    async with deliver(duty):
        await clock.advance(1)
    assert duty.keys == ["00000001/fired"]


async def test_what_is_refused_is_not_tried_again_and_the_next_goes_out(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, answer=failing(1, PermanentError("token is not exist")))
    add(message(1))
    async with deliver(duty) as delivery:
        await clock.advance(HOUR)
        failed = delivery.numbers().failing["duty"]
        assert (failed.since, failed.text) == (T0, "token is not exist")
        assert delivery.numbers().pending == {"duty": 0}
        add(message(2))
        await settle()
        assert delivery.numbers().failing == {}
    assert [key for _, key in duty.tried] == ["00000001/fired", "00000002/fired"]


async def test_a_channel_says_since_when_it_fails_also_after_a_restart(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, answer=failing(3))
    add(message(1))
    async with deliver(duty):
        await clock.advance(1)
    async with deliver(duty) as delivery:
        await clock.advance(1)
        assert delivery.numbers().failing["duty"].since == T0
        await clock.advance(60)
        assert delivery.numbers().failing == {}


async def test_a_start_that_nobody_takes_for_a_day_is_given_up_and_an_end_never(
    clock: FakeClock, add: Add, deliver: Deliver, database: Database
) -> None:
    down = True
    duty = FakeChannel(clock, answer=lambda _: TemporaryError("no connection", sent=False) if down else None)
    add(message(1), end(1), message(2))
    async with deliver(duty):
        await clock.advance(24.2 * HOUR)
        add(message(3))
        down = False
        await clock.advance(0.2 * HOUR)
    assert sorted(duty.keys) == ["00000001/resolved", "00000003/fired"]
    with database.reading() as db:
        (first,) = (each for each in postings.recent(db, 9) if each.key == "00000001/fired")
    assert first.fate == "expired"


async def test_a_start_that_was_never_tried_is_not_too_old(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    add(message(1), end(1))
    clock.millis += 100_000_000
    duty = FakeChannel(clock)
    async with deliver(duty):
        await settle()
    assert duty.keys == ["00000001/fired", "00000001/resolved"]


async def test_a_slow_channel_does_not_hold_the_others(clock: FakeClock, add: Add, deliver: Deliver) -> None:
    slow, quick = FakeChannel(clock, "slow", takes=20.0), FakeChannel(clock, "quick")
    for channel in ("slow", "quick"):
        add(message(1), message(2), channel=channel)
    async with deliver(slow, quick):
        await clock.advance(0.1)
        assert (len(quick.got), len(slow.got)) == (2, 0)
        await clock.advance(60)
    assert len(slow.got) == 2


async def test_one_message_that_always_fails_holds_only_what_is_of_its_alert(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    bad = lambda said: TemporaryError("HTTP 500") if said.key == "00000001/fired" else None  # noqa: E731
    duty = FakeChannel(clock, answer=bad)
    add(message(1), end(1), message(2), message(3), end(3), end(2))
    async with deliver(duty):
        await clock.advance(600)
        assert duty.keys == ["00000002/fired", "00000003/fired", "00000003/resolved", "00000002/resolved"]
        duty.answer = lambda _: None
        await clock.advance(600)
    assert duty.keys[-2:] == ["00000001/fired", "00000001/resolved"]


async def test_after_a_long_silence_of_the_receiver_all_goes_out_at_once(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    down = True
    duty = FakeChannel(clock, answer=lambda _: TemporaryError("no connection") if down else None)
    add(*(message(number) for number in range(1, 9)))
    async with deliver(duty):
        await clock.advance(2 * HOUR)
        down = False
        await clock.advance(60)
    assert sorted(duty.keys) == [f"{number:08x}/fired" for number in range(1, 9)]


async def test_the_fallback_takes_over_under_the_same_key_and_the_original_stops(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, answer=lambda _: TemporaryError("no connection", sent=False))
    mail = FakeChannel(clock, "mail")
    later = Fallback(("mail",), 600.0, ("li@example.org",))
    add(message(1), fallback=later)
    async with deliver(duty, mail):
        await clock.advance(599)
        assert mail.got == []
        add(end(1), fallback=later)
        await clock.advance(2)
        assert mail.got == [(600.0, "00000001/fired"), (600.0, "00000001/resolved")]
        assert mail.to[0] == ("li@example.org",)
        duty.answer = lambda _: None
        await clock.advance(600)
    assert duty.keys == ["00000001/resolved"]


async def test_a_channel_at_fault_is_a_failure_that_tells_no_secret(
    clock: FakeClock, add: Add, deliver: Deliver, database: Database
) -> None:
    duty = FakeChannel(clock)

    def at_fault(_: Message) -> None:
        raise KeyError("https://example.org/?access_token=geheim")

    duty.answer = at_fault
    add(message(1))
    async with deliver(duty):
        await settle()
        duty.answer = lambda _: None
        await clock.advance(2)
    with database.reading() as db:
        (posting,) = postings.recent(db, 9)
        tries = postings.attempts(db, posting.id)
    assert [each.text for each in tries] == ["a fault of the channel: KeyError", ""]


async def test_a_receiver_that_says_nothing_is_given_up_after_the_time_for_an_attempt(
    clock: FakeClock, add: Add, deliver: Deliver, database: Database
) -> None:
    duty = FakeChannel(clock, takes=1e6)
    add(message(1))
    async with deliver(duty, patience=Patience(attempt=0.05)):
        await asyncio.sleep(0.2)
    with database.reading() as db:
        assert postings.recent(db, 1)[0].last.text == "no answer within 0.05 s"


async def test_what_cannot_be_recorded_is_not_sent(
    clock: FakeClock, add: Add, deliver: Deliver, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise DatabaseError("disk full")

    duty = FakeChannel(clock)
    add(message(1))
    monkeypatch.setattr(outbox, "begin", full)
    async with deliver(duty):
        await clock.advance(10)
        assert duty.tried == []
        monkeypatch.undo()
        await clock.advance(2)
    assert duty.keys == ["00000001/fired"]


async def test_what_was_delivered_is_not_sent_again_while_the_disk_is_full(
    clock: FakeClock, add: Add, deliver: Deliver, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DatabaseError("disk full")

    duty = FakeChannel(clock)
    add(message(1), message(2))
    monkeypatch.setattr(outbox, "delivered", full)
    async with deliver(duty):
        await clock.advance(10)
        assert duty.keys == ["00000001/fired"]
        monkeypatch.undo()
        await clock.advance(2)
    assert duty.keys == ["00000001/fired", "00000002/fired"]


async def test_an_attempt_under_way_may_end_when_the_role_stops(
    clock: FakeClock, add: Add, database: Database, outbox: Outbox
) -> None:
    duty = FakeChannel(clock, takes=3.0)
    add(message(1), message(2))
    delivery, stop = Delivery(database, outbox, [duty], clock=clock), asyncio.Event()
    task = asyncio.create_task(delivery.run(stop))
    await clock.advance(1)
    stop.set()
    await clock.advance(3)
    await task
    assert (duty.keys, len(duty.tried)) == (["00000001/fired"], 1)


async def test_cancelled_at_once_it_leaves_a_mark_and_tries_again_next_time(
    clock: FakeClock, add: Add, database: Database, outbox: Outbox, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, takes=1e6)
    add(message(1))
    delivery = Delivery(database, outbox, [duty], clock=clock, patience=Patience(grace=0.05))
    task = asyncio.create_task(delivery.run(asyncio.Event()))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert duty.closed
    with database.reading() as db:
        assert postings.recent(db, 1)[0].last.outcome is Outcome.CUT
    duty.takes = 0.0
    async with deliver(duty):
        await settle()
    assert duty.keys == ["00000001/fired"]


async def test_channels_come_and_go_while_others_go_on(clock: FakeClock, add: Add, deliver: Deliver) -> None:
    duty = FakeChannel(clock, answer=lambda _: TemporaryError("no connection"))
    mail, sms = FakeChannel(clock, "mail"), FakeChannel(clock, "sms")
    add(message(1))
    async with deliver(duty, mail) as delivery:
        add(message(9), channel="sms")
        await settle()
        assert delivery.numbers().gone == {"sms": 1}
        delivery.replace([mail, sms], lambda _: ["mail"])
        await settle()
        assert (duty.closed, mail.closed) == (True, False)
        assert (mail.keys, sms.keys) == (["00000001/fired"], ["00000009/fired"])


async def test_mended_settings_revive_what_was_refused(clock: FakeClock, add: Add, deliver: Deliver) -> None:
    wrong = FakeChannel(clock, answer=lambda _: PermanentError("token is not exist"))
    right = FakeChannel(clock)
    add(message(1), end(1))
    async with deliver(wrong) as delivery:
        await clock.advance(60)
        delivery.replace([right])
        await settle()
    assert right.keys == ["00000001/fired", "00000001/resolved"]


class Forgetful(FakeChannel):
    every = 60.0

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock, "am")
        self.reminded: list[tuple[float, list[str]]] = []
        self.away = False

    async def remind(self, alerts: list[Alert]) -> None:
        if self.away:
            raise TemporaryError("no connection")
        self.reminded.append((self._moment(), [each.id[-1] for each in alerts]))


async def test_a_receiver_that_forgets_is_reminded_of_what_goes_on(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    am = Forgetful(clock)
    add(message(1), message(2), channel="am")
    async with deliver(am):
        await clock.advance(61)
        add(end(1), channel="am")
        await clock.advance(59)
        am.away = True
        await clock.advance(60)
        am.away = False
        await clock.advance(15)
        add(end(2), channel="am")
        await clock.advance(600)
    assert am.reminded == [(60.0, ["1", "2"]), (120.0, ["2"]), (195.0, ["2"])]
    again = Forgetful(clock)
    add(message(3), channel="am")
    async with deliver(again):
        await settle()
    async with deliver(again):
        await settle()
    assert again.reminded == [(795.0, ["3"])]


async def test_latency_is_counted_from_when_it_was_known(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, answer=failing(3))
    add(message(1), message(1, Happening.REPEATED), end(2, at=T0 + 6_800))
    async with deliver(duty) as delivery:
        await clock.advance(10)
        counts = dict(delivery.numbers().latency.cumulative())
    assert (counts[0.5], counts[5.0], counts[10.0], counts[float("inf")]) == (1, 1, 2, 2)
    assert delivery.latency.total == pytest.approx(7.2)
    assert Latency().cumulative()[-1] == (float("inf"), 0)


def test_an_alert_is_named_in_the_kit_as_in_life() -> None:
    assert alert(1).id == "00000001"
