"""Who asks: sessions, accounts, tokens, and the audit trail."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from monitor.access.sessions import TOKEN_DAYS
from monitor.web.schemas.base import Model, Moment, Name, ShortPage

RoleName = Literal["viewer", "operator", "approver", "auditor", "admin", "security"]
AccountName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Secret = Annotated[str, StringConstraints(min_length=20, max_length=128)]


class Session(Model):
    """Who is asking. ``account`` null: nobody has logged in. ``must``: what has to be done first."""

    account: str | None
    name: str
    roles: list[RoleName]
    permissions: list[str]
    via: Literal["session", "token", "local", "anonymous"]
    csrf: str | None = Field(description="to be sent as X-CSRF-Token with whatever changes something")
    must: Literal["", "password"]
    totp: bool
    password_days_left: int | None
    site: str
    title: str = Field(description="what people call the site")
    password_length: int = Field(description="the fewest characters of a new password")
    language: Literal["zh", "en"]
    oidc: bool = Field(description="whether one may log in by the site's OpenID provider")
    first: bool = Field(description="there is no account yet: the one-time link is waited for")


class Login(Model):
    account: str = Field(min_length=1, max_length=64)
    password: Password
    code: Code | None = Field(None, description="from the authenticator, where the account has one")


class Redeem(Model):
    """A one-time link. ``account`` and ``name`` only where the link makes the first account."""

    secret: Secret
    password: Password
    account: AccountName | None = None
    name: Name | None = None


class NewPassword(Model):
    old: Password
    new: Password


class TotpOffer(Model):
    secret: str
    uri: str


class TotpCode(Model):
    code: Code


class TotpWish(Model):
    """Another authenticator, or none: for the owner alone."""

    password: Password
    code: Code | None = Field(None, description="of the present authenticator, where there is one")


class OwnSession(Model):
    """Where one is logged in. ``here``: it is the one that asks."""

    id: str
    made_at: Moment
    used_at: Moment = Field(description="to the minute")
    address: str
    browser: str = Field(description="as it names itself (User-Agent); empty: not known")
    here: bool


class OwnSessions(Model):
    sessions: list[OwnSession]


class Ended(Model):
    """How many sessions were ended."""

    ended: int


class TokenWish(Model):
    name: Name
    permissions: list[str] = Field(min_length=1, max_length=20)
    days: int = Field(365, ge=1, le=TOKEN_DAYS)


class Token(Model):
    id: str
    account: str
    name: str
    permissions: list[str]
    made_at: Moment
    expires_at: Moment
    used_at: Moment | None


class TokenMade(Token):
    """The one answer that holds the token itself."""

    token: str


class TokenList(Model):
    tokens: list[Token]
    total: int


class Account(Model):
    account: str
    name: str
    roles: list[RoleName]
    disabled: bool
    locked_until: Moment | None
    totp: bool
    waiting: bool = Field(description="its one-time link was not used yet")
    last_login: Moment | None
    password_changed: Moment | None


class AccountList(Model):
    accounts: list[Account]
    total: int


class AccountWish(Model):
    account: AccountName
    name: Name
    roles: list[RoleName] = Field(min_length=1, max_length=6)


class AccountChange(Model):
    name: Name | None = None
    roles: list[RoleName] | None = Field(None, min_length=1, max_length=6)
    disabled: bool | None = None


class AccountLink(Model):
    """``link`` is shown once: whoever opens it sets the password."""

    account: Account
    link: str
    expires_at: Moment


class ActionsQuery(ShortPage):
    account: str | None = Field(None, max_length=64)
    action: str | None = Field(None, max_length=64)
    since: str | None = None
    until: str | None = None


class ActionDone(Model):
    link: int
    at: Moment
    account: str
    action: str
    target: str
    outcome: Literal["ok", "refused", "failed", "unclear"]
    address: str
    facts: dict[str, Any]


class ActionList(Model):
    actions: list[ActionDone]
    total: int


class Checkpoint(Model):
    link: int
    hash: str
    at: Moment
    fingerprint: str


class LedgerNow(Model):
    links: int
    head: str
    key: str
    fingerprint: str
    checkpoints: list[Checkpoint]
    segments: list[dict[str, Any]]
    gaps: int
    refusals: int
