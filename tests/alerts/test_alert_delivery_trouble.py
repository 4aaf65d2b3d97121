"""Delivery in trouble: faults, a full disk, being stopped, new settings, receivers that forget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import posting_kit
import pytest
from delivery_kit import T0, FakeChannel, FakeClock, alert, end, message, settle

from alerts.channels.base import DeliveryError, PermanentError, TemporaryError
from alerts.database import Database, DatabaseError
from alerts.delivery import Delivery
from alerts.model import Alert, Happening, Message
from alerts.outbox import Outbox, Outcome
from alerts.pace import Latency, Patience

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
        (posting,) = posting_kit.recent(db, 9)
        tries = posting_kit.attempts(db, posting.id)
    assert [each.text for each in tries] == ["a fault of the channel: KeyError", ""]


async def test_a_receiver_that_says_nothing_is_given_up_after_the_time_for_an_attempt(
    clock: FakeClock, add: Add, deliver: Deliver, database: Database
) -> None:
    duty = FakeChannel(clock, takes=1e6)
    add(message(1))
    async with deliver(duty, patience=Patience(attempt=0.05)):
        await asyncio.sleep(0.2)
    with database.reading() as db:
        assert posting_kit.recent(db, 1)[0].last.text == "no answer within 0.05 s"


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
        assert posting_kit.recent(db, 1)[0].last.outcome is Outcome.CUT
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
        delivery.replace([mail, sms], lambda _: {"mail": ()})
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
