"""Watches by what they are and how they stand, and everything about one point, over the API."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from api_kit import NOBODY, Begun, Desk, desk_of
from city_kit import HOUR, MINUTE, OUTAGE, POINT, SECOND, city_of, hear
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.live.lasthour import LastHour
from monitor.live.layers import Layers
from monitor.live.probetimes import ProbeTimes
from monitor.model.decisions import Action, Decision
from monitor.model.layers import CELL, MARK, mark_of
from monitor.model.observations import State
from monitor.model.times import format_time
from monitor.reports.build import Question, report
from monitor.reports.gather import gather
from monitor.reports.windows import Window, midnight
from monitor.web.schemas.live import Days, NodeDetail, Timeline, WatchList


@pytest.fixture
async def city(tmp_path: Path, begun: Begun) -> AsyncIterator[Desk]:
    async with city_of(tmp_path, begun) as desk:
        yield desk


async def listed(city: Desk, query: str, who: str = NOBODY) -> WatchList:
    return WatchList.model_validate(await city.get(f"/nodes?{query}", who))


def names(found: WatchList) -> list[str]:
    return [each.node for each in found.nodes]


# -- lists


async def test_the_list_is_what_its_schema_says(city: Desk) -> None:
    found = await listed(city, "limit=10000", "op")

    assert found.total == len(found.nodes) == 6
    behind = next(each for each in found.nodes if each.node == "cam-2")
    now = city.context.live.clock()
    assert behind.model_dump() == {
        "node": "cam-2",
        "name": "电白西门",
        "network": "video",
        "kind": "camera",
        "point_class": 2,
        "region": "440904",
        "region_name": "电白区",
        "level": None,
        "contractor": "",
        "parents": ["sw"],
        "address": "127.0.0.1",
        "state": "down",
        "cause": "no_reply",
        "upstream": True,
        "excluded": False,
        "since": format_time(now - HOUR),
        "detected_at": format_time(now - HOUR + 7 * SECOND),
        "probe": "ping",
        "outage": OUTAGE,
    }


async def test_an_address_is_for_those_who_may_see_details(city: Desk) -> None:
    assert {each.address for each in (await listed(city, "", "looker")).nodes} == {None}
    assert None not in {each.address for each in (await listed(city, "", "op")).nodes}
    assert {each.address for each in (await listed(city, "", "looker")).nodes} == {None}, "and stays so"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=down", {"cam-2", "sw"}),
        ("state=unknown", set()),
        ("network=police", {"core"}),
        ("region=440904", {"cam-2", "cam-3", "sw"}),
        ("region=440902", {POINT}),
        ("region=440902001", {POINT}),
        ("region=440900", {POINT, "cam-2", "cam-3", "sw"}),
        ("kind=switch", {"sw"}),
        ("point_class=1", {POINT, "cam-3"}),
        ("contractor=%E4%B9%99%E5%85%AC%E5%8F%B8", {"cam-3"}),
        ("parent=sw", {"cam-2", "cam-3"}),
        ("q=CAM", {"cam-2", "cam-3"}),
        ("q=%E7%94%B5%E7%99%BD", {"cam-2", "cam-3"}),
        ("q=4409020000132", {POINT}),
        ("state=down&kind=camera", {"cam-2"}),
        ("parent=sw&q=nobody", set()),
    ],
)
async def test_all_that_is_asked_must_hold(city: Desk, query: str, found: set[str]) -> None:
    listing = await listed(city, query)
    assert set(names(listing)) == found
    assert listing.total == len(listing.nodes)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("network=vidio", 'did you mean "video"?'),
        ("region=44090", "440902"),
        ("parent=swi", "cam-2"),
        ("kind=kamera", 'did you mean "camera"?'),
        ("state=upp", "state"),
        ("sort=size", "sort"),
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("offset=-1", "offset"),
        ("colour=red", "colour"),
        ("state=up&state=down", "twice"),
    ],
)
async def test_what_is_asked_wrongly_is_named(city: Desk, query: str, word: str) -> None:
    answer = await city.ask("GET", f"/nodes?{query}", NOBODY)
    assert answer.status == 400
    assert word in answer.detail


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("node", [POINT, "cam-2", "cam-3", "core", "core", "sw"]),
        ("-node", ["sw", "core", "core", "cam-3", "cam-2", POINT]),
        ("state", ["cam-2", "sw", POINT, "cam-3", "core", "core"]),
        ("-state", [POINT, "cam-3", "core", "core", "cam-2", "sw"]),
        ("since", ["cam-3", "core", POINT, "core", "cam-2", "sw"]),
        ("-since", ["cam-2", "sw", "core", POINT, "cam-3", "core"]),
    ],
)
async def test_a_list_is_sorted_and_what_is_equal_stays_in_order(
    city: Desk, sort: str, order: list[str]
) -> None:
    assert names(await listed(city, f"sort={sort}")) == order


async def test_pages_of_a_list_make_the_whole(city: Desk) -> None:
    whole = await listed(city, "sort=-name")
    pages = [await listed(city, f"sort=-name&limit=2&offset={offset}") for offset in (0, 2, 4, 6)]

    assert [each for page in pages for each in page.nodes] == whole.nodes
    assert {page.total for page in pages} == {6}


async def test_a_list_says_what_is_under_maintenance(city: Desk) -> None:
    await under_maintenance(city, {"parents": ["sw"]})
    assert {each.node for each in (await listed(city, "")).nodes if each.excluded} == {"sw", "cam-2", "cam-3"}


async def under_maintenance(city: Desk, scope: dict[str, list[str]]) -> None:
    """From half an hour ago until in half an hour."""
    now = city.context.live.clock()
    span = {"start": format_time(now - HOUR // 2), "end": format_time(now + HOUR // 2), "note": "换电源"}
    body = {"kind": "exclusion", "scope": scope, "reason": "planned_work", **span}
    await city.ledger.decide(Decision("m1", Action.REQUEST, "张三", now - HOUR, body))
    await city.ledger.decide(Decision("m1", Action.APPROVE, "李四", now - HOUR, {}))


# -- one node


async def test_a_point_says_what_it_is_and_where(city: Desk) -> None:
    found = NodeDetail.model_validate(await city.get(f"/nodes/{POINT}"))

    assert (found.name, found.kind, found.point_class) == ("站前路口", "camera", 1)
    assert [(each.code, each.name, each.level) for each in found.region_path] == [
        ("440902001", "站前街道", "town"),
        ("440902", "茂南区", "county"),
        ("440900", "茂名市", "city"),
    ]
    assert found.gb_code is not None
    code = found.gb_code
    assert (code["region"], code["type"], code["serial"]) == ("440902", 132, 1)
    assert (found.contractor_phone, found.lon, found.lat) == ("0668-1234567", 110.925512, 21.6629)
    [watch] = found.watches
    assert (watch.network, watch.state, watch.address) == ("video", "up", "127.0.0.1")


async def test_without_the_right_to_see_details_they_are_left_out(city: Desk) -> None:
    found = NodeDetail.model_validate(await city.get(f"/nodes/{POINT}", "looker"))

    assert (found.contractor_phone, found.lon, found.lat) == (None, None, None)
    assert found.watches[0].address is None
    assert found.contractor == "甲公司"


async def test_what_hangs_on_the_same_parent_is_named(city: Desk) -> None:
    found = NodeDetail.model_validate(await city.get("/nodes/cam-3"))

    assert [(each.node, each.state, each.upstream) for each in found.parents] == [("sw", "down", False)]
    assert [(each.node, each.state, each.upstream) for each in found.neighbours] == [("cam-2", "down", True)]
    assert found.gb_code is None


async def test_a_node_of_two_networks_has_a_watch_in_each(city: Desk) -> None:
    found = NodeDetail.model_validate(await city.get("/nodes/core"))
    assert [each.network for each in found.watches] == ["video", "police"]
    assert (found.parents, found.neighbours) == ([], [])


@pytest.mark.parametrize("part", ["", "/days", f"/timeline?since={format_time(0)}&until={format_time(1000)}"])
async def test_a_node_that_is_not_there_is_not_found(city: Desk, part: str) -> None:
    answer = await city.ask("GET", f"/nodes/nobody{part}", NOBODY)
    assert (answer.status, answer.detail) == (404, "there is no node nobody")


# -- its days


async def test_the_days_of_a_watch_are_those_of_a_report(city: Desk) -> None:
    await under_maintenance(city, {"nodes": ["cam-2"]})
    now, zone = city.context.live.clock(), city.site.zone
    today = datetime.fromtimestamp(now / 1000, zone).date()
    start, end = midnight(today - timedelta(days=2), zone), midnight(today + timedelta(days=1), zone)
    facts = await gather(city.ledger, city.site, Window(start, end, end, zone), now)

    for name in ("cam-2", POINT, "sw"):
        made = report(facts, Question(scope=(("node", name),)))
        found = Days.model_validate(await city.get(f"/nodes/{name}/days?days=3", NOBODY))
        assert [each.day for each in found.days] == [day.date for day in made.days]
        assert len(found.days) == 3
        for mine, theirs in zip(found.days, (day.parts for day in made.days), strict=True):
            assert mine.intact == theirs.intact.value
            spent = (theirs.up, theirs.degraded, theirs.down_own, theirs.down_upstream)
            assert (mine.up, mine.degraded, mine.down_own, mine.down_upstream) == in_seconds(*spent)
            assert (mine.excluded, mine.unknown) == in_seconds(theirs.excluded, theirs.unknown)


def in_seconds(*spent: int) -> tuple[float, ...]:
    return tuple(each / 1000 for each in spent)


async def test_what_another_is_to_blame_for_is_not_its_own_fault(city: Desk) -> None:
    behind = Days.model_validate(await city.get("/nodes/cam-2/days?days=3", NOBODY)).days
    root = Days.model_validate(await city.get("/nodes/sw/days?days=3", NOBODY)).days

    until_then = HOUR / 1000 - 1  # as far as somebody looked
    assert sum(day.down_upstream for day in behind) == sum(day.down_own for day in root) == until_then
    assert sum(day.down_own for day in behind) == sum(day.down_upstream for day in root) == 0


async def test_each_network_has_days_of_its_own(city: Desk) -> None:
    police = Days.model_validate(await city.get("/nodes/core/days?days=3&network=police", NOBODY))
    video = Days.model_validate(await city.get("/nodes/core/days?days=3", NOBODY))

    assert (police.network, video.network) == ("police", "video")
    assert sum(day.up for day in police.days) == 2 * HOUR / 1000 - 1
    assert sum(day.up for day in video.days) == 25 * HOUR / 1000 - 1
    wrong = await city.ask("GET", f"/nodes/{POINT}/days?network=police", NOBODY)
    assert (wrong.status, "video" in wrong.detail) == (400, True)


# -- its layers


async def test_each_probe_and_source_says_which_layer_it_proves(
    tmp_path: Path, begun: Begun, bus: Redis
) -> None:
    folder = tmp_path / "layers"
    folder.mkdir()
    secret = folder / "credentials.yaml"
    secret.write_text(json.dumps({"hik": {"user": "u", "password": "p"}}))
    secret.chmod(0o600)
    profiles = {"stream": {"protocol": "rtsp", "credential": "hik", "ask": "describe"}}
    judge = {"degrades": ["clock_wrong"]}
    site = make_site(folder, [camera("a", probes="ping;http;stream")], probes=profiles, judge=judge)
    probes = ("catalog", "http", "mqtt", "ping", "stream")
    causes = ("source_lost", "busy", "ok", "timeout", "slow")
    async with desk_of(site, begun) as desk:
        live, keys = desk.context.live, desk.context.keys
        live.apply(Voice().sees(live.clock() - 10_000, live.clock()))
        head = {"inventory": site.inventory.digest, "probes": probes, "nodes": 1, "causes": causes}
        cells = [CELL.pack(live.clock(), 0.25, code) for code in range(len(causes))]
        row = MARK.pack(mark_of("a")) + b"".join(cells)
        await bus.set(keys.layers("video", 0, 1), json.dumps(head).encode() + b"\n" + row)
        desk.context.layers = Layers(live, bus, keys)

        told = (await desk.get("/nodes/a/layers", "op"))["layers"]
    assert {each["probe"]: (each["layer"], each["kind"]) for each in told} == {
        "ping": ("reach", "probe"),
        "http": ("service", "probe"),
        "stream": ("login", "probe"),
        "mqtt": ("registration", "source"),
        "catalog": ("catalogue", "source"),
    }
    assert {each["cause"]: each["state"] for each in told} == {
        "source_lost": "unknown",
        "busy": "degraded",  # it answers: no site can call that a fault
        "ok": "up",
        "timeout": "down",
        "slow": "down",  # this site lets only wrong clocks degrade
    }


# -- how long its probes took


async def test_the_durations_of_a_node_are_told_with_their_gaps(city: Desk, bus: Redis) -> None:
    live, keys = city.context.live, city.context.keys
    city.context.last_hour = last_hour = LastHour(live, ProbeTimes(bus, keys))
    rows = len(live.board.rows_of_shard("video", 0, 1))
    head = {"inventory": city.site.inventory.digest, "probes": ["rtsp"], "nodes": rows}
    began = live.clock()
    for turn, seconds in enumerate((0.25, math.nan)):
        packed = json.dumps(head).encode() + b"\n" + array("f", [seconds] * rows).tobytes()
        await bus.set(keys.durations("video", 0, 1), packed)
        live.clock = lambda now=began + turn * 10 * SECOND: now
        await last_hour.sample()

    told = await city.get(f"/nodes/{POINT}/durations", NOBODY)
    assert told == {
        "step": 10.0,
        "times": [format_time(began), format_time(began + 10 * SECOND)],
        "probes": [{"network": "video", "probe": "rtsp", "seconds": [0.25, None]}],
    }
    assert (await city.ask("GET", "/nodes/nobody/durations", NOBODY)).status == 404


# -- its timeline


def span_of(city: Desk, begin: int, end: int) -> str:
    """From so long ago until so long ago."""
    now = city.context.live.clock()
    return f"since={format_time(now - begin)}&until={format_time(now - end)}"


async def test_a_timeline_says_when_nobody_looked_and_whose_fault_it_was(city: Desk) -> None:
    now = city.context.live.clock()
    told = await city.get(f"/nodes/{POINT}/timeline?{span_of(city, 6 * HOUR, 0)}", NOBODY)

    timeline = Timeline.model_validate(told)

    ago = [6 * HOUR, 5 * HOUR, 4 * HOUR, 3 * HOUR, 2 * HOUR, SECOND]
    assert [(each.start, each.end, each.state, each.attribution) for each in timeline.spans] == [
        (format_time(now - start), format_time(now - end), state, fault)
        for start, end, (state, fault) in zip(
            ago, ago[1:], [("up", ""), ("down", "own"), ("up", ""), ("unknown", ""), ("up", "")], strict=False
        )
    ]
    assert [(each.old, each.new, each.cause, each.attribution) for each in timeline.changes] == [
        ("up", "down", "timeout", "own"),
        ("down", "up", "ok", ""),
    ]
    assert timeline.changes[0].not_before == format_time(now - 5 * HOUR - 1000)


async def test_what_lies_under_maintenance_is_marked(city: Desk) -> None:
    await under_maintenance(city, {"nodes": ["cam-2"]})
    now = city.context.live.clock()

    timeline = Timeline.model_validate(
        await city.get(f"/nodes/cam-2/timeline?{span_of(city, HOUR, 0)}", NOBODY)
    )

    assert [(each.start, each.attribution, each.excluded) for each in timeline.spans] == [
        (format_time(now - HOUR), "upstream", False),
        (format_time(now - HOUR // 2), "upstream", True),
    ]


async def test_evidence_is_for_those_who_may_see_details(city: Desk) -> None:
    path = f"/nodes/cam-2/timeline?{span_of(city, 2 * HOUR, 0)}"
    [known] = Timeline.model_validate(await city.get(path)).changes
    [shown] = Timeline.model_validate(await city.get(path, "looker")).changes

    [seen] = known.evidence
    assert (seen["probe"], seen["node"], seen["cause"]) == ("ping", "sw", "no_reply")
    assert shown.evidence == []
    assert shown.attribution == known.attribution == "upstream"


async def test_a_change_that_comes_is_in_the_next_answer(city: Desk) -> None:
    now = city.context.live.clock()
    voice = Voice(sequence=12)
    fell = voice.turns("cam-3", State.UP, State.DOWN, now - MINUTE)
    await hear(city, fell, voice.sees(now - 1000, now - 500))

    told = await city.get(f"/nodes/cam-3/timeline?{span_of(city, HOUR, 0)}", NOBODY)

    assert [each["state"] for each in told["spans"]] == ["up", "down"]


def later(city: Desk) -> dict[str, Any]:
    now = city.context.live.clock()
    return {
        "since comes before until": (now, now - 1),
        "31 days at most": (now - 31 * 24 * HOUR - 1, now),
        "not begun": (now + HOUR, now + 2 * HOUR),
    }


@pytest.mark.parametrize("word", ["since comes before until", "31 days at most", "not begun"])
async def test_a_span_that_cannot_be_shown_is_refused(city: Desk, word: str) -> None:
    since, until = later(city)[word]
    query = f"since={format_time(since)}&until={format_time(until)}"
    answer = await city.ask("GET", f"/nodes/{POINT}/timeline?{query}", NOBODY)
    assert answer.status == 400
    assert word in answer.detail


async def test_a_moment_must_be_one(city: Desk) -> None:
    answer = await city.ask("GET", f"/nodes/{POINT}/timeline?since=yesterday&until=today", NOBODY)
    assert (answer.status, "since: no moment" in answer.detail) == (400, True)


@pytest.mark.parametrize("part", ["days", "timeline?since=2026-10-01T00:00:00Z&until=2026-10-02T00:00:00Z"])
async def test_without_a_ledger_a_node_has_no_past(city: Desk, part: str) -> None:
    city.context.ledger = None
    assert (await city.ask("GET", f"/nodes/{POINT}/{part}", NOBODY)).status == 503
    assert (await city.ask("GET", f"/nodes/{POINT}", NOBODY)).status == 200
