"""Delivery on a clock of the test's own: order, limits, patience, fallbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import posting_kit
from delivery_kit import T0, FakeChannel, FakeClock, end, keys, message, settle

from alerts.channels.base import DeliveryError, PermanentError, TemporaryError
from alerts.database import Database
from alerts.model import Message
from alerts.outbox import Fallback, Outbox
from alerts.pace import Pace, Patience

HOUR = 3600.0


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
        (first,) = (each for each in posting_kit.recent(db, 9) if each.key == "00000001/fired")
    assert first.fate == "expired"


async def test_the_fallback_is_asked_before_a_start_is_given_up(
    clock: FakeClock, add: Add, deliver: Deliver
) -> None:
    duty = FakeChannel(clock, answer=lambda _: TemporaryError("no connection", sent=False))
    mail = FakeChannel(clock, "mail")
    add(message(1), fallback=Fallback({"mail": ()}, 72 * HOUR))
    async with deliver(duty, mail):
        await clock.advance(23.9 * HOUR)
        assert mail.got == []
        await clock.advance(0.3 * HOUR)
        assert mail.keys == ["00000001/fired"]


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
    later = Fallback({"mail": ("li@example.org",)}, 600.0)
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


async def test_a_clock_that_is_set_back_keeps_no_message_waiting(
    clock: FakeClock, add: Add, deliver: Deliver, database: Database, outbox: Outbox
) -> None:
    duty = FakeChannel(clock)
    duty.answer = lambda _: TemporaryError("HTTP 503", after=600) if len(duty.tried) == 1 else None
    add(message(1))
    async with deliver(duty):
        await clock.advance(300)
        clock.set_back(1800)
        with database.transaction() as db:
            outbox.set_back(db, 1_800_000)  # as the desk does with its next tick
        await clock.advance(299)
        assert duty.got == []
        await clock.advance(305)
        assert duty.keys == ["00000001/fired"]
