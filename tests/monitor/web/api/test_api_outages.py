"""Outages over the API: what was told of them, and what people say of them."""

from __future__ import annotations

import pytest
from api_kit import NASTY, NOBODY, Desk

from monitor.model.deeds import Did
from monitor.model.observations import Cause
from monitor.model.outages import Attribution, Blame, Ending, Outage, OutageKind, Phase

HOUR = 3_600_000


def an_outage(desk: Desk, name: str = "aaaaaaaaaa", **fields: object) -> Outage:
    begin = desk.context.live.clock() - HOUR
    usual = {
        "kind": OutageKind.NODE,
        "network": "video",
        "root": "sw-1",
        "name": NASTY,
        "region": "440904",
        "contractor": "甲公司",
        "at": begin,
        "not_before": begin - 1000,
        "detected_at": begin + 2000,
        "cause": Cause.TIMEOUT,
        "nodes": ("sw-1", "cam-2"),
    }
    return Outage(name, fields.pop("phase", Phase.OPENED), **(usual | fields))  # type: ignore[arg-type]


@pytest.fixture
async def broken(desk: Desk) -> Desk:
    """One outage that is over and was told of, recorded as both of its phases."""
    over = desk.context.live.clock() - HOUR // 2
    await desk.ledger.judge([an_outage(desk)], over)
    closed = an_outage(desk, phase=Phase.CLOSED, ended_at=over, ending=Ending.RECOVERED)
    await desk.ledger.judge([closed], over)
    return desk


async def test_a_past_outage_is_listed_and_told_in_order(broken: Desk) -> None:
    listed = await broken.get("/outages?open=false", "looker")
    story = await broken.get("/outages/aaaaaaaaaa", "looker")

    assert ([one["id"] for one in listed["outages"]], listed["total"]) == (["aaaaaaaaaa"], 1)
    assert listed["outages"][0]["name"] == NASTY
    assert [one["phase"] for one in story["history"]] == ["opened", "closed"]
    assert {one["told_at"] for one in story["history"]} == {story["outage"]["ended_at"]}
    assert story["outage"]["ending"] == "recovered"


async def test_whom_an_outage_hit_is_told_in_parts_also_when_it_is_over(broken: Desk) -> None:
    nodes = [f"n-{number:02}" for number in range(30)]
    begin = broken.context.live.clock() - HOUR
    hit = [Blame(None, node, "video", begin, Attribution.UPSTREAM, "aaaaaaaaaa") for node in nodes]
    back = [Blame(None, node, "video", begin + 1000, None) for node in nodes[1:]]
    await broken.ledger.judge([*hit, *back], begin)

    first = await broken.get("/outages/aaaaaaaaaa/members?limit=25", "looker")
    rest = await broken.get("/outages/aaaaaaaaaa/members?limit=25&offset=25", "looker")

    assert (first["total"], len(first["members"]), len(rest["members"])) == (30, 25, 5)
    assert [each["node"] for each in (*first["members"], *rest["members"])] == nodes
    assert [each["node"] for each in first["members"] if each["still"]] == [nodes[0]]
    assert (await broken.ask("GET", "/outages/nowhere/members", "looker")).status == 404


async def test_an_observers_outage_hit_all_that_it_looks_at(desk: Desk) -> None:
    blind = an_outage(desk, kind=OutageKind.OBSERVER, root="video-0of1", nodes=())
    await desk.ledger.judge([blind], blind.at)

    found = await desk.get("/outages/aaaaaaaaaa/members", "looker")

    watched = sorted((watch.node.id, watch.node.label) for watch in desk.site.inventory.watches("video"))
    assert [(each["node"], each["name"], each["still"]) for each in found["members"]] == [
        (node, name, True) for node, name in watched
    ]
    assert found["total"] == len(watched) > 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("open=false&network=video", 1),
        ("open=false&region=440904", 1),
        ("open=false&region=440902", 0),
        ("open=true", 0),
        ("open=false&offset=1", 0),
    ],
)
async def test_outages_are_looked_for_by_place_and_time(broken: Desk, query: str, found: int) -> None:
    assert len((await broken.get(f"/outages?{query}"))["outages"]) == found


@pytest.mark.parametrize(
    "query",
    [
        "network=police",
        "open=perhaps",
        "since=yesterday",
        "since=2020-01-01T00:00:00Z",
        "limit=0",
        "colour=red",
    ],
)
async def test_what_cannot_be_looked_for_is_refused(broken: Desk, query: str) -> None:
    assert (await broken.ask("GET", f"/outages?{query}")).status == 400


async def test_who_takes_care_of_its_alert_stands_with_the_outage(broken: Desk) -> None:
    await broken.did(Did.FIRED, "cccc3333", rule="outage", title="x", outage="aaaaaaaaaa")
    await broken.post("/outages/aaaaaaaaaa/assign", {"to": "李四"})
    await broken.post("/outages/aaaaaaaaaa/note", {"note": NASTY})

    story = await broken.get("/outages/aaaaaaaaaa")
    assert (story["outage"]["alert"], story["outage"]["assigned_to"]) == ("cccc3333", "李四")
    assert [(one["kind"], one["person"], one["text"]) for one in story["notes"]] == [
        ("assign", "op", ""),
        ("note", "op", NASTY),
    ]
    assert [one.action for one in await broken.trail()] == ["outage.assign", "outage.note"]


@pytest.mark.parametrize(
    ("path", "body", "who", "status"),
    [
        ("/outages/nowhere/note", {"note": "x"}, "op", 404),
        ("/outages/nowhere/assign", {"to": "x"}, "op", 404),
        ("/outages/aaaaaaaaaa/assign", {"to": "x"}, "op", 409),
        ("/outages/aaaaaaaaaa/assign", {"to": ""}, "op", 400),
        ("/outages/aaaaaaaaaa/note", {"note": ""}, "op", 400),
        ("/outages/aaaaaaaaaa/note", {"note": "x" * 501}, "op", 400),
        ("/outages/aaaaaaaaaa/note", {"note": "x"}, "looker", 403),
        ("/outages/aaaaaaaaaa/note", {"note": "x"}, NOBODY, 401),
    ],
)
async def test_what_may_not_be_said_of_it_is_refused(
    broken: Desk, path: str, body: object, who: str, status: int
) -> None:
    assert (await broken.ask("POST", path, who, body)).status == status
    assert await broken.ledger.orders() == []
