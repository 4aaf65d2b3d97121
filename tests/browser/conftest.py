"""One city and one browser for all tests of this folder; a window for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import pytest_asyncio
from browser_city import Account, BrowserCity, Office
from playwright.async_api import Browser
from visits import Window, chromium, visit

Enter = Callable[..., AbstractAsyncContextManager[Window]]


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserCity]:
    with BrowserCity(tmp_path_factory.mktemp("city")) as city:
        city.wait_ready()
        yield city
    assert "Traceback" not in city.log.read_text(errors="replace")


@pytest.fixture(scope="session")
def people(city: BrowserCity) -> Mapping[str, Account]:
    """Accounts of all roles."""
    return Office(city.url).open((city.site.data / "first-login").read_text())


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
def enter(browser: Browser, city: BrowserCity, people: Mapping[str, Account]) -> Enter:
    """``async with enter("op") as window``: the city's pages as this account sees them."""

    def enter(who: str = "", **wishes: Any) -> AbstractAsyncContextManager[Window]:
        cookie = people[who].cookie if who else ""
        return visit(browser, city.url, cookie, **wishes)

    return enter
