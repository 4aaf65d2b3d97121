"""What people say of alerts: kept in the ledger, heard by the alert role, and shown with the alert."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.desk import orders
from monitor.ledger import Ledger
from monitor.model.deeds import Deed, Did
from monitor.model.events import ALERT, Event, EventId
from monitor.model.orders import Order, OrderError, OrderKind


@pytest.fixture
async def ledger(empty_ledger: Path, tmp_path: Path) -> AsyncIterator[Ledger]:
    """Knows two alerts that go on, ``aa11`` and ``aa22``, and one that is over, ``bb33``."""
    past = time.time_ns() // 1_000_000 - 60_000
    said = [
        (Did.FIRED, "aa11"), (Did.FIRED, "aa22"), (Did.FIRED, "bb33"), (Did.RESOLVED, "bb33"),
    ]  # fmt: skip
    deeds = [Deed(what, name, f"outage/{name}", past, {}) for what, name in said]
    events = [Event(EventId(ALERT, 1, at), "maoming", past, deed) for at, deed in enumerate(deeds, 1)]
    file = shutil.copy(empty_ledger, tmp_path)
    async with await Ledger.open(f"sqlite+aiosqlite:///{file}") as opened:
        await opened.record_alerts("alerts", "stream", "1-1", events, [])
        yield opened


async def assigned(ledger: Ledger) -> dict[str, str]:
    return {one.id: one.assigned_to for one in await orders.alerts(ledger, ended=True)}


async def test_the_last_one_it_was_assigned_to_takes_care_of_it(ledger: Ledger) -> None:
    await orders.assign(ledger, "aa11", "张三", "李四", "")
    last = await orders.assign(ledger, "aa11", "李四", "王五", "我休假")

    assert await assigned(ledger) == {"aa11": "王五", "aa22": "", "bb33": ""}
    assert (last.person, last.to, last.note) == ("李四", "王五", "我休假")


async def test_an_order_is_the_same_when_it_is_read_again(ledger: Ledger) -> None:
    given = [
        await orders.assign(ledger, "aa11", "张三", "李四", "近"),
        await orders.note(ledger, "o1", "张三", "电源已断"),
    ]

    assert await ledger.orders() == given
    assert [Order.from_json(order.to_json()) for order in given] == given


async def test_who_is_told_is_heard_by_whoever_reads_judgements(ledger: Ledger) -> None:
    order = await orders.assign(ledger, "aa11", "张三", "李四", "")

    (told,) = await ledger.judgements(0, 10)
    assert told.payload == order


@pytest.mark.parametrize(
    ("name", "to", "words"),
    [
        ("aa11", " ", "nobody is named"),
        ("aa", "李四", "several alerts begin like this"),
        ("", "李四", "no alert that goes on"),
        ("bb33", "李四", "no alert that goes on"),
        ("zz", "李四", "no alert that goes on"),
    ],
)
async def test_what_cannot_be_assigned_is_refused(ledger: Ledger, name: str, to: str, words: str) -> None:
    with pytest.raises(OrderError, match=words):
        await orders.assign(ledger, name, "张三", to, "")

    assert await ledger.orders() == []


async def test_a_note_is_of_one_alert_whether_or_not_it_goes_on(ledger: Ledger) -> None:
    noted = await orders.note_alert(ledger, "bb", "张三", "误报")

    assert (noted.kind, noted.target, noted.note) == (OrderKind.NOTE, "bb33", "误报")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("bb33", " ", "needs words"), ("aa", "x", "several"), ("zz", "x", "no alert has this id")],
)
async def test_a_note_about_nothing_is_refused(ledger: Ledger, name: str, text: str, words: str) -> None:
    with pytest.raises(OrderError, match=words):
        await orders.note_alert(ledger, name, "张三", text)

    assert await ledger.orders() == []


@pytest.mark.parametrize(("millis", "goes_on"), [(-1, False), (0, False), (1, True)])
async def test_what_fired_before_an_end_was_said_does_not_open_the_alert_again(
    ledger: Ledger, millis: int, goes_on: bool
) -> None:
    (ended,) = [one for one in await orders.alerts(ledger, ended=True) if one.id == "bb33"]
    assert ended.resolved_at is not None
    late = Deed(Did.FIRED, "bb33", "outage/bb33", ended.resolved_at + millis, {})
    event = Event(EventId(ALERT, 2, 1), "maoming", ended.resolved_at + 60_000, late)
    await ledger.record_alerts("alerts", "stream", "2-1", [event], [])

    assert ("bb33" in {one.id for one in await orders.alerts(ledger, ended=False)}) is goes_on
