"""``quanshi alerts``: what goes on, acknowledged by whom, silent about what; all of it in the ledger."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path
from unicodedata import east_asian_width

import pytest
from cli_talk import Answer, quanshi_here
from clockwork import SECOND, at
from small_site import camera, write_site

from monitor.config import load_site
from monitor.ledger import Ledger
from monitor.model.deeds import Deed, Did
from monitor.model.events import ALERT, Event, EventId
from monitor.model.observations import Cause
from monitor.model.orders import Order
from monitor.model.outages import Ending, Outage, OutageKind, Phase
from monitor.model.times import format_time

T0 = 1_795_392_000_000
LADDER = """
channels:
  hook: {type: webhook, url: "http://127.0.0.1:1/"}
  sms: {type: sms, url: "http://127.0.0.1:1/"}
people: {zhang: {phone: "138"}}
routes: [{to: hook, escalate: [{after: 15m, to: sms, people: zhang}]}]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path, [camera("cam-1", contractor="甲公司"), camera("cam-2")], language="zh")


def alerts(site: Path, *words: str) -> Answer:
    return quanshi_here("alerts", *words, "--site", site)


def now() -> int:
    return time.time_ns() // 1_000_000


def did(what: Did, alert: str, **facts: str) -> Deed:
    return Deed(what, alert, f"outage/{alert}", now() - 60_000, facts)


def record(site: Path, *deeds: Deed) -> None:
    """As the monitor does with what the alert role says."""

    async def work() -> None:
        folder = load_site(site).data
        folder.mkdir(exist_ok=True)
        async with await Ledger.open(load_site(site).ledger_url) as ledger:
            events = [
                Event(EventId(ALERT, 1, number), "maoming", deed.at, deed)
                for number, deed in enumerate(deeds, 1)
            ]
            await ledger.record_alerts("alerts", "stream", "1-1", events, [])

    asyncio.run(work())


def orders(site: Path) -> list[Order]:
    async def work() -> list[Order]:
        async with await Ledger.open(load_site(site).ledger_url) as ledger:
            return await ledger.orders()

    return asyncio.run(work())


def test_with_no_alert_that_is_said(site: Path) -> None:
    assert alerts(site, "list").stdout == "没有正在持续的告警\n"
    assert alerts(site, "list", "--json").stdout == "[]\n"
    assert alerts(site, "silence", "list").stdout == "没有静默\n"


def test_what_goes_on_is_listed_with_whom_it_has_reached(site: Path) -> None:
    record(
        site,
        did(Did.FIRED, "0a1b2c3d", title="镇隆镇接入交换机 离线", severity="critical"),
        did(Did.FIRED, "99999999", title="旧的"),
        did(Did.DELIVERED, "0a1b2c3d", channel="hook"),
        did(Did.FAILED, "0a1b2c3d", channel="mail", error="550 no such user"),
        did(Did.RESOLVED, "99999999"),
    )

    listed = alerts(site, "list").stdout

    assert "镇隆镇接入交换机 离线  1 分钟" in listed
    assert "0a1b2c3d · 待确认 · 已送达 hook · 未送达 mail: 550 no such user" in listed
    assert "旧的" not in listed
    assert "旧的" in alerts(site, "list", "--ended").stdout
    (one,) = json.loads(alerts(site, "list", "--json").stdout)
    assert (one["id"], one["severity"], one["delivered"]) == ("0a1b2c3d", "critical", ["hook"])


def test_who_acknowledges_is_in_the_ledger(site: Path) -> None:
    record(site, did(Did.FIRED, "0a1b2c3d"), did(Did.FIRED, "0a1bffff"), did(Did.FIRED, "77777777"))

    several = alerts(site, "ack", "0a1b", "--by", "张三")
    nobody = alerts(site, "ack", "beef", "--by", "张三")
    acked = alerts(site, "ack", "0a1b2", "--by", "张三", "--note", "已派人")

    assert (several.returncode, nobody.returncode, acked.returncode) == (2, 2, 0)
    assert "有多个告警以此开头" in several.stderr
    assert "没有此编号的进行中告警" in nobody.stderr
    assert acked.stdout == "张三 已确认 0a1b2c3d\n"
    (order,) = orders(site)
    assert (order.kind.value, order.target, order.person, order.note) == ("ack", "0a1b2c3d", "张三", "已派人")


