"""``/session``: logging in and out, one-time links, one's own password, authenticator, sessions, tokens."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel

from monitor.access.access import Access, LoggedIn
from monitor.access.own import Proof
from monitor.access.principal import Principal
from monitor.access.roles import Permission
from monitor.access.sessions import SessionRow
from monitor.access.sessions import Token as TokenRow
from monitor.model.times import format_time
from monitor.web.dispatch import as_response
from monitor.web.endpoints import Call, Endpoint, Refused
from monitor.web.first import forget_first
from monitor.web.guard import forget, keep
from monitor.web.schemas.base import Done, ShortPage
from monitor.web.schemas.people import (
    Ended,
    Login,
    NewPassword,
    OwnSession,
    OwnSessions,
    Redeem,
    Session,
    Token,
    TokenList,
    TokenMade,
    TokenWish,
    TotpCode,
    TotpOffer,
    TotpWish,
)


def access_of(call: Call[Any, Any]) -> Access:
    """The accounts. Raises Refused (503) while they cannot be had."""
    if call.context.access is None:
        raise Refused(503, "账号库尚未就绪", "accounts are not ready yet", after=2)
    return call.context.access


async def session(call: Call[None, None]) -> Session:
    """Who is asking; also what the page must know before anybody has logged in."""
    return await _session(call, call.who)


async def _session(call: Call[Any, Any], who: Principal) -> Session:
    site, access = call.context.site, call.context.access
    known = await access.account(who.account) if access is not None and who.account else None
    return Session(
        account=who.account or None,
        name=who.name,
        roles=[role.value for role in who.roles],
        permissions=sorted(who.permissions),
        via=who.via,
        csrf=who.csrf,
        must=who.must,
        totp=known is not None and known.totp is not None,
        password_days_left=None if known is None or access is None else access.days_left(known, call.now),
        site=site.name,
        title=site.title,
        password_length=site.web.password.length,
        language="zh" if site.language == "zh" else "en",
        oidc=site.web.oidc is not None,
        first=access is not None and await access.is_empty(),
    )


async def login(call: Call[None, Login]) -> web.StreamResponse:
    """By name, password and, where the account has an authenticator, its code."""
    call.target = call.body.account
    wanted = call.body
    begun = await access_of(call).login(wanted.account, wanted.password, wanted.code, call.now, call.address)
    return await _begin(call, begun)


async def redeem(call: Call[None, Redeem]) -> web.StreamResponse:
    """By a one-time link, which sets a password; the first one makes the first account."""
    wanted = call.body
    call.target = wanted.account or ""
    begun = await access_of(call).redeem(
        wanted.secret,
        wanted.password,
        call.now,
        call.address,
        account=wanted.account,
        name=wanted.name,
    )
    call.target = begun.principal.account
    forget_first(call.context.site.data)
    return await _begin(call, begun)


async def _begin(call: Call[Any, Any], begun: LoggedIn) -> web.StreamResponse:
    """A session's first answer, with its cookie. The former session of this browser is over."""
    if call.who.via == "session":
        await access_of(call).logout(call.who)
    call.who = begun.principal
    await access_of(call).name_browser(begun.principal, browser_of(call))
    response = as_response(await _session(call, begun.principal))
    keep(call.context, call.request, response, begun.secret)
    return response


def browser_of(call: Call[Any, Any]) -> str:
    """As it names itself (RFC 9110 §10.1.5)."""
    return call.request.headers.get("User-Agent", "")


async def logout(call: Call[None, None]) -> web.StreamResponse:
    await access_of(call).logout(call.who)
    response = as_response(Done())
    forget(call.context, call.request, response)
    return response


async def password(call: Call[None, NewPassword]) -> web.StreamResponse:
    """Another password. All other sessions of the account are over."""
    _with_session(call)
    begun = await access_of(call).change_password(
        call.who, call.body.old, call.body.new, call.now, call.address
    )
    return await _begin(call, begun)


async def offer_totp(call: Call[None, TotpWish]) -> TotpOffer:
    """A secret for an authenticator. It counts once a code of it was shown."""
    _with_session(call)
    issuer = f"Quanshi {call.context.site.name}"
    secret, uri = await access_of(call).offer_totp(call.who, issuer, _proof(call), call.now, call.address)
    return TotpOffer(secret=secret, uri=uri)


async def confirm_totp(call: Call[None, TotpCode]) -> Done:
    _with_session(call)
    await access_of(call).confirm_totp(call.who, call.body.code, call.now)
    return Done()


async def drop_totp(call: Call[None, TotpWish]) -> Done:
    _with_session(call)
    await access_of(call).drop_totp(call.who, _proof(call), call.now, call.address)
    return Done()


def _proof(call: Call[None, TotpWish]) -> Proof:
    return Proof(call.body.password, call.body.code)


async def sessions(call: Call[None, None]) -> OwnSessions:
    """Where one is logged in, the last used first."""
    _with_session(call)
    found = await access_of(call).sessions(call.who, call.now)
    return OwnSessions(sessions=[_session_of(call, each) for each in found])


def _session_of(call: Call[Any, Any], row: SessionRow) -> OwnSession:
    return OwnSession(
        id=row.id,
        made_at=format_time(row.made_at),
        used_at=format_time(row.used_at),
        address=row.address,
        browser=row.browser,
        here=row.hash == call.who.session,
    )


