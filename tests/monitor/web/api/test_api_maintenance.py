"""Maintenance and corrections over the API: what one asks for, another approves."""

from __future__ import annotations

from typing import Any

import pytest
from api_kit import NASTY, NOBODY, Desk

from monitor.access.roles import Permission, Role
from monitor.model.decisions import fold
from monitor.model.times import format_time

HOUR = 3_600_000


def wish(desk: Desk, first: float = -1, last: float = 1, **change: Any) -> dict[str, Any]:
    """Maintenance of cam-1, in hours from now."""
    now = desk.context.live.clock()
    return {
        "scope": {"nodes": ["cam-1"]},
        "start": format_time(now + round(first * HOUR)),
        "end": format_time(now + round(last * HOUR)),
        "reason": "planned_work",
        "note": NASTY,
        **change,
    }


def mend(desk: Desk, first: float = -3, last: float = -2, **change: Any) -> dict[str, Any]:
    """A correction of cam-1, in hours from now."""
    asked = wish(desk, first, last)
    return {
        "node": "cam-1",
        "network": "video",
        "start": asked["start"],
        "end": asked["end"],
        "state": "up",
        "note": NASTY,
        **change,
    }


async def test_it_counts_once_another_has_approved_it(desk: Desk) -> None:
    asked = await desk.post("/maintenance", wish(desk))
    approved = await desk.post(f"/maintenance/{asked['id']}/approve", None, "boss")

    assert (asked["standing"], asked["requested_by"], asked["note"]) == ("waiting", "op", NASTY)
    assert (approved["standing"], approved["approved_by"], approved["retroactive"]) == ("now", "boss", True)
    assert (asked["watches"], asked["scope"]["nodes"]) == (1, ["cam-1"])
    assert (await desk.get("/maintenance"))["decisions"] == [approved]
    assert [(one.account, one.action, one.target) for one in await desk.trail()] == [
        ("op", "maintenance.ask", "M1"),
        ("boss", "maintenance.approve", "M1"),
    ]


async def test_nobody_approves_what_he_asked_for(desk: Desk) -> None:
    asked = await desk.post("/maintenance", wish(desk), "boss")
    own = await desk.ask("POST", f"/maintenance/{asked['id']}/approve", "boss")
    other = await desk.ask("POST", f"/maintenance/{asked['id']}/approve", "boss2")

    assert (own.status, other.status) == (409, 200)
    assert "somebody else" in own.detail
    assert fold(await desk.ledger.decisions())["M1"].signed.approved_by == "boss2"


async def known_as(desk: Desk, account: str, name: str) -> None:
    """Another approver, who shows a token."""
    access, now = desk.context.access, desk.context.live.clock()
    assert access is not None
    _, link, _ = await access.make_account(account, name, [Role.APPROVER], now)
    made = await access.redeem(link, "Three kinds, 12", now, "127.0.0.1", account=None, name=None)
    mine = made.principal.permissions - {Permission.OWN}
    _, token = await access.make_token(made.principal, "test", mine, now, 1)
    desk.tokens = {**desk.tokens, account: token}


@pytest.mark.parametrize(
    ("account", "name", "status"),
    [
        ("zhang-2", "张 三", 409),
        ("zhang-2", "ＺＨＡＮＧ", 409),
        ("zhang-2", "张三（信宜）", 200),
        ("li", "李四", 200),
    ],
)
async def test_nobody_approves_by_another_account_what_he_asked_for(
    desk: Desk, account: str, name: str, status: int
) -> None:
    await known_as(desk, "zhang", "张三")
    await known_as(desk, account, name)
    asked = await desk.post("/maintenance", wish(desk), "zhang")

    answer = await desk.ask("POST", f"/maintenance/{asked['id']}/approve", account)

    assert answer.status == status
    assert (fold(await desk.ledger.decisions())["M1"].signed.approved_by == account) is (status == 200)