def test_who_is_to_take_care_of_it_is_listed_and_what_was_said_is_kept(site: Path) -> None:
    record(site, did(Did.FIRED, "0a1b2c3d"), did(Did.FIRED, "77777777"), did(Did.RESOLVED, "77777777"))

    assigned = alerts(site, "assign", "0a1b", "--to", "李四", "--by", "张三", "--note", "在附近")
    noted = alerts(site, "note", "77", "误报", "--by", "张三")
    over = alerts(site, "assign", "7777", "--to", "李四", "--by", "张三")

    assert assigned.stdout == "0a1b2c3d 已指派给 李四\n"
    assert noted.stdout == "77777777  张三: 误报\n"
    assert (over.returncode, "没有此编号的进行中告警" in over.stderr) == (2, True)
    assert "0a1b2c3d · 待确认 · 已指派给 李四" in alerts(site, "list").stdout
    assert [(order.kind.value, order.to, order.note) for order in orders(site)] == [
        ("assign", "李四", "在附近"),
        ("note", "", "误报"),
    ]


def test_it_is_listed_since_when_it_happened_and_not_since_it_was_told(site: Path) -> None:
    record(site, did(Did.FIRED, "0a1b2c3d", title="慢", since=format_time(now() - 660_000)))

    assert "慢  11 分钟" in alerts(site, "list").stdout


def test_one_that_nobody_was_told_of_for_a_silence_is_silent(site: Path) -> None:
    given = ("--all", "--for", "2h", "--by", "张三", "--note", "割接", "--json")
    silence = json.loads(alerts(site, "silence", "add", *given).stdout)["id"]
    record(
        site,
        did(Did.FIRED, "0a1b2c3d", silence=silence),
        did(Did.FIRED, "77777777", silence="S0"),
        did(Did.FIRED, "99999999", silence=silence),
        did(Did.DELIVERED, "99999999", channel="hook"),
    )

    listed = alerts(site, "list").stdout
    assert "0a1b2c3d · 静默中\n" in listed
    assert "77777777 · 待确认" in listed  # that silence is over
    assert "99999999 · 待确认 · 已送达 hook" in listed


def test_what_somebody_has_acknowledged_is_theirs(site: Path) -> None:
    record(site, did(Did.FIRED, "0a1b2c3d"), did(Did.ACKED, "0a1b2c3d", person="张三"), did(Did.FIRED, "777"))

    refused = alerts(site, "ack", "0a1b", "--by", "李四")
    assert refused.returncode == 2
    assert "张三 已确认" in refused.stderr
    # Also before the alert role has heard of it.
    assert alerts(site, "ack", "777", "--by", "王五").returncode == 0
    assert "王五 已确认" in alerts(site, "ack", "777", "--by", "李四").stderr
    assert [order.person for order in orders(site)] == ["王五"]


def test_what_became_worse_waits_for_an_acknowledgement_again(site: Path) -> None:
    record(
        site,
        did(Did.FIRED, "0a1b2c3d", title="慢", severity="warning"),
        did(Did.ACKED, "0a1b2c3d", person="张三"),
        did(Did.ESCALATED, "0a1b2c3d", worse="1", severity="critical", title="快"),
    )

    assert "0a1b2c3d · 待确认" in alerts(site, "list").stdout
    (one,) = json.loads(alerts(site, "list", "--json").stdout)
    assert (one["severity"], one["title"]) == ("critical", "快")
    assert alerts(site, "ack", "0a1b", "--by", "李四").returncode == 0


