"""``/accounts``: what the security administrator does."""

from __future__ import annotations

from typing import Any, Final

from monitor.access.access import Seen
from monitor.access.people import Account as AccountRow
from monitor.access.roles import Permission, Role
from monitor.model.times import format_time
from monitor.web.api.session import access_of, token_of
from monitor.web.endpoints import Call, Endpoint, Refused
from monitor.web.first import welcome
from monitor.web.guard import is_secure
from monitor.web.schemas.base import Done, ShortPage
from monitor.web.schemas.people import (
    Account,
    AccountChange,
    AccountLink,
    AccountList,
    AccountWish,
    TokenList,
)


async def accounts(call: Call[ShortPage, None]) -> AccountList:
    found, total = await access_of(call).accounts(call.now, call.query.limit, call.query.offset)
    return AccountList(accounts=[_shown(each) for each in found], total=total)


async def make(call: Call[None, AccountWish]) -> AccountLink:
    """An account. Its owner sets the password by the link: nobody else ever knows it."""
    wanted = call.body
    call.target, call.facts = wanted.account, {"roles": list(wanted.roles)}
    made, secret, ends = await access_of(call).make_account(
        wanted.account, wanted.name, [Role(role) for role in wanted.roles], call.now
    )
    return _linked(call, made, secret, ends)


async def change(call: Call[None, AccountChange]) -> Account:
    """Another name, other roles, disabled or not. Nobody changes his own roles."""
    wanted = call.body
    call.target, call.facts = call.path["account"], wanted.model_dump(exclude_none=True)
    roles = None if wanted.roles is None else [Role(role) for role in wanted.roles]
    changed = await access_of(call).change_account(
        call.path["account"],
        name=wanted.name,
        roles=roles,
        disabled=wanted.disabled,
        by=call.who.account,
    )
    return _shown(Seen(changed, None))


async def reset(call: Call[None, None]) -> AccountLink:
    """A new one-time link; password, authenticator, tokens and sessions of the account are no more."""
    call.target = call.path["account"]
    return _linked(call, *await access_of(call).reset(call.path["account"], call.now))


async def unlock(call: Call[None, None]) -> Account:
    """Let it log in again at once, from wherever it was locked."""
    call.target = call.path["account"]
    return _shown(Seen(await access_of(call).unlock(call.path["account"]), None))


async def end_sessions(call: Call[None, None]) -> Done:
    call.target = call.path["account"]
    await access_of(call).end_sessions(call.path["account"])
    return Done()


async def tokens(call: Call[ShortPage, None]) -> TokenList:
    found, total = await access_of(call).tokens(None, call.query.limit, call.query.offset)
    return TokenList(tokens=[token_of(each) for each in found], total=total)


async def drop_token(call: Call[None, None]) -> Done:
    call.target = call.path["id"]
    await access_of(call).drop_token(call.path["id"], None)
    return Done()


def _linked(call: Call[Any, Any], account: AccountRow, secret: str, ends: int) -> AccountLink:
    link = welcome(place_of(call), secret)
    return AccountLink(account=_shown(Seen(account, None)), link=link, expires_at=format_time(ends))


def place_of(call: Call[Any, Any]) -> str:
    """Where people reach the pages: as the site says, else as this request did."""
    scheme, host = "https" if is_secure(call.context, call.request) else "http", call.request.host
    if not host.isascii():
        raise Refused(400, "Host 不是主机名", "Host is no name of a host")
    return call.context.site.web.url or f"{scheme}://{host}"


def _shown(seen: Seen) -> Account:
    one = seen.account
    return Account(
        account=one.account,
        name=one.name,
        roles=[role.value for role in one.roles],
        disabled=one.disabled,
        locked_until=_moment(seen.locked_until),
        totp=one.totp is not None,
        waiting=one.password is None and not one.subject,
        last_login=_moment(one.login_at),
        password_changed=_moment(one.password_at),
    )


def _moment(millis: int | None) -> str | None:
    return None if millis is None else format_time(millis)


_MANAGES: Final = Permission.ACCOUNTS
_TAKEN: Final = {409: "there is such an account already"}
_LAST: Final = {409: "one security administrator has to stay"}

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/accounts",
        "accounts",
        "All accounts",
        accounts,
        _MANAGES,
        answer=AccountList,
        query=ShortPage,
    ),
    Endpoint(
        "POST",
        "/accounts",
        "make_account",
        "Make an account",
        make,
        _MANAGES,
        answer=AccountLink,
        body=AccountWish,
        action="account.make",
        also=_TAKEN,
    ),
    Endpoint(
        "GET",
        "/accounts/tokens",
        "tokens",
        "All tokens",
        tokens,
        _MANAGES,
        answer=TokenList,
        query=ShortPage,
    ),
    Endpoint(
        "DELETE",
        "/accounts/tokens/{id}",
        "revoke_token",
        "Revoke anybody's token",
        drop_token,
        _MANAGES,
        answer=Done,
        action="token.revoke",
    ),
    Endpoint(
        "PATCH",
        "/accounts/{account}",
        "change_account",
        "Change an account",
        change,
        _MANAGES,
        answer=Account,
        body=AccountChange,
        action="account.change",
        also=_LAST,
    ),
    Endpoint(
        "POST",
        "/accounts/{account}/reset",
        "reset_account",
        "Give an account a new one-time link",
        reset,
        _MANAGES,
        answer=AccountLink,
        action="account.reset",
    ),
    Endpoint(
        "POST",
        "/accounts/{account}/unlock",
        "unlock_account",
        "Unlock an account",
        unlock,
        _MANAGES,
        answer=Account,
        action="account.unlock",
    ),
    Endpoint(
        "DELETE",
        "/accounts/{account}/sessions",
        "end_sessions",
        "End the sessions of an account",
        end_sessions,
        _MANAGES,
        answer=Done,
        action="account.end_sessions",
    ),
)