async def end_session(call: Call[None, None]) -> Done:
    """End one of one's own sessions; another's is not there."""
    _with_session(call)
    call.target = call.path["id"]
    await access_of(call).end_session(call.who, call.path["id"])
    return Done()


async def end_other_sessions(call: Call[None, None]) -> Ended:
    """Log out everywhere but here."""
    _with_session(call)
    ended = await access_of(call).end_other_sessions(call.who)
    call.facts = {"sessions": ended}
    return Ended(ended=ended)


async def tokens(call: Call[ShortPage, None]) -> TokenList:
    query = call.query
    found, total = await access_of(call).tokens(call.who.account, query.limit, query.offset)
    return TokenList(tokens=[token_of(each) for each in found], total=total)


async def make_token(call: Call[None, TokenWish]) -> TokenMade:
    """The only answer that shows the token itself."""
    _with_session(call)
    wanted = call.body
    call.target = wanted.name
    made, secret = await access_of(call).make_token(
        call.who, wanted.name, _permissions(wanted.permissions), call.now, wanted.days
    )
    call.facts = {"token": made.id, "permissions": sorted(made.permissions)}
    return TokenMade(token=secret, **token_of(made).model_dump())


def _permissions(names: list[str]) -> list[Permission]:
    known = set(Permission)
    wrong = [name for name in names if name not in known]
    if wrong:
        raise Refused(
            400,
            f"没有权限 {', '.join(wrong)}；可用：{', '.join(sorted(known))}",
            f"no permission {', '.join(wrong)}; there are {', '.join(sorted(known))}",
        )
    return [Permission(name) for name in names]


async def drop_token(call: Call[None, None]) -> Done:
    call.target = call.path["id"]
    await access_of(call).drop_token(call.path["id"], call.who.account)
    return Done()


def token_of(row: TokenRow) -> Token:
    return Token(
        id=row.id,
        account=row.account,
        name=row.name,
        permissions=sorted(row.permissions),
        made_at=format_time(row.made_at),
        expires_at=format_time(row.expires_at),
        used_at=None if row.used_at is None else format_time(row.used_at),
    )


def _with_session(call: Call[Any, Any]) -> None:
    """A program's token must not be able to make itself another, or to lock its owner out."""
    if call.who.via != "session":
        raise Refused(403, "此操作须登录后进行", "this needs a session")


_WRONG: Final = {401: "the account, the password or the code is not right", 429: "too many tries"}
_PRESENT: Final = {409: "the account is the OpenID provider's", 429: "too many tries"}
_OWN: Final = Permission.OWN


def _own(method: str, path: str, name: str, summary: str, handler: Any, **more: Any) -> Endpoint:
    answer: type[BaseModel] = more.pop("answer", Done)
    return Endpoint(method, f"/session{path}", name, summary, handler, _OWN, answer=answer, **more)


ENDPOINTS: Final = (
    Endpoint("GET", "/session", "session", "Who is asking", session, None, answer=Session),
    Endpoint(
        "POST",
        "/session",
        "login",
        "Log in",
        login,
        None,
        answer=Session,
        body=Login,
        action="login",
        also=_WRONG,
    ),
    Endpoint(
        "POST",
        "/session/redeem",
        "redeem",
        "Use a one-time link",
        redeem,
        None,
        answer=Session,
        body=Redeem,
        action="link.redeem",
        also={409: "there is an account of this name"},
    ),
    _own("DELETE", "", "logout", "Log out", logout, action="logout"),
    _own(
        "POST",
        "/password",
        "change_password",
        "Change one's password",
        password,
        answer=Session,
        body=NewPassword,
        action="password.change",
        also=_PRESENT,
    ),
    _own(
        "POST",
        "/totp",
        "offer_totp",
        "Begin with an authenticator",
        offer_totp,
        answer=TotpOffer,
        body=TotpWish,
        action="totp.offer",
        also=_PRESENT,
    ),
    _own(
        "PUT",
        "/totp",
        "confirm_totp",
        "Confirm the authenticator",
        confirm_totp,
        body=TotpCode,
        action="totp.confirm",
    ),
    _own(
        "DELETE",
        "/totp",
        "drop_totp",
        "Do without the authenticator",
        drop_totp,
        body=TotpWish,
        action="totp.drop",
        also=_PRESENT,
    ),
    _own("GET", "/sessions", "own_sessions", "Where one is logged in", sessions, answer=OwnSessions),
    _own(
        "DELETE",
        "/sessions",
        "end_other_sessions",
        "Log out everywhere but here",
        end_other_sessions,
        answer=Ended,
        action="session.end_others",
    ),
    _own(
        "DELETE",
        "/sessions/{id}",
        "end_session",
        "End one of one's sessions",
        end_session,
        action="session.end",
    ),
    _own("GET", "/tokens", "own_tokens", "One's tokens", tokens, answer=TokenList, query=ShortPage),
    _own(
        "POST",
        "/tokens",
        "make_token",
        "Make a token",
        make_token,
        answer=TokenMade,
        body=TokenWish,
        action="token.make",
    ),
    _own("DELETE", "/tokens/{id}", "drop_token", "Revoke a token", drop_token, action="token.drop"),
)