def test_a_silence_has_a_scope_an_end_and_a_reason_and_can_end_early(site: Path) -> None:
    given = ("--contractor", "甲公司", "--rule", "offline", "--for", "2h", "--by", "张三", "--note", "割接")
    begun = alerts(site, "silence", "add", *given, "--json")
    silence = json.loads(begun.stdout)

    assert silence["scope"] == {"contractors": ["甲公司"]}
    assert silence["rules"] == ["offline"]
    listed = alerts(site, "silence", "list").stdout
    assert "静默至" in listed
    assert "甲公司, offline" in listed
    assert "张三  割接" in listed

    ended = alerts(site, "silence", "end", silence["id"], "--by", "李四")
    assert ended.returncode == 0
    assert alerts(site, "silence", "list").stdout == "没有静默\n"
    assert alerts(site, "silence", "end", silence["id"], "--by", "李四").returncode == 2
    assert [order.person for order in orders(site)] == ["张三", "李四"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--node", "cam-9", "--for", "2h", "--note", "x"), "--node cam-9：本站点没有"),
        (("--for", "2h", "--note", "x"), "请写明范围"),
        (("--all", "--for", "2h", "--note", "  "), "静默须写明原因"),
        (("--all", "--for", "soon", "--note", "x"), "--for：不是时长：'soon'"),
        (("--all", "--for", "2h"), "--note"),
    ],
)
def test_a_silence_that_cannot_be_meant_is_wrong_use(site: Path, words: tuple[str, ...], why: str) -> None:
    refused = alerts(site, "silence", "add", *words, "--by", "张三")

    assert refused.returncode == 2
    assert why in refused.stderr


def test_it_speaks_english_and_fits_a_terminal(tmp_path: Path) -> None:
    site = write_site(tmp_path, [camera("cam-1")], language="en")
    record(site, did(Did.FIRED, "0a1b2c3d", title="switch down"), did(Did.ACKED, "0a1b2c3d", person="Li"))

    listed = alerts(site, "list").stdout

    assert "switch down  1 min" in listed
    assert "acknowledged by Li" in listed
    assert max(map(len, listed.splitlines())) <= 80


def outage(root: str, begin: int, *, affected: int, name: str) -> Outage:
    return Outage(
        *(f"{root}@{begin - T0}", Phase.OPENED, OutageKind.NODE, "video", root, name, "", "甲公司"),
        at=begin,
        not_before=begin - 2 * SECOND,
        detected_at=begin + SECOND,
        cause=Cause.NO_REPLY,
        affected=affected,
    )


def closed(one: Outage, when: int) -> Outage:
    return replace(one, phase=Phase.CLOSED, ended_at=when, ending=Ending.RECOVERED)


def rehearsed(site: Path, *, language: str = "zh") -> Answer:
    """An outage from 09:36:56 to 10:04 on a day in the past, recorded, and played again."""
    begin = at("10-05 09:36:52")
    one = outage("cam-1", begin, affected=31, name="镇隆镇接入交换机")

    async def work() -> None:
        loaded = load_site(site)
        loaded.data.mkdir(exist_ok=True)
        async with await Ledger.open(loaded.ledger_url) as ledger:
            await ledger.judge([one], begin + 4 * SECOND)
            over = closed(one, at("10-05 10:04"))
            await ledger.judge([over], over.ended_at + 2 * SECOND)

    (site.parent / "alerts.yaml").write_text(LADDER.replace("routes:", f"language: {language}\nroutes:"))
    asyncio.run(work())
    return alerts(site, "test", "--from", "2026-10-05", "--to", "2026-10-06")


def test_a_stretch_of_the_past_is_played_through_the_rules_and_routes_as_they_are_now(site: Path) -> None:
    said = rehearsed(site)
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert "镇隆镇接入交换机" in lines[0]
    assert lines[0].startswith("2026-10-05 09:36")
    assert lines[1] == "    → hook (route-1)"
    assert lines[2].startswith("2026-10-05 09:5")
    assert lines[3] == "    → sms (route-1)  @ zhang"
    assert lines[4].startswith("2026-10-05 10:04")
    assert all(wcwidth(line) <= 80 for line in lines)


def test_programs_read_what_would_have_been_said(site: Path) -> None:
    rehearsed(site)
    said = json.loads(alerts(site, "test", "--from", "2026-10-05", "--to", "2026-10-06", "--json").stdout)
    assert [one["happening"] for one in said] == ["fired", "escalated", "resolved", "resolved"]
    assert said[1]["people"] == ["zhang"]
    assert said[0]["alerts"] == [f"outage/cam-1@{at('10-05 09:36:52') - T0}"]


def test_nothing_in_the_past_says_so(site: Path) -> None:
    load_site(site).data.mkdir()
    said = alerts(site, "test", "--from", "2026-10-05", "--to", "2026-10-06")
    assert said.stdout.startswith("这段时间不会发送任何消息。")
    assert alerts(site, "test", "--from", "gestern", "--to", "2026-10-06").returncode == 2


def wcwidth(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
