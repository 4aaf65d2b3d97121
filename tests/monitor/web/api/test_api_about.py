"""Which software this is and how its parts are, in the words of whoever asks."""

from __future__ import annotations

import json
import platform
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_kit import NOBODY, Begun, Desk
from city_kit import city_of

import monitor
from monitor.live.states import FRESH
from monitor.model.said import Said
from monitor.model.telling import Telling
from monitor.web.schemas.papers import About, PartHealth


@pytest.fixture
async def city(tmp_path: Path, begun: Begun) -> AsyncIterator[Desk]:
    """Its Redis answers nothing, and what was fetched before stands."""
    async with city_of(tmp_path, begun) as desk:
        desk.context.times._fetched_at = desk.context.live.clock()
        yield desk


async def about(city: Desk, language: str = "en", who: str = NOBODY) -> About:
    answer = await city.ask("GET", "/about", who, Accept_Language=language)
    assert answer.status == 200, answer.body
    return About.model_validate(answer.json)


def part(found: About, name: str) -> PartHealth:
    return next(each for each in found.parts if each.name == name)


async def test_it_names_its_versions_and_the_ledger(city: Desk) -> None:
    found = await about(city)

    assert found.version == found.software["Quanshi"] == monitor.__version__
    assert found.software["Python"] == platform.python_version()
    assert found.software["SQLite"] == sqlite3.sqlite_version
    assert "aiohttp" in found.software
    head = await city.ledger.head()
    assert (found.ledger["links"], found.ledger["head"]) == (head.links, head.hash)
    assert found.ledger["counts"]["changes"] == 10
    assert found.targets["class1"] == 0.98


async def test_parts_that_are_well_say_so(city: Desk) -> None:
    health = city.context.health
    health.ledger_takes = health.bus_connected = health.restored = True

    found = await about(city)

    assert found.ready
    assert found.reasons == []
    assert (part(found, "collect video-0of1").state, part(found, "collect video-0of1").value) == ("well", 1.0)
    assert {part(found, name).state for name in ("redis", "ledger")} == {"well"}
    assert part(found, "disk").value is not None
    assert "settings" not in {each.name for each in found.parts}


async def test_parts_that_fail_say_how_in_the_reader_s_language(city: Desk) -> None:
    city.context.health.reload_error = Said("nodes.csv:3  有误", "nodes.csv:3  wrong")
    city.context.health.lag["ledger"] = 5_000

    english, chinese = await about(city, "en-GB,zh", "op"), await about(city, "zh-CN", "op")

    assert (part(english, "redis").state, part(english, "redis").text) == ("wrong", "not connected")
    assert (part(chinese, "redis").state, part(chinese, "redis").text) == ("wrong", "未连接")
    assert (part(english, "ledger").text, part(chinese, "ledger").text) == ("takes nothing", "拒绝写入")
    assert (part(english, "bus ledger").state, part(english, "bus ledger").value) == ("slow", 5000)
    assert (part(english, "settings").text, part(chinese, "settings").text) == (
        "nodes.csv:3  wrong",
        "nodes.csv:3  有误",
    )
    assert not english.ready
    assert "Redis is not connected" in english.reasons


async def test_a_collector_that_is_silent_is_wrong_and_one_never_seen_is_absent(city: Desk) -> None:
    now = city.context.live.clock()
    del city.context.live.observers["police-0of1"]
    city.context.live.clock = lambda: now + FRESH
    city.context.times._fetched_at = now + FRESH

    found = await about(city)

    assert part(found, "collect video-0of1").state == "wrong"
    never = part(found, "collect police-0of1")
    assert (never.state, never.value) == ("absent", None)


@pytest.mark.parametrize(
    ("waiting", "age", "state"), [(0, 0, "well"), (3, 0, "slow"), (0, FRESH + 1, "slow")]
)
async def test_the_alert_role_is_well_when_nothing_waits_and_it_speaks(
    city: Desk, waiting: int, age: int, state: str
) -> None:
    now = city.context.live.clock()
    city.context.times.telling = telling(now - age, waiting)

    found = part(await about(city), "alert")

    assert (found.state, found.value) == (state, waiting)


async def test_without_a_word_of_the_alert_role_it_is_absent(city: Desk) -> None:
    assert part(await about(city), "alert").state == "absent"


async def test_no_credential_and_no_path_of_this_machine_is_told(city: Desk) -> None:
    text = json.dumps((await city.ask("GET", "/about", NOBODY)).json)
    assert city.context.local_token not in text
    assert str(city.site.data) not in text


def telling(at: int, waiting: int) -> Telling:
    return Telling(at=at, alerts=(), pending={"duty": waiting}, latency=(), latency_sum=0.0)
