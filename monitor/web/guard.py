"""Who asks, by what the request shows: a token, a session's cookie, or nothing."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from monitor.access.errors import Refused
from monitor.access.principal import LOOKER, NOBODY, THIS_MACHINE, Principal
from monitor.ledger.errors import LedgerError
from monitor.web import peers
from monitor.web.context import Context

COOKIE: Final = "quanshi"
SECURE_COOKIE: Final = "__Host-quanshi"
"""By TLS: the prefix lets no other host and no plain connection set it (RFC 6265bis §4.1.3.2)."""

ADDRESS: Final = web.RequestKey("address", str)
"""Where a request comes from, as far as it may be believed."""

CSRF: Final = "X-CSRF-Token"
UNATTENDED: Final = "X-Unattended"
"""What a page sends along while nobody touches it: it must not keep a session alive that a person left."""

EVENT_STREAM: Final = "text/event-stream"
_BEARER: Final = "bearer "


async def who_asks(context: Context, request: web.Request) -> Principal:
    """Whoever asks. Raises Refused (401) for a token that is none, and (503) while accounts are away."""
    request[ADDRESS] = peers.address_of(request, context.site.web.proxies)
    given = request.headers.get("Authorization", "")
    if given[: len(_BEARER)].lower() == _BEARER:
        return await _by_token(context, given[len(_BEARER) :].strip())
    secret = _ascii(request.cookies.get(cookie_name(context, request), ""))
    if secret and context.access is not None:
        try:
            now = context.live.clock()
            found = await context.access.by_session(secret, now, attended=_is_attended(request))
        except LedgerError as error:
            raise _away() from error
        if found is not NOBODY:
            return found
    return LOOKER if context.site.web.anonymous == "viewer" else NOBODY


def _ascii(text: str) -> str:
    """What we give out is ASCII; bytes that are none come as halves of characters that nothing can encode."""
    return text if text.isascii() else ""


def _is_attended(request: web.Request) -> bool:
    """A stream of events is listened to by a page, whether or not anybody sits before it."""
    return UNATTENDED not in request.headers and request.headers.get("Accept") != EVENT_STREAM


async def _by_token(context: Context, token: str) -> Principal:
    if not token.isascii():
        raise Refused(401, "令牌无效或已过期", "this token is none, or is over")
    if hmac.compare_digest(token, context.local_token):
        return THIS_MACHINE
    if context.access is None:
        raise _away()
    try:
        return await context.access.by_token(token, context.live.clock())
    except LedgerError as error:
        raise _away() from error


def _away() -> Refused:
    return Refused(503, "账号库暂不可用", "accounts cannot be read just now", after=5)


def check_origin(context: Context, request: web.Request, who: Principal) -> None:
    """Raises Refused (403) for a change that another site's page may have sent with our cookie.

    A browser says where a request comes from (Fetch Metadata, Origin); beside that a session has to show its
    own word. A token is never sent by a browser of itself, so it needs none.
    """
    if who.via in ("token", "local"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site not in (None, "same-origin", "none") or not _is_ours(context, request):
        raise Refused(403, "请求来自其他站点", "the request comes from another site")
    if who.via != "session":
        return
    shown = _ascii(request.headers.get(CSRF, ""))
    if not hmac.compare_digest(shown, str(who.csrf)):
        raise Refused(403, f"缺少或错误的 {CSRF}", f"{CSRF} is missing or wrong")


def _is_ours(context: Context, request: web.Request) -> bool:
    """A proxy may ask us by another name than people ask it: theirs stands in ``web.url``."""
    origin = request.headers.get("Origin")
    if origin is None or origin == context.site.web.url:
        return True
    try:
        return urlsplit(origin).netloc == request.headers.get("Host")
    except ValueError:  # no URL at all
        return False


def is_secure(context: Context, request: web.Request) -> bool:
    """Whether it came by TLS, to us or to the proxy before us."""
    return peers.is_secure(request, context.site.web.proxies)


def cookie_name(context: Context, request: web.Request) -> str:
    return SECURE_COOKIE if is_secure(context, request) else COOKIE


def keep(context: Context, request: web.Request, response: web.StreamResponse, secret: str) -> None:
    """Give the browser its session."""
    secure = is_secure(context, request)
    response.set_cookie(
        cookie_name(context, request), secret, path="/", httponly=True, samesite="Strict", secure=secure
    )


def forget(context: Context, request: web.Request, response: web.StreamResponse) -> None:
    """Take it back."""
    secure = is_secure(context, request)
    response.set_cookie(
        cookie_name(context, request),
        "",
        max_age=0,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=secure,
    )
