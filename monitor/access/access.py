"""Accounts as the pages, the API and ``quanshi user`` use them: each method one whole transaction.

What may not be done raises Refused. Every method may raise LedgerError, when the database is away. ``now``
is milliseconds everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Connection, insert, select

from monitor.access import lockout, passwords, people, sessions, tables, totp
from monitor.access.errors import Refused
from monitor.access.passwords import Hasher, Policy
from monitor.access.people import Account
from monitor.access.principal import NOBODY, Principal
from monitor.access.roles import Permission, Role, check_roles, permissions_of
from monitor.access.sessions import TOUCH_EVERY, Token
from monitor.ledger.access import Access as Database
from monitor.ledger.engine import file_of, make_engine, place_of
from monitor.ledger.errors import LedgerError

FILE: Final = "accounts.db"
WAIT: Final = 5.0
"""Seconds to wait for a lock that another process holds."""

DAY: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Settings:
    """``idle``: seconds after which a session that nobody uses is over."""

    idle: float = 1800.0
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session as it begins: ``secret`` is for the browser's cookie and shown nowhere else."""

    principal: Principal
    secret: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An account as those see it who manage accounts."""

    account: Account
    locked_until: int | None


def url_of(ledger: str, data: Path) -> str:
    """Where accounts are kept: beside the ledger's file, or in the same PostgreSQL, which monitors share."""
    return f"sqlite+aiosqlite:///{data / FILE}" if file_of(ledger) is not None else ledger


