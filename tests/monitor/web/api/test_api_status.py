"""What is true now, over the API: the board, the overview, regions, the map, and the last hours."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from api_kit import NOBODY, Begun, Desk, desk_of
from city_kit import HOUR, OUTAGE, POINT, QUARTER, city_of, hear
from small_site import Voice, camera, make_site

from monitor.ledger.ledger import Ledger
from monitor.model.decisions import Action, Decision
from monitor.model.deeds import Did
from monitor.model.measured import Budget, GroupNow, Health, Measured, Spent
from monitor.model.observations import State
from monitor.model.times import format_time
from monitor.web.api import status
from monitor.web.schemas.live import Board, Overview, Regions, Trend
from monitor.web.trends import STEPS


@pytest.fixture
async def city(tmp_path: Path, begun: Begun) -> AsyncIterator[Desk]:
    async with city_of(tmp_path, begun) as desk:
        yield desk


# -- the board


async def test_the_board_is_what_its_schema_says(city: Desk) -> None:
    board = Board.model_validate(await city.get("/board", NOBODY))

    columns = (
        board.id, board.name, board.network, board.region, board.kind, board.point_class, board.contractor,
        board.state, board.cause, board.since, board.lon, board.lat,
    )  # fmt: skip
    assert {len(column) for column in columns} == {6}
    networks = [board.networks[place] for place in board.network]
    states = dict(zip(zip(board.id, networks, strict=True), board.state, strict=True))
    assert states["cam-2", "video"] == states["sw", "video"] == 1
    assert states["core", "video"] == states["core", "police"] == states[POINT, "video"] == 3
    assert [board.id[row] for row in board.upstream] == ["cam-2"]
    assert board.event == city.context.hub.last


async def test_only_who_may_see_details_is_told_the_very_place(city: Desk) -> None:
    rough, exact = await city.get("/board", "looker"), await city.get("/board", "op")

    place = rough["id"].index(POINT)
    assert (rough["lon"][place], rough["lat"][place]) == (110.926, 21.663)
    assert (exact["lon"][place], exact["lat"][place]) == (110.925512, 21.6629)


async def test_a_board_comes_packed_to_those_who_can_unpack_it(city: Desk) -> None:
    plain = await city.ask("GET", "/board", NOBODY, Accept_Encoding="identity")
    packed = await city.ask("GET", "/board", NOBODY, Accept_Encoding="gzip")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.json == plain.json
    made = city.context.boards.of(
        city.context.live,
        event=city.context.hub.last,
        excluded=await status.excluding(city.context, city.context.live.clock()),
        exact=False,
    )
    assert gzip.decompress(made.packed) == plain.body, "and was packed once"


async def test_a_board_that_somebody_has_is_not_sent_again(city: Desk) -> None:
    first = await city.ask("GET", "/board", NOBODY)
    again = await city.ask("GET", "/board", NOBODY, If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")

    city.context.hub.say("board", {"reason": "many"})
    assert (await city.ask("GET", "/board", NOBODY, If_None_Match=first.headers["ETag"])).status == 200


async def test_maintenance_stands_on_the_board_from_its_first_moment_to_its_last(city: Desk) -> None:
    now = city.context.live.clock()
    span = {"start": format_time(now + 1000), "end": format_time(now + 2000), "note": "换电源"}
    body = {"kind": "exclusion", "scope": {"regions": ["440904"]}, "reason": "planned_work", **span}
    await city.ledger.decide(Decision("m1", Action.REQUEST, "张三", now, body))
    await city.ledger.decide(Decision("m1", Action.APPROVE, "李四", now, {}))

    async def excluded(later: int) -> set[str]:
        city.context.live.clock = lambda: now + later
        board = await city.get("/board", NOBODY)
        return {board["id"][row] for row in board["excluded"]}

    assert [await excluded(later) for later in (0, 1000, 1999, 2000)] == [
        set(),
        {"cam-2", "cam-3", "sw"},
        {"cam-2", "cam-3", "sw"},
        set(),
    ]


async def test_decisions_are_read_once_until_there_is_another(
    city: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, decisions = [], Ledger.decisions

    async def counted(self: Ledger) -> list[Decision]:
        read.append(1)
        return await decisions(self)

    monkeypatch.setattr(Ledger, "decisions", counted)
    now = city.context.live.clock()
    span = {"start": format_time(now - 1), "end": format_time(now + 1), "note": "换电源"}
    body = {"kind": "exclusion", "scope": {"nodes": ["sw"]}, "reason": "planned_work", **span}
    await city.ledger.decide(Decision("m1", Action.REQUEST, "张三", now, body))
    for _ in range(3):
        assert (await city.get("/board", NOBODY))["excluded"] == []
    assert len(read) == 1

    await city.ledger.decide(Decision("m1", Action.APPROVE, "李四", now, {}))

    assert len((await city.get("/board", NOBODY))["excluded"]) == 1
    assert len(read) == 2


async def test_without_a_ledger_there_is_a_board_still(city: Desk) -> None:
    city.context.ledger = None
    assert (await city.get("/board", NOBODY))["excluded"] == []
    assert Overview.model_validate(await city.get("/overview", NOBODY)).outages[0].alert is None


# -- the overview


async def test_the_overview_says_who_is_down_and_who_is_to_blame(city: Desk) -> None:
    await city.did(Did.FIRED, "A-1", outage=OUTAGE, severity="high", rule="outage")
    await city.did(Did.ACKED, "A-1", person="王五")

    found = Overview.model_validate(await city.get("/overview"))

    [outage] = found.outages
    assert (outage.id, outage.root, outage.region_name, outage.affected) == (OUTAGE, "sw", "电白区", 2)
    assert (outage.alert, outage.acked_by, outage.assigned_to) == ("A-1", "王五", None)
    newest = found.changes[0]
    assert (newest.node, newest.network, newest.old, newest.new) == ("core", "police", "unknown", "up")
    assert {(each.name, each.footing) for each in found.collectors} == {
        ("video-0of1", "sees"),
        ("police-0of1", "sees"),
    }
    assert {each.sight_age for each in found.collectors} == {1.0}
    assert {(each.watches, each.lost_since) for each in found.collectors} == {(5, None), (1, None)}


async def test_networks_are_counted_and_what_joins_the_points_by_level(city: Desk) -> None:
    found = Overview.model_validate(await city.get("/overview", NOBODY))

    video, police = found.networks
    assert (video.id, video.name, video.watches, police.watches) == ("video", "视频专网", 5, 1)
    assert (video.counts.up, video.counts.down, video.counts.unknown) == (3, 2, 0)
    assert {level: now.watches for level, now in video.levels.items()} == {"county": 1, "city": 1}
    assert (video.levels["county"].counts.down, video.levels["city"].counts.up) == (1, 1)
    assert video.levels["county"].counts.upstream == 0, "it is down by itself"


async def test_before_anything_is_measured_the_headline_is_of_this_moment(city: Desk) -> None:
    headline = Overview.model_validate(await city.get("/overview", NOBODY)).headline

    assert (headline.point_class, headline.watches, headline.target) == (1, 2, 0.98)
    assert (headline.online, headline.intact, headline.month) == (1.0, 1.0, None)


async def test_the_month_of_a_group_lies_between_its_bounds(city: Desk) -> None:
    point = GroupNow(
        network=None,
        region=None,
        point_class=1,
        watches=2,
        states={"up": 1, "degraded": 0, "down": 1, "unknown": 0},
        suppressed=1,
        target=0.98,
        windows={"month": Spent(good=90 * HOUR, bad=5 * HOUR, unknown=5 * HOUR)},
        budget=Budget(total=10 * HOUR, used=12 * HOUR, gone_at=city.context.live.clock()),
    )
    unseen = replace(point, region="440904", states=dict.fromkeys(point.states, 0), windows={}, budget=None)
    city.context.live.measured = Measured(
        city.context.live.clock(), (replace(point, point_class=2), unseen, point), Health({}, {}, {}, True)
    )

    found = Overview.model_validate(await city.get("/overview", NOBODY))

    head = found.headline
    assert (head.region, head.point_class, head.counts.upstream) == (None, 1, 1)
    assert (head.month, head.month_low, head.month_high) == (90 / 95, 0.9, 0.95)
    assert (head.online, head.intact) == (0.5, 0.5)
    assert head.budget is not None
    assert (head.budget.total, head.budget.used, head.budget.left) == (10.0, 12.0, 0.0)
    assert head.budget.gone_at == format_time(city.context.live.clock())
    assert len(found.groups) == 3
    nobody = found.groups[1]
    assert (nobody.online, nobody.intact, nobody.month, nobody.month_low, nobody.budget) == (None,) * 5


# -- regions and the map


async def test_regions_say_what_they_lie_in(city: Desk) -> None:
    found = {each.code: each for each in Regions.model_validate(await city.get("/regions", NOBODY)).regions}

    assert (found["440902001"].name, found["440902001"].level) == ("站前街道", "town")
    assert (found["440902001"].parent, found["440902"].level) == ("440902", "county")
    assert set(found) == {"440900", "440902", "440902001", "440904"}


async def test_a_site_without_a_map_has_an_empty_one(city: Desk) -> None:
    answer = await city.ask("GET", "/map", NOBODY)

    assert answer.headers["Content-Type"].startswith("application/geo+json")
    assert answer.json == {"type": "FeatureCollection", "features": []}


# -- the last hours


async def test_the_trend_knows_what_was_seen_and_what_was_intact(city: Desk) -> None:
    trend = Trend.model_validate(await city.get("/trend?hours=24", NOBODY))

    assert (len(trend.points), trend.step, trend.target) == (STEPS, QUARTER / 1000, 0.98)
    last = city.context.live.clock() // QUARTER * QUARTER
    assert trend.points[-1].time == format_time(last - QUARTER)
    # Of two class-1 points one was down five to four hours ago; an hour was unseen. A second late in each.
    hours = [trend.points[place : place + 4] for place in range(0, STEPS, 4)]
    assert [round(sum(each.seen for each in hour) / 4, 2) for hour in hours[-6:]] == [1, 1, 1, 0, 1, 1]
    assert [each.intact for each in hours[-3][1:]] == [None] * 3
    assert [each.intact for each in hours[-5][1:]] == [0.5] * 3
    assert {each.intact for each in [*hours[-6], *hours[-2], *hours[-1]]} == {1.0}


@pytest.mark.parametrize(
    ("query", "intact"),
    [
        ("network=video&point_class=2", 0.0),
        ("region=440904&point_class=2", 0.0),
        ("region=440902", 1.0),
        ("region=440900", 1.0),
        ("network=police", None),
    ],
)
async def test_the_trend_of_a_part_of_the_city(city: Desk, query: str, intact: float | None) -> None:
    trend = Trend.model_validate(await city.get(f"/trend?hours=1&{query}", NOBODY))
    assert trend.points[-1].intact == intact


async def test_a_trend_is_worked_out_once_for_all_who_ask(city: Desk) -> None:
    first = await city.get("/trend", NOBODY)
    now = city.context.live.clock()
    voice = Voice(sequence=11)
    await hear(city, voice.turns(POINT, State.UP, State.DOWN, now - HOUR), voice.sees(now - 1000, now - 500))

    assert await city.get("/trend", "op") == first
    other = await city.get("/trend?hours=2", NOBODY)
    assert Trend.model_validate(other).points[-1].intact == 0.5


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("region=440902x", 'did you mean "440902"?'),
        ("network=vidio", 'did you mean "video"?'),
        ("hours=0", "hours"),
        ("hours=169", "hours"),
    ],
)
async def test_what_there_is_no_trend_of_is_named(city: Desk, query: str, word: str) -> None:
    answer = await city.ask("GET", f"/trend?{query}", NOBODY)
    assert answer.status == 400
    assert word in answer.detail


async def test_without_a_ledger_nothing_is_known_of_the_past(city: Desk) -> None:
    city.context.ledger = None
    answer = await city.ask("GET", "/trend", NOBODY)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_the_status_is_the_one_of_the_terminal(city: Desk) -> None:
    found: dict[str, Any] = await city.get("/status", NOBODY)
    assert (found["down_total"], found["down_covered"], found["outages"][0]["id"]) == (2, 1, OUTAGE)


async def test_who_has_not_logged_in_is_told_how_long_a_password_must_be(
    tmp_path: Path, begun: Begun
) -> None:
    web = {"anonymous": "none", "password": {"length": 16}}
    async with desk_of(make_site(tmp_path, [camera("a")], web=web), begun) as desk:
        assert (await desk.get("/session", NOBODY))["password_length"] == 16


async def test_a_site_is_called_as_people_do(tmp_path: Path, begun: Begun) -> None:
    async with desk_of(make_site(tmp_path, [camera("a")], name="茂名"), begun) as desk:
        overview, session = await desk.get("/overview", NOBODY), await desk.get("/session", NOBODY)
    assert (overview["site"], overview["title"]) == (session["site"], session["title"]) == ("maoming", "茂名")
