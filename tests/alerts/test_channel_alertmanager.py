"""Alertmanager itself: what we give it, and what it makes of it; and our webhook beside its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from alertmanager_server import Alertmanager as Server
from alertmanager_server import alertmanager
from delivery_kit import alert, message
from receivers import listening
from servers import free_port
from waiting import until

from alerts.channels.alertmanager import Alertmanager
from alerts.channels.base import PermanentError, TemporaryError
from alerts.channels.prometheus import fingerprint, labels, webhook
from alerts.database import Database
from alerts.delivery import Delivery
from alerts.model import Happening, Message
from alerts.outbox import Outbox
from monitor.model.times import wall_clock

Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:

        def starting(name: str = "one", **options: Any) -> Server:
            (tmp_path / name).mkdir(exist_ok=True)
            return stack.enter_context(alertmanager(tmp_path / name, **options))

        yield starting


def now_message(*numbers: int, happening: Happening = Happening.FIRED) -> Message:
    """As of now, which Alertmanager's clock believes."""
    now = wall_clock()
    said = message(list(numbers), happening, at=now)
    over = now if happening.is_end else None
    alerts = [_since(alert(number, over=over), now - 5000) for number in numbers]
    return replace(said, alerts=tuple(alerts))


def _since(one: Any, since: int) -> Any:
    return replace(one, finding=replace(one.finding, since=since))


async def asked(server: Server, path: str, body: Any = None) -> Any:
    return await asyncio.to_thread(server.ask, path, body)


async def test_it_sees_an_alert_begin_and_end(start: Start) -> None:
    server = start()
    channel = Alertmanager("am", [server.url])
    await channel.send(now_message(1), ())
    (seen,) = await asked(server, "alerts")
    assert seen["labels"] == {
        "alertname": "outage",
        "contractor": "甲公司",
        "county": "440983",
        "kind": "switch",
        "network": "video",
        "node": "sw-1",
        "region": "440983",
        "severity": "critical",
        "subject": "video/sw-1",
    }
    assert seen["annotations"]["summary"] == "【故障】镇隆镇接入交换机 离线"
    assert seen["annotations"]["affected"] == "31"
    assert seen["generatorURL"] == "https://quanshi.example/o/7f3a"
    assert seen["fingerprint"] == fingerprint(labels(alert(1)))
    await channel.send(now_message(1, happening=Happening.RESOLVED), ())
    await channel.close()
    assert await asked(server, "alerts") == []


@pytest.mark.parametrize(
    ("region", "found"),
    [("440983104", "440983"), ("440983", "440983"), ("44", ""), ("", ""), ("north7", ""), ("４40983", "")],
)
def test_a_county_is_the_first_six_digits_of_a_code(region: str, found: str) -> None:
    one = alert(1)
    named = labels(replace(one, finding=replace(one.finding, region=region)))
    assert named.get("county", "") == found


async def test_it_groups_and_silences_what_we_give_it(start: Start) -> None:
    told: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        told.append(json.loads(await request.read()))
        return web.Response()

    async with listening(take) as url:
        route = {"group_by": ["region"], "group_wait": "300ms", "group_interval": "1s"}
        server = start(route=route, webhook=f"{url}/hook")
        matcher = {"name": "node", "value": "sw-3", "isRegex": False, "isEqual": True}
        silence = {"matchers": [matcher], "createdBy": "li", "comment": "works"}
        silence |= {"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"}
        await asked(server, "silences", silence)
        channel = Alertmanager("am", [server.url])
        await channel.send(now_message(1, 2, 3), ())

        async def grouped() -> bool:
            return bool(told)

        await until(grouped)
        await channel.send(now_message(1, 2, 3, happening=Happening.RESOLVED), ())

        async def ended() -> bool:
            return told[-1]["status"] == "resolved"

        await until(ended)
        await channel.close()
    first = told[0]
    assert sorted(each["labels"]["node"] for each in first["alerts"]) == ["sw-1", "sw-2"]
    ours = webhook(now_message(1, 2), "am")
    assert sorted(ours) == sorted(first), "our webhook has the keys of Alertmanager's own"
    assert sorted(ours["alerts"][0]) == sorted(first["alerts"][0])
    assert {k: type(v) for k, v in ours.items()} == {k: type(v) for k, v in first.items()}
    theirs = {each["labels"]["node"]: each["fingerprint"] for each in first["alerts"]}
    assert {each["labels"]["node"]: each["fingerprint"] for each in ours["alerts"]} == theirs
    assert first["alerts"][0]["endsAt"] == ours["alerts"][0]["endsAt"]


async def test_what_goes_on_is_named_again_before_it_is_forgotten(start: Start) -> None:
    server = start()
    quick = Alertmanager("am", [server.url], every=0.6)  # ends three seconds off
    told = now_message(1, 2)
    await quick.send(told, ())
    for _ in range(8):
        await asyncio.sleep(0.5)
        await quick.remind(told.alerts[:1])
    assert [each["labels"]["node"] for each in await asked(server, "alerts")] == ["sw-1"]
    await quick.close()

    async def forgotten() -> bool:
        return await asked(server, "alerts") == []

    await until(forgotten)


async def test_one_member_of_a_cluster_is_enough_and_it_is_said(start: Start) -> None:
    server = start()
    away = f"http://127.0.0.1:{free_port()}"
    channel = Alertmanager("am", [away, server.url])
    remark = await channel.send(now_message(1), ())
    assert remark == "1 of 2 took it: no connection: Connection refused"
    assert len(await asked(server, "alerts")) == 1
    await channel.close()
    nobody = Alertmanager("am", [away])
    with pytest.raises(TemporaryError, match="Connection refused") as caught:
        await nobody.send(now_message(1), ())
    await nobody.close()
    assert not caught.value.sent


async def test_what_it_does_not_understand_is_refused(start: Start) -> None:
    server = start()
    channel = Alertmanager("am", [f"{server.url}/nowhere"])
    with pytest.raises(PermanentError, match="HTTP 404"):
        await channel.send(now_message(1), ())
    await channel.close()


async def test_while_the_role_works_an_alert_goes_on_there_and_no_longer(
    start: Start, database: Database
) -> None:
    server = start()
    outbox = Outbox(database)

    @asynccontextmanager
    async def working() -> AsyncIterator[None]:
        channel = Alertmanager("am", [server.url], every=0.4)  # ends two seconds off
        stop = asyncio.Event()
        task = asyncio.create_task(Delivery(database, outbox, [channel]).run(stop))
        yield
        stop.set()
        await task

    async def goes_on() -> bool:
        return len(await asked(server, "alerts")) == 1

    async def over() -> bool:
        return await asked(server, "alerts") == []

    with database.transaction() as db:
        outbox.enqueue(db, "am", now_message(1))
    async with working():
        await asyncio.sleep(3)
        assert await goes_on()
    await until(over)
    async with working():
        await until(goes_on)
        with database.transaction() as db:
            outbox.enqueue(db, "am", now_message(1, happening=Happening.RESOLVED))
        await until(over)
        await asyncio.sleep(1)
        assert await over()
