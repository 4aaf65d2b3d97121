"""A browser that goes to the OpenID provider and comes back: what it is sent, keeps and is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http.cookies import Morsel
from pathlib import Path
from typing import Any, cast

import pytest
from access_kit import HERE, T0, cheap
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from oidc_issuer import CLIENT, SECRET, Issuer, issuer
from small_site import camera, make_site

from monitor.access.access import Access, url_of
from monitor.config import Site
from monitor.ledger.ledger import Ledger
from monitor.live.states import Live
from monitor.model.actions import Action
from monitor.web.api import oidc
from monitor.web.context import Context
from monitor.web.dispatch import routes_of
from monitor.web.door import DOOR, Door

BEGIN = "/api/v1/session/oidc"
PLACE = "https://q.example"
BY_TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": HERE}


@dataclass
class Desk:
    """A monitor with accounts, as a browser reaches it through its proxy."""

    client: Any
    context: Context
    there: Issuer

    async def get(self, path: str, cookies: dict[str, str] | None = None) -> ClientResponse:
        shown = {"Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())}
        answer: ClientResponse = await self.client.get(
            path, allow_redirects=False, headers={**BY_TLS, **shown}
        )
        return answer

    async def come_back(self, **changed: str) -> ClientResponse:
        """Begin, log in there, and come back with what was kept."""
        sent = await self.get(BEGIN)
        assert sent.status == 302
        returned = self.there.authorize(sent.headers["Location"]) | changed
        query = "&".join(f"{name}={value}" for name, value in returned.items())
        return await self.get(f"{BEGIN}/callback?{query}", kept(sent))

    async def recorded(self) -> list[Action]:
        assert self.context.ledger is not None
        return [row.action for row in await self.context.ledger.actions()]


def kept(answer: ClientResponse) -> dict[str, str]:
    return {name: morsel.value for name, morsel in answer.cookies.items()}


def cookie(answer: ClientResponse, name: str) -> Morsel[str]:
    return answer.cookies[name]


@pytest.fixture
async def there() -> AsyncIterator[Issuer]:
    async with issuer() as made:
        yield made


def site_of(folder: Path, there: Issuer) -> Site:
    (folder / "credentials.yaml").write_text(f"sso: {{token: '{SECRET}'}}\n", encoding="utf-8")
    (folder / "credentials.yaml").chmod(0o600)
    provider = {"issuer": there.url, "client": CLIENT, "secret": "sso", "roles": {"viewer": ["staff"]}}
    web_ = {"url": PLACE, "proxies": ["127.0.0.1"], "oidc": provider}
    return make_site(folder, [camera("cam-1")], web=web_)


@pytest.fixture
async def desk(tmp_path: Path, there: Issuer) -> AsyncIterator[Desk]:
    site = site_of(tmp_path, there)
    site.data.mkdir()
    async with (
        await Ledger.open(site.ledger_url) as ledger,
        await Access.open(url_of(site.ledger_url, site.data), hasher=cheap()) as access,
    ):
        none = cast("Any", None)  # no part of logging in
        context = Context(Live(site, lambda: T0), none, none, none, none, none, started_at=T0)
        context.ledger, context.access = ledger, access
        app = web.Application()
        app[DOOR] = door = Door()
        app.on_cleanup.append(door.close)
        app.add_routes(routes_of(oidc.ENDPOINTS, context))
        async with TestClient(TestServer(app)) as client:
            yield Desk(client, context, there)


async def test_who_comes_back_has_a_session_and_a_line_in_the_trail(desk: Desk) -> None:
    answer = await desk.come_back()

    assert (answer.status, answer.headers["Location"]) == (302, "/")
    session = cookie(answer, "__Host-quanshi")
    assert (session["httponly"], session["secure"], session["samesite"], session["path"]) == (
        True,
        True,
        "Strict",
        "/",
    )
    assert desk.context.access is not None
    who = await desk.context.access.by_session(session.value, T0)
    assert (who.name, who.roles) == ("张三", ("viewer",))
    (action,) = await desk.recorded()
    assert (action.action, action.account, action.outcome) == ("login", who.account, "ok")
    assert (action.address, action.facts) == (HERE, {"provider": desk.there.url})


async def test_what_a_browser_keeps_on_its_way_is_for_this_alone_and_gone_afterwards(desk: Desk) -> None:
    sent = await desk.get(BEGIN)
    way = cookie(sent, "__Secure-quanshi-oidc")
    assert (way["httponly"], way["secure"], way["samesite"]) == (True, True, "Lax")
    assert (way["path"], way["max-age"]) == (BEGIN, "600")
    assert sent.headers["Cache-Control"] == "no-store"
    assert way.value.split(".")[2] not in sent.headers["Location"]

    back = await desk.come_back()
    assert cookie(back, "__Secure-quanshi-oidc")["max-age"] == "0"


@pytest.mark.parametrize(
    ("claims", "changed", "status", "lines"),
    [
        ({"groups": ["others"]}, {}, 403, 1),
        ({"nonce": "another"}, {}, 401, 0),
        ({}, {"state": "forged"}, 401, 0),
        ({}, {"code": "guessed"}, 401, 0),
    ],
)
async def test_whatever_is_wrong_is_told_on_the_login_page(
    desk: Desk, claims: dict[str, Any], changed: dict[str, str], status: int, lines: int
) -> None:
    desk.there.claims = claims
    answer = await desk.come_back(**changed)

    assert (answer.status, answer.headers["Location"]) == (302, f"/#/login?refused={status}")
    assert "__Host-quanshi" not in answer.cookies
    actions = await desk.recorded()
    assert len(actions) == lines  # whom the provider vouched for, and nobody who just knocks
    assert all((one.target, one.outcome) == ("张三", "refused") for one in actions)


async def test_another_browser_cannot_end_this_login(desk: Desk) -> None:
    sent, other = await desk.get(BEGIN), await desk.get(BEGIN)
    returned = desk.there.authorize(sent.headers["Location"])
    back = f"{BEGIN}/callback?state={returned['state']}&code={returned['code']}"
    for cookies in ({}, kept(other)):
        answer = await desk.get(back, cookies)
        assert answer.headers["Location"] == "/#/login?refused=401"
    assert (await desk.get(back, kept(sent))).headers["Location"] == "/"


async def test_the_former_session_of_this_browser_is_over(desk: Desk) -> None:
    first = kept(await desk.come_back())["__Host-quanshi"]
    sent = await desk.get(BEGIN)
    returned = desk.there.authorize(sent.headers["Location"])
    back = f"{BEGIN}/callback?state={returned['state']}&code={returned['code']}"
    await desk.get(back, {**kept(sent), "__Host-quanshi": first})
    assert desk.context.access is not None
    assert (await desk.context.access.by_session(first, T0)).account == ""


async def test_a_provider_that_is_away_is_a_problem_and_no_page(desk: Desk) -> None:
    desk.there.said = {"issuer": "https://other.example"}
    answer = await desk.get(BEGIN)
    assert (answer.status, answer.content_type) == (503, "application/problem+json")


async def test_a_site_without_a_provider_says_so(desk: Desk, tmp_path: Path) -> None:
    desk.context.live.site = make_site(tmp_path, [camera("cam-1")], web={"proxies": ["127.0.0.1"]})
    assert (await desk.get(BEGIN)).status == 404
    assert (await desk.get(f"{BEGIN}/callback?state=a&code=b")).headers["Location"] == "/#/login?refused=404"


async def test_other_settings_are_another_provider(desk: Desk, tmp_path: Path) -> None:
    await desk.come_back()
    async with issuer() as other:
        desk.context.live.site, desk.there = site_of(tmp_path, other), other
        assert (await desk.come_back()).headers["Location"] == "/"
        assert other.asked == ["discovery", "token", "keys"]