class Access(Database):
    """Opened by :meth:`open`. Settings may be replaced while it is open."""

    settings: Settings
    _hasher: Hasher

    @classmethod
    async def open(cls, url: str, settings: Settings | None = None, hasher: Hasher | None = None) -> Self:
        """The accounts at a URL of SQLAlchemy, made if need be. A file is for nobody else."""
        path = file_of(url)
        if path is not None:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        access = cls(make_engine(url, WAIT), place_of(url))
        access.settings, access._hasher = settings or Settings(), hasher or Hasher()
        try:
            await access._write(_make_tables, access._place)
        except LedgerError:
            await access.close()
            raise
        return access

    # -- links

    async def first_link(self, now: int) -> str | None:
        """The secret of a new link that makes the first account; None as soon as there is one."""

        def work(connection: Connection) -> str | None:
            if people.count(connection):
                return None
            secret = sessions.fresh()
            people.give_link(connection, sessions.digest(secret), people.FIRST, now)
            return secret

        return await self._write(work)

    async def is_empty(self) -> bool:
        """Whether there is no account yet."""
        return not await self._read(people.count)

    async def redeem(
        self, secret: str, password: str, now: int, address: str, *, account: str | None, name: str | None
    ) -> LoggedIn:
        """Use a one-time link: it sets the password of its account, or makes the first one."""
        digest = sessions.digest(secret)
        owner = await self._read(people.link_of, digest, now)
        if owner == people.FIRST and not account:
            raise Refused(400, "请为首个账号取名", "the first account needs a name")
        chosen = (account or "").casefold() if owner == people.FIRST else owner
        passwords.check(password, chosen, self.settings.policy)
        if owner != people.FIRST:
            await self._check_former(owner, password)
        kept = await self._hasher.hash(password)

        def work(connection: Connection) -> tuple[Account, str, str]:
            if people.link_of(connection, digest, now) != owner:
                raise Refused(403, "链接无效", "this link is none")
            if owner == people.FIRST:
                if people.count(connection):
                    raise Refused(409, "首个账号已存在", "there is an account already")
                people.add(connection, chosen, name or chosen, [Role.SECURITY], now)
            before = people.known(connection, chosen)
            _check_enabled(before)
            people.keep_former(connection, before, now)
            people.change(connection, chosen, password=kept, password_at=now, login_at=now)
            people.drop_links(connection, owner)
            sessions.end_all(connection, chosen)
            secret, csrf = sessions.begin(connection, chosen, address, now)
            return people.known(connection, chosen), secret, csrf

        return self._logged_in(*await self._write(work), now)

    # -- sessions

    async def login(self, account: str, password: str, code: str | None, now: int, address: str) -> LoggedIn:
        """Begin a session. Whatever is wrong takes as long and is answered the same."""
        await self._write(lockout.attempt, account, address, now)
        found = await self._read(people.find, account)
        right = await self._hasher.verify(found.password if found else None, password)
        if not right or found is None or found.disabled:
            raise _wrong()
        if found.totp and code is None:
            await self._write(lockout.succeeded, account, address)
            raise Refused(401, "请输入动态验证码", "the code of the authenticator is needed", need="code")
        fresh = await self._hasher.hash(password) if self._hasher.is_old(str(found.password)) else None

        def work(connection: Connection) -> tuple[Account, str, str] | None:
            present = people.known(connection, account)
            if present.totp:
                step = totp.step_of(present.totp, code or "", now, present.totp_step)
                if step is None:
                    return None
                people.change(connection, account, totp_step=step)
            _check_enabled(present)
            lockout.succeeded(connection, account, address)
            people.change(connection, account, login_at=now, **({"password": fresh} if fresh else {}))
            sessions.sweep(connection, self.settings.idle, now)
            return present, *sessions.begin(connection, present.account, address, now)

        begun = await self._write(work)
        if begun is None:
            raise _wrong()
        return self._logged_in(*begun, now)

    async def let_in(
        self, subject: str, name: str, roles: Collection[Role], now: int, address: str
    ) -> LoggedIn:
        """Begin a session for somebody whom the OpenID provider vouches for, with the roles of now."""
        check_roles(roles)

        def work(connection: Connection) -> tuple[Account, str, str]:
            known = people.by_subject(connection, subject)
            account = known.account if known else _free_name(connection, name)
            if known is None:
                people.add(connection, account, name, roles, now, subject=subject)
            _check_enabled(people.known(connection, account))
            people.change(connection, account, name=name, roles=roles, login_at=now)
            return people.known(connection, account), *sessions.begin(connection, account, address, now)

        return self._logged_in(*await self._write(work), now)

    async def by_session(self, secret: str, now: int) -> Principal:
        """Whose session it is; nobody's when it is over."""

        def read(connection: Connection) -> tuple[sessions.SessionRow, Account] | None:
            row = sessions.find(connection, secret, self.settings.idle, now)
            owner = None if row is None else people.find(connection, row.account)
            return None if row is None or owner is None or owner.disabled else (row, owner)

        found = await self._read(read)
        if found is None:
            return NOBODY
        row, owner = found
        if now - row.used_at >= TOUCH_EVERY:
            await self._write(sessions.touch, row.hash, now)
        return self._principal(owner, row.hash, row.csrf, now)

    async def by_token(self, secret: str, now: int) -> Principal:
        """Whose token it is: with what it was made for, as far as its account may do that still."""

        def read(connection: Connection) -> tuple[Token, Account] | None:
            token = sessions.find_token(connection, secret, now)
            owner = None if token is None else people.find(connection, token.account)
            return None if token is None or owner is None or owner.disabled else (token, owner)

        found = await self._read(read)
        if found is None:
            raise Refused(401, "令牌无效或已过期", "this token is none, or is over")
        token, owner = found
        if token.used_at is None or now - token.used_at >= TOUCH_EVERY:
            await self._write(sessions.touch_token, token.id, now)
        allowed = token.permissions & permissions_of(owner.roles)
        return Principal(owner.account, owner.name, allowed - {Permission.OWN}, "token", owner.roles)

    async def logout(self, who: Principal) -> None:
        if who.session is not None:
            await self._write(sessions.end, who.session)

    def _logged_in(self, account: Account, secret: str, csrf: str, now: int) -> LoggedIn:
        return LoggedIn(self._principal(account, sessions.digest(secret), csrf, now), secret)

    def _principal(self, account: Account, key: str, csrf: str, now: int) -> Principal:
        over = (self.days_left(account, now) or 0) < 0
        return Principal(
            account.account,
            account.name,
            permissions_of(account.roles),
            "session",
            account.roles,
            key,
            csrf,
            "password" if over else "",
        )

    def days_left(self, account: Account, now: int) -> int | None:
        """Days until the password must be changed, negative afterwards; None: never."""
        age = self.settings.policy.age
        if not age or account.password_at is None:
            return None
        return (account.password_at + int(age * 1000) - now) // DAY

    # -- one's own

    async def account(self, account: str) -> Account:
        return await self._read(people.known, account)

    async def change_password(self, who: Principal, old: str, new: str, now: int, address: str) -> LoggedIn:
        """Another password, and with it a session of its own: all that there were are over."""
        await self._confirm(who, old, now, address)
        passwords.check(new, who.account, self.settings.policy)
        await self._check_former(who.account, new)
        kept = await self._hasher.hash(new)

        def work(connection: Connection) -> tuple[Account, str, str]:
            before = people.known(connection, who.account)
            people.keep_former(connection, before, now)
            people.change(connection, who.account, password=kept, password_at=now)
            sessions.end_all(connection, who.account)
            secret, csrf = sessions.begin(connection, who.account, address, now)
            return people.known(connection, who.account), secret, csrf

        return self._logged_in(*await self._write(work), now)

    async def _confirm(self, who: Principal, password: str, now: int, address: str) -> None:
        """That it is he who sits there. A wrong one counts like a wrong login."""
        await self._write(lockout.attempt, who.account, address, now)
        known = await self._read(people.known, who.account)
        if not await self._hasher.verify(known.password, password):
            raise Refused(403, "当前密码不正确", "the present password is not right")
        await self._write(lockout.succeeded, who.account, address)

    async def _check_former(self, account: str, password: str) -> None:
        known = await self._read(people.known, account)
        former = await self._read(people.former, account)
        for kept in [*([known.password] if known.password else []), *former[: passwords.REMEMBERED - 1]]:
            if await self._hasher.verify(kept, password):
                raise Refused(
                    400,
                    f"不能使用最近 {passwords.REMEMBERED} 次用过的密码",
                    f"not one of the last {passwords.REMEMBERED} passwords again",
                )

    async def offer_totp(self, who: Principal, issuer: str) -> tuple[str, str]:
        """A secret for an authenticator, and its URI; it counts once a code of it was shown."""
        secret = totp.new_secret()
        await self._write(partial(people.change, account=who.account, totp_offered=secret))
        return secret, totp.uri(secret, who.account, issuer)

    async def confirm_totp(self, who: Principal, code: str, now: int) -> None:
        """From now on a login needs a code."""

        def work(connection: Connection) -> None:
            table = tables.accounts
            query = select(table.c.totp_offered).where(table.c.account == who.account)
            offered = connection.scalar(query)
            step = totp.step_of(offered, code, now, 0) if offered else None
            if step is None:
                raise Refused(400, "验证码不正确", "this code is not right")
            people.change(connection, who.account, totp=offered, totp_offered=None, totp_step=step)

        await self._write(work)

    async def drop_totp(self, who: Principal, password: str, now: int, address: str) -> None:
        await self._confirm(who, password, now, address)
        await self._write(partial(people.change, account=who.account, totp=None, totp_offered=None))

    async def make_token(
        self, who: Principal, name: str, permissions: Collection[Permission], now: int, days: int
    ) -> tuple[Token, str]:
        """A token for a part of what one may do oneself; what it may do is never more than that."""
        beyond = sorted(set(permissions) - (who.permissions - {Permission.OWN}))
        if beyond or not permissions:
            raise Refused(
                403,
                f"令牌权限不能超出本账号：{', '.join(beyond)}",
                f"a token may do no more than its account: {', '.join(beyond)}",
            )
        ends = now + days * DAY
        return await self._write(
            sessions.add_token, who.account, name, frozenset(permissions), now=now, ends=ends
        )

    async def tokens(self, account: str | None) -> list[Token]:
        return await self._read(sessions.tokens, account)

    async def drop_token(self, name: str, account: str | None) -> None:
        if not await self._write(sessions.drop_token, name, account):
            raise Refused(404, "没有这个令牌", "there is no such token")

    # -- accounts of others

    async def accounts(self, now: int) -> list[Seen]:
        def read(connection: Connection) -> list[Seen]:
            locked = lockout.locked_until(connection, now)
            return [Seen(one, locked.get(one.account)) for one in people.everybody(connection)]

        return await self._read(read)

    async def make_account(
        self, account: str, name: str, roles: Collection[Role], now: int
    ) -> tuple[Account, str, int]:
        """An account, the secret of the link by which its owner sets the password, and when that ends."""
        check_roles(roles)

        def work(connection: Connection) -> tuple[Account, str, int]:
            people.add(connection, account, name, roles, now)
            return _with_link(connection, account, now)

        return await self._write(work)

    async def change_account(
        self,
        account: str,
        *,
        name: str | None = None,
        roles: Collection[Role] | None = None,
        disabled: bool | None = None,
    ) -> Account:
        """Other roles or a disabled account end its sessions; the last one that makes accounts stays."""
        if roles is not None:
            check_roles(roles)
        given = {"name": name, "roles": roles, "disabled": disabled}
        values = {key: value for key, value in given.items() if value is not None}

        def work(connection: Connection) -> Account:
            people.known(connection, account)
            if values:
                people.change(connection, account, **values)
            if not people.securities(connection):
                raise Refused(409, "至少保留一个可用的安全管理员", "one security administrator has to stay")
            if roles is not None or disabled:
                sessions.end_all(connection, account.casefold())
            return people.known(connection, account)

        return await self._write(work)

    async def reset(self, account: str, now: int) -> tuple[Account, str, int]:
        """A new one-time link: password, authenticator and sessions of the account are no more."""

        def work(connection: Connection) -> tuple[Account, str, int]:
            before = people.known(connection, account)
            people.keep_former(connection, before, now)
            people.change(connection, account, password=None, password_at=None, totp=None, totp_offered=None)
            lockout.forgive(connection, account)
            sessions.end_all(connection, before.account)
            sessions.drop_tokens(connection, before.account)
            return _with_link(connection, account, now)

        return await self._write(work)

    async def end_sessions(self, account: str) -> None:
        await self._read(people.known, account)
        await self._write(sessions.end_all, account.casefold())


