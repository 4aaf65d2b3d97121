"""``/session/oidc``: logging in at the site's OpenID provider. A browser goes there and comes back."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from monitor.web.api.accounts import place_of
from monitor.web.api.session import access_of, browser_of
from monitor.web.dispatch import recorded
from monitor.web.door import DOOR
from monitor.web.endpoints import API, Call, Endpoint, Refused
from monitor.web.guard import is_secure, keep

_PATH: Final = f"{API}/session/oidc"
_ACTION: Final = "login"


async def begin(call: Call[None, None]) -> web.StreamResponse:
    """Send the browser to the provider, with what it has to show when it comes back."""
    provider = await call.request.app[DOOR].provider(call.context.site)
    from monitor.access.oidc import ATTEMPT_SPAN, Attempt  # the provider is there, so the extra is

    attempt = Attempt.new()
    response = _found(await provider.begin(attempt, _redirect(call), call.now))
    # Lax: the browser comes back from another site, and a strict cookie would stay at home.
    response.set_cookie(
        _cookie(call),
        attempt.sealed(),
        max_age=ATTEMPT_SPAN,
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=is_secure(call.context, call.request),
    )
    return response


async def finish(call: Call[None, None]) -> web.StreamResponse:
    """Log in whom the provider vouches for. Whatever is wrong is told on the login page."""
    try:
        response = await _log_in(call)
    except Refused as refused:
        response = _found(f"/#/login?refused={refused.status}")
    response.del_cookie(
        _cookie(call), path=_PATH, httponly=True, samesite="Lax", secure=is_secure(call.context, call.request)
    )
    return response


async def _log_in(call: Call[None, None]) -> web.StreamResponse:
    access = access_of(call)
    provider = await call.request.app[DOOR].provider(call.context.site)
    from monitor.access.oidc import Attempt

    attempt = Attempt.of(call.request.cookies.get(_cookie(call), ""))
    call.facts = {"provider": provider.settings.issuer}
    person = await provider.finish(attempt, call.request.query, _redirect(call), call.now)
    call.target = person.name  # vouched for: from here on it is known whom we refuse
    async with recorded(call, _ACTION):
        begun = await access.let_in(person.subject, person.name, person.roles, call.now, call.address)
        if call.who.via == "session":  # a provider of the same site brings the strict cookie back
            await access.logout(call.who)
        call.who, call.target = begun.principal, begun.principal.account
        await access.name_browser(begun.principal, browser_of(call))
    response = _found("/")
    keep(call.context, call.request, response, begun.secret)
    return response


def _found(place: str) -> web.Response:
    return web.Response(status=302, headers={"Location": place, "Cache-Control": "no-store"})


def _redirect(call: Call[Any, Any]) -> str:
    return f"{place_of(call)}{_PATH}/callback"


def _cookie(call: Call[Any, Any]) -> str:
    """By TLS the prefix keeps plain connections from setting it (RFC 6265bis §4.1.3.1)."""
    return "__Secure-quanshi-oidc" if is_secure(call.context, call.request) else "quanshi-oidc"


_WRONG: Final = {404: "this site has no OpenID provider", 503: "the OpenID provider cannot be used just now"}

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/session/oidc",
        "begin_oidc",
        "Log in at the OpenID provider",
        begin,
        None,
        status=302,
        media="text/plain",
        also=_WRONG,
    ),
    Endpoint(
        "GET",
        "/session/oidc/callback",
        "finish_oidc",
        "Come back from the OpenID provider",
        finish,
        None,
        status=302,
        media="text/plain",
    ),
)
