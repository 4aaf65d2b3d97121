"""Alerts over the API: who takes care of them, what is said of them, and what to be silent about."""

from __future__ import annotations

from typing import Any

import pytest
from api_kit import NASTY, NOBODY, Desk

from monitor.model.actions import Outcome
from monitor.model.deeds import Did
from monitor.model.times import format_time

HOUR = 3_600_000


@pytest.fixture
async def fired(desk: Desk) -> Desk:
    """Two alerts, of which the second is over."""
    facts = {"rule": "outage", "severity": "critical", "title": NASTY, "node": "cam-1", "outage": "o1"}
    await desk.did(Did.FIRED, "aaaa1111", **facts)
    await desk.did(Did.DELIVERED, "aaaa1111", channel="值班群")
    await desk.did(Did.FAILED, "aaaa1111", channel="sms", error="no route")
    await desk.did(Did.FIRED, "bbbb2222", rule="outage", title="over")
    await desk.did(Did.RESOLVED, "bbbb2222")
    return desk


def later(desk: Desk, hours: float = 1) -> str:
    return format_time(desk.context.live.clock() + round(hours * HOUR))


async def test_alerts_that_go_on_are_listed_with_whom_they_reached(fired: Desk) -> None:
    listed = await fired.get("/alerts")

    assert [one["id"] for one in listed["alerts"]] == ["aaaa1111"]
    assert listed["total"] == 1
    one = listed["alerts"][0]
    assert (one["title"], one["node"], one["outage"]) == (NASTY, "cam-1", "o1")
    assert (one["delivered"], one["failed"]) == (["值班群"], {"sms": "no route"})


async def test_those_that_are_over_are_listed_on_wish_page_by_page(fired: Desk) -> None:
    listed = await fired.get("/alerts?open=false&limit=1&offset=0")
    beyond = await fired.get("/alerts?open=false&offset=2")

    assert ([one["id"] for one in listed["alerts"]], listed["total"]) == (["bbbb2222"], 2)
    assert (beyond["alerts"], beyond["total"]) == ([], 2)


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("severity=critical", ["aaaa1111"]),
        ("severity=warning", []),
        ("rule=offline", ["cccc3333"]),
        ("network=police", ["cccc3333"]),
        ("rule=outage&network=police", []),
    ],
)
async def test_alerts_are_chosen_by_severity_rule_and_network(
    fired: Desk, asked: str, ids: list[str]
) -> None:
    await fired.did(Did.FIRED, "cccc3333", rule="offline", severity="info", title="off", network="police")

    listed = await fired.get(f"/alerts?open=false&{asked}")

    assert ([one["id"] for one in listed["alerts"]], listed["total"]) == (ids, len(ids))
    assert {"outage", "offline"} <= set(listed["rules"])


async def test_an_alert_is_acknowledged_by_the_account_that_asks(fired: Desk) -> None:
    await fired.post("/alerts/aaaa1111/ack", {"note": NASTY})

    given = await fired.ledger.orders()
    assert [(order.kind.value, order.person, order.note) for order in given] == [("ack", "op", NASTY)]
    notes = (await fired.get("/alerts/aaaa1111"))["notes"]
    assert [(note["person"], note["kind"], note["text"]) for note in notes] == [("op", "ack", NASTY)]
    last = (await fired.trail())[-1]
    assert (last.account, last.action, last.target, last.outcome) == (
        "op", "alert.ack", "aaaa1111", Outcome.OK,
    )  # fmt: skip


async def test_two_cannot_take_care_of_the_same_alert_unknowingly(fired: Desk) -> None:
    await fired.post("/alerts/aaaa1111/ack", {})
    answer = await fired.ask("POST", "/alerts/aaaa1111/ack", "op2", {})

    assert answer.status == 409
    assert "op has acknowledged" in answer.detail
    assert len(await fired.ledger.orders()) == 1


async def test_whom_it_is_assigned_to_stands_with_it(fired: Desk) -> None:
    one = await fired.post("/alerts/aaaa1111/assign", {"to": " 李四 ", "note": "在附近"})
    again = await fired.post("/alerts/aaaa1111/assign", {"to": "王五"}, "op2")

    assert (one["assigned_to"], again["assigned_to"]) == ("李四", "王五")
    notes = (await fired.get("/alerts/aaaa1111"))["notes"]
    assert [(note["person"], note["to"]) for note in notes] == [("op", "李四"), ("op2", "王五")]


