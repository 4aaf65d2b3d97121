"""Sessions as a browser has them: what another site sends changes nothing, and no id outlives a login."""

from __future__ import annotations

from typing import Any

import pytest
from api_kit import NOBODY, Desk

from monitor.access import totp
from monitor.access.sessions import digest
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


async def own(desk: Desk, method: str, path: str, cookie: str, word: str = "") -> tuple[int, Any]:
    """What ``/session/sessions`` answers who shows this cookie, and with what status."""
    headers = {"Cookie": f"{COOKIE}={cookie}", CSRF: word}
    where = f"/api/v1/session/sessions{path}"
    async with desk.client.request(method, where, headers=headers) as answer:
        return int(answer.status), await answer.json()


async def test_one_sees_ones_own_sessions_and_ends_them_and_nobody_elses(desk: Desk) -> None:
    mine, here = await log_in(desk, "op")
    _, there = await log_in(desk, "op")
    theirs, stranger = await log_in(desk, "op2")

    _, told = await own(desk, "GET", "", here)
    by_id = {each["id"]: each for each in told["sessions"]}
    this, other = digest(here)[:12], digest(there)[:12]
    assert [each["id"] for each in by_id.values() if each["here"]] == [this]
    assert by_id[this]["address"] == "127.0.0.1"
    assert by_id[this]["browser"].startswith("Python/")
    assert digest(stranger)[:12] not in by_id
    assert (await own(desk, "DELETE", f"/{other}", stranger, theirs["csrf"]))[0] == 404
    assert (await own(desk, "DELETE", f"/{other}", here))[0] == 403, "nor without its word"
    assert (await own(desk, "GET", "", there))[0] == 200

    assert await own(desk, "DELETE", f"/{other}", here, mine["csrf"]) == (200, {"done": True})
    assert (await own(desk, "GET", "", there))[0] == 401
    _, third = await log_in(desk, "op")
    assert await own(desk, "DELETE", "", here, mine["csrf"]) == (200, {"ended": len(by_id) - 1})
    assert (await own(desk, "GET", "", third))[0] == 401
    assert (await own(desk, "GET", "", here))[0] == 200
    assert (await own(desk, "GET", "", stranger))[0] == 200
    assert {each.action for each in await desk.trail()} >= {"session.end", "session.end_others"}


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


async def second(desk: Desk, method: str, told: Any, cookie: str, body: Any) -> tuple[int, Any]:
    """What is asked of one's authenticator by the browser that has this session."""
    headers = {"Cookie": f"{COOKIE}={cookie}", CSRF: told["csrf"], "Accept-Language": "en"}
    async with desk.client.request(method, "/api/v1/session/totp", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_an_authenticator_needs_the_password_and_its_missing_code_is_no_failed_login(
    desk: Desk,
) -> None:
    told, cookie = await log_in(desk, "op")
    now = desk.context.live.clock()
    desk.context.live.clock = lambda: now
    assert (await second(desk, "POST", told, cookie, {}))[0] == 400
    assert (await second(desk, "POST", told, cookie, {"password": "wrong"}))[0] == 403
    status, offer = await second(desk, "POST", told, cookie, {"password": PASSWORD})
    assert status == 200
    code = totp.code(offer["secret"], now // 1000 // totp.STEP)
    assert (await second(desk, "PUT", told, cookie, {"code": code}))[0] == 200
    before = await desk.trail()

    login = await desk.ask("POST", "/session", NOBODY, {"account": "op", "password": PASSWORD})
    status, refused = await second(desk, "POST", told, cookie, {"password": PASSWORD})

    assert (login.status, login.json["need"]) == (401, "code")
    assert (status, refused["need"]) == (403, "code")
    assert await desk.trail() == before


async def test_an_account_is_unlocked_by_who_manages_accounts_and_the_trail_knows(desk: Desk) -> None:
    wrong = {"account": "op", "password": "no"}
    statuses = [(await desk.ask("POST", "/session", NOBODY, wrong)).status for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    accounts = {each["account"]: each for each in (await desk.get("/accounts", "sec"))["accounts"]}
    assert accounts["op"]["locked_until"] is not None

    unlocked = await desk.post("/accounts/op/unlock", None, "sec")

    assert unlocked["locked_until"] is None
    last = (await desk.trail())[-1]
    assert (last.account, last.action, last.target) == ("sec", "account.unlock", "op")
    assert (await log_in(desk, "op"))[0]["account"] == "op"
