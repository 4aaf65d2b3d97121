"""Sessions as a browser has them: what another site sends changes nothing, and no id outlives a login."""

from __future__ import annotations

from typing import Any

import pytest
from api_kit import Desk

from monitor.web.guard import COOKIE, CSRF

PASSWORD = "Three kinds, 12"


async def log_in(desk: Desk, account: str, cookie: str = "", word: str = "") -> tuple[Any, str]:
    """What the answer says, and the session's id."""
    headers = {"Cookie": f"{COOKIE}={cookie}", CSRF: word} if cookie else {}
    body = {"account": account, "password": PASSWORD}
    async with desk.client.post("/api/v1/session", json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        held = answer.cookies[COOKIE]
        assert held["httponly"]
        assert held["samesite"] == "Strict"
        desk.client.session.cookie_jar.clear()  # each request here says itself what it shows
        return await answer.json(), held.value


async def silence(desk: Desk, cookie: str, **headers: str) -> int:
    wanted = {"scope": {"nodes": ["cam-1"]}, "until": "2999-01-01T00:00:00Z", "note": "works"}
    shown = {name.replace("_", "-"): value for name, value in headers.items()}
    shown["Cookie"] = f"{COOKIE}={cookie}"
    async with desk.client.post("/api/v1/silences", json=wanted, headers=shown) as answer:
        return int(answer.status)


async def test_a_session_changes_something_only_with_its_own_word(desk: Desk) -> None:
    told, cookie = await log_in(desk, "op")

    assert await silence(desk, cookie) == 403
    assert await silence(desk, cookie, **{CSRF: "another"}) == 403
    assert await silence(desk, cookie, **{CSRF: told["csrf"]}) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
async def test_what_another_site_sends_changes_nothing_even_with_the_word(
    desk: Desk, headers: dict[str, str]
) -> None:
    told, cookie = await log_in(desk, "op")

    assert await silence(desk, cookie, **{CSRF: told["csrf"], **headers}) == 403


async def test_an_id_that_somebody_planted_is_none_after_the_login(desk: Desk) -> None:
    """And the former session of this browser is over (no fixation)."""
    begun, former = await log_in(desk, "op")
    told, fresh = await log_in(desk, "op", former, begun["csrf"])

    assert fresh != former
    assert await silence(desk, former, **{CSRF: told["csrf"]}) in (401, 403)
    assert await silence(desk, fresh, **{CSRF: told["csrf"]}) == 200
    planted = "x" * 43
    _, other = await log_in(desk, "op2", planted)
    assert other != planted