def _with_link(connection: Connection, account: str, now: int) -> tuple[Account, str, int]:
    secret = sessions.fresh()
    ends = people.give_link(connection, sessions.digest(secret), account.casefold(), now)
    return people.known(connection, account), secret, ends


def _wrong() -> Refused:
    return Refused(401, "账号、密码或验证码不正确", "the account, the password or the code is not right")


def _check_enabled(account: Account) -> None:
    if account.disabled:
        raise Refused(403, "账号已停用", "this account is disabled")


def _free_name(connection: Connection, name: str) -> str:
    """An account name for somebody from outside: his name there, numbered where that is taken."""
    base = "".join(each for each in name.casefold() if each.isascii() and each.isalnum()) or "oidc"
    for number in range(1, 1000):
        chosen = base[:50] if number == 1 else f"{base[:50]}-{number}"
        if people.find(connection, chosen) is None:
            return chosen
    raise Refused(409, "无法分配账号名", "no account name is free")


def _make_tables(connection: Connection, place: str) -> None:
    """Raises LedgerError for tables that a newer program made."""
    tables.metadata.create_all(connection)
    version = connection.scalar(select(tables.meta.c.version))
    if version is None:
        connection.execute(insert(tables.meta), {"version": tables.VERSION})
    elif version != tables.VERSION:
        raise LedgerError(
            f"accounts {place}: made by another version ({version}; this program knows {tables.VERSION})",
            lasting=True,
        )