async def test_nothing_is_approved_twice(desk: Desk) -> None:
    asked = await desk.post("/maintenance", wish(desk))
    await desk.post(f"/maintenance/{asked['id']}/approve", None, "boss")
    again = await desk.ask("POST", f"/maintenance/{asked['id']}/approve", "boss2")

    assert again.status == 409
    assert "boss has approved" in again.detail


async def test_it_is_ended_before_its_time(desk: Desk) -> None:
    asked = await desk.post("/maintenance", wish(desk))
    await desk.post(f"/maintenance/{asked['id']}/approve", None, "boss")
    ended = await desk.post(f"/maintenance/{asked['id']}/end", None)

    assert ended["standing"] == "over"
    assert ended["end"] < asked["end"]


async def test_a_correction_goes_the_same_way(desk: Desk) -> None:
    asked = await desk.post("/corrections", mend(desk))
    own = await desk.ask("POST", f"/maintenance/{asked['id']}/approve", "op")
    approved = await desk.post(f"/maintenance/{asked['id']}/approve", None, "boss")

    assert (asked["kind"], asked["id"], asked["state"], asked["watches"]) == ("correction", "C1", "up", 1)
    assert own.status == 403
    assert (approved["approved_by"], approved["standing"]) == ("boss", "over")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scope": {}}, "--all"),
        ({"everything": True}, "--all"),
        ({"scope": {"nodes": ["cam-9"]}}, "cam-9"),
        ({"scope": {"regions": [NASTY]}}, NASTY),
        ({"start": "yesterday"}, "start: no moment"),
        ({"end": ""}, "end: no moment"),
        ({"end": "2020-01-01T00:00:00Z"}, "start comes before end"),
        ({"end": "2099-01-01T00:00:00Z"}, "366 days"),
        ({"reason": "laziness"}, "body.reason"),
        ({"note": " "}, "body.note"),
        ({"approved_by": "boss"}, "body.approved_by"),
    ],
)
async def test_maintenance_that_means_nothing_is_refused(
    desk: Desk, change: dict[str, Any], words: str
) -> None:
    answer = await desk.ask("POST", "/maintenance", "op", wish(desk, **change))

    assert answer.status == 400
    assert words in answer.detail
    assert await desk.ledger.decisions() == []


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"node": "cam-9"}, 409, "cam-9"),
        ({"network": "police"}, 409, "video"),
        ({"state": "happy"}, 400, "body.state"),
        ({"note": ""}, 400, "body.note"),
        ({"end": "2099-01-01T00:00:00Z"}, 400, "366 days"),
        ({"scope": {}}, 400, "body.scope"),
    ],
)
async def test_a_correction_that_means_nothing_is_refused(
    desk: Desk, change: dict[str, Any], status: int, words: str
) -> None:
    answer = await desk.ask("POST", "/corrections", "op", mend(desk, **change))

    assert answer.status == status
    assert words in answer.detail
    assert await desk.ledger.decisions() == []


async def test_only_the_past_is_put_right(desk: Desk) -> None:
    answer = await desk.ask("POST", "/corrections", "op", mend(desk, -1, 1))

    assert (answer.status, answer.detail) == (400, "only what is past can be put right")


@pytest.mark.parametrize("step", ["approve", "end"])
async def test_what_was_not_asked_for_is_neither_approved_nor_ended(desk: Desk, step: str) -> None:
    assert (await desk.ask("POST", f"/maintenance/M9/{step}", "boss")).status == 404


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("/maintenance", NOBODY, 401),
        ("/maintenance", "looker", 403),
        ("/maintenance", "aud", 403),
        ("/corrections", "adm", 403),
        ("/maintenance/M1/approve", "op", 403),
        ("/maintenance/M1/approve", NOBODY, 401),
        ("/maintenance/M1/end", "sec", 403),
    ],
)
async def test_who_may_not_ask_or_approve_is_refused(desk: Desk, path: str, who: str, status: int) -> None:
    body = None if "/M1/" in path else mend(desk) if path == "/corrections" else wish(desk)

    assert (await desk.ask("POST", path, who, body)).status == status
    assert await desk.ledger.decisions() == []