async def test_something_can_be_noted_even_when_it_is_over(fired: Desk) -> None:
    await fired.post("/alerts/bbbb2222/note", {"note": NASTY})

    assert (await fired.get("/alerts/bbbb2222"))["notes"][0]["text"] == NASTY


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/alerts/aaaa1111/ack", {"note": "x" * 501}, 400),
        ("/alerts/aaaa1111/ack", {"note": None}, 400),
        ("/alerts/aaaa1111/ack", {"person": "boss"}, 400),
        ("/alerts/aaaa1111/assign", {}, 400),
        ("/alerts/aaaa1111/assign", {"to": "  "}, 400),
        ("/alerts/aaaa1111/assign", {"to": ["op"]}, 400),
        ("/alerts/aaaa1111/note", {}, 400),
        ("/alerts/aaaa1111/note", {"note": " "}, 400),
        ("/alerts/aaaa/ack", {}, 404),
        ("/alerts/nobody/note", {"note": "x"}, 404),
        ("/alerts/bbbb2222/ack", {}, 409),
        ("/alerts/bbbb2222/assign", {"to": "op"}, 409),
    ],
)
async def test_what_is_no_order_is_refused_and_gives_none(
    fired: Desk, path: str, body: Any, status: int
) -> None:
    answer = await fired.ask("POST", path, "op", body)

    assert answer.status == status
    assert await fired.ledger.orders() == []
    assert [action.outcome for action in await fired.trail()] == [Outcome.REFUSED]


@pytest.mark.parametrize(
    ("who", "status"),
    [(NOBODY, 401), ("looker", 403), ("aud", 403), ("adm", 403), ("sec", 403), ("boss", 200)],
)
async def test_only_who_operates_may_take_care_of_alerts(fired: Desk, who: str, status: int) -> None:
    assert (await fired.ask("POST", "/alerts/aaaa1111/ack", who, {})).status == status
    assert (await fired.ask("GET", "/alerts", who)).status == 200


async def test_there_is_silence_until_somebody_ends_it(fired: Desk) -> None:
    until = later(fired)
    wish = {"scope": {"regions": ["440902"]}, "rules": ["outage"], "until": until, "note": NASTY}
    begun = await fired.post("/silences", wish)

    listed = await fired.get("/silences", "looker")
    assert listed["silences"] == [begun]
    assert (begun["person"], begun["until"], begun["note"]) == ("op", until, NASTY)
    assert begun["scope"]["regions"] == ["440902"]
    assert (await fired.ask("DELETE", f"/silences/{begun['id']}", "op2")).status == 200
    assert (await fired.get("/silences"))["silences"] == []
    assert (await fired.ask("DELETE", f"/silences/{begun['id']}")).status == 404
    assert [one.action for one in await fired.trail()] == ["silence.begin", "silence.end", "silence.end"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scope": {}}, "--all"),
        ({"everything": True}, "--all"),
        ({"scope": {"regions": ["440999"]}}, "not known to this site"),
        ({"scope": {"nodes": ["cam-9"]}}, "cam-9"),
        ({"scope": {"contractors": ["乙公司"]}}, "乙公司"),
        ({"scope": {"parents": ["sw-9"]}}, "sw-9"),
        ({"scope": {"networks": ["police"]}}, "police"),
        ({"scope": {"colours": ["red"]}}, "body.scope.colours"),
        ({"scope": {"nodes": "cam-1"}}, "body.scope.nodes"),
        ({"rules": ["nonsense"]}, "no rule nonsense"),
        ({"until": "tomorrow"}, "until: no moment"),
        ({"until": "2020-01-01T00:00:00Z"}, "in the future"),
        ({"until": 5}, "body.until"),
        ({"note": ""}, "body.note"),
    ],
)
async def test_a_silence_that_means_nothing_is_refused(
    desk: Desk, change: dict[str, Any], words: str
) -> None:
    usual = {"scope": {"nodes": ["cam-1"]}, "until": later(desk), "note": "施工"}
    answer = await desk.ask("POST", "/silences", "op", {**usual, **change})

    assert answer.status == 400
    assert words in answer.detail
    assert await desk.ledger.orders() == []


async def test_while_the_ledger_is_away_nothing_is_done(fired: Desk) -> None:
    fired.context.ledger = None

    answer = await fired.ask("POST", "/alerts/aaaa1111/ack", "op", {})

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"
    assert await fired.ledger.orders() == []
