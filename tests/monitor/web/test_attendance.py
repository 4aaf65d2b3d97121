"""A session is idle when no person asks for anything, however often its page reads anew by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp.test_utils import make_mocked_request

from monitor.access.access import Access
from monitor.access.passwords import Hasher
from monitor.access.principal import NOBODY, Principal
from monitor.access.store import Settings, url_of
from monitor.web.context import Context
from monitor.web.guard import COOKIE, UNATTENDED, who_asks

IDLE = 1800
MINUTE = 60_000
START = 1_800_000_000_000
BY_PAGE: Mapping[str, Mapping[str, str]] = {
    "a page that reads anew": {UNATTENDED: "1"},
    "a stream of events": {"Accept": "text/event-stream"},
}


@pytest.fixture
async def access(tmp_path: Path) -> AsyncIterator[Access]:
    opened = await Access.open(
        url_of(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}", tmp_path),
        Settings(idle=IDLE),
        Hasher(time_cost=1, memory_cost=8),
    )
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def secret(access: Access) -> str:
    link = await access.first_link(START)
    assert link is not None
    begun = await access.redeem(link, "Correct-horse-9", START, "127.0.0.1", account="li", name="李四")
    return begun.secret


async def ask(access: Access, secret: str, now: int, headers: Mapping[str, str]) -> Principal:
    site = SimpleNamespace(web=SimpleNamespace(proxies=(), anonymous="none"))
    live: Any = SimpleNamespace(clock=lambda: now)
    context = cast("Context", SimpleNamespace(access=access, live=live, site=site, local_token="x"))
    request = make_mocked_request("GET", "/", headers={"Cookie": f"{COOKIE}={secret}", **headers})
    return await who_asks(context, request)


async def ask_each_minute(access: Access, secret: str, minutes: int, headers: Mapping[str, str]) -> Principal:
    for minute in range(1, minutes):
        await ask(access, secret, START + minute * MINUTE, headers)
    return await ask(access, secret, START + minutes * MINUTE, {})


@pytest.mark.parametrize("headers", BY_PAGE.values(), ids=BY_PAGE)
async def test_what_asks_by_itself_keeps_no_session(
    access: Access, secret: str, headers: Mapping[str, str]
) -> None:
    assert await ask_each_minute(access, secret, 31, headers) is NOBODY


async def test_a_person_keeps_it(access: Access, secret: str) -> None:
    assert (await ask_each_minute(access, secret, 31, {})).account == "li"


@pytest.mark.parametrize("headers", BY_PAGE.values(), ids=BY_PAGE)
async def test_until_it_is_over_whatever_asks_is_answered(
    access: Access, secret: str, headers: Mapping[str, str]
) -> None:
    assert (await ask(access, secret, START + 29 * MINUTE, headers)).account == "li"
