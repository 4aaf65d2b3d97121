"""What security administrators do with the accounts of others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from monitor.access import lockout, people, sessions
from monitor.access.errors import Refused
from monitor.access.people import Account
from monitor.access.roles import Role, check_roles
from monitor.access.store import Store


@dataclass(frozen=True, slots=True)
class Seen:
    """An account as those see it who manage accounts."""

    account: Account
    locked_until: int | None


class Manage(Store):
    """None of it shows or sets a password: its owner does that by a one-time link."""

    async def accounts(self, now: int, limit: int | None = None, offset: int = 0) -> tuple[list[Seen], int]:
        """Some of them by name, None: all; and how many there are."""

        def read(connection: Connection) -> tuple[list[Seen], int]:
            locked = lockout.locked_until(connection, now)
            found = people.everybody(connection, limit, offset)
            return [Seen(one, locked.get(one.account)) for one in found], people.count(connection)

        return await self._read(read)

    async def name_of(self, account: str) -> str:
        """What the person of an account is called; empty where there is none of this name."""
        found = await self._read(people.find, account)
        return "" if found is None else found.name

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
        by: str = "",
    ) -> Account:
        """Other roles end its sessions, disabling it its tokens too; the last one that makes accounts stays.

        ``by``: who asks for it; nobody changes his own roles.
        """
        if by == account.casefold() and (roles is not None or disabled is not None):
            raise Refused(
                403, "不能更改自己的角色或停用自己", "nobody changes his own roles, or disables himself"
            )
        if roles is not None:
            check_roles(roles)
        given = {"name": name, "roles": roles, "disabled": disabled}
        values = {key: value for key, value in given.items() if value is not None}

        def work(connection: Connection) -> Account:
            people.known(connection, account)
            before = people.securities(connection)
            if values:
                people.change(connection, account, **values)
            if before and not people.securities(connection):
                raise Refused(409, "至少保留一个可用的安全管理员", "one security administrator has to stay")
            if roles is not None or disabled:
                sessions.end_all(connection, account.casefold())
            if disabled:
                sessions.drop_tokens(connection, account.casefold())
            return people.known(connection, account)

        return await self._write(work)

    async def reset(self, account: str, now: int) -> tuple[Account, str, int]:
        """A new one-time link: password, authenticator and sessions of the account are no more."""

        def work(connection: Connection) -> tuple[Account, str, int]:
            before = people.known(connection, account)
            if before.subject:
                raise Refused(409, "该账号由统一身份认证管理", "this account is the OpenID provider's")
            people.keep_former(connection, before, now)
            people.change(connection, account, password=None, password_at=None, totp=None, totp_offered=None)
            lockout.forgive(connection, account)
            sessions.end_all(connection, before.account)
            sessions.drop_tokens(connection, before.account)
            return _with_link(connection, account, now)

        return await self._write(work)

    async def unlock(self, account: str) -> Account:
        """Forget what was tried wrongly, for whoever guessed or mistyped."""

        def work(connection: Connection) -> Account:
            found = people.known(connection, account)
            lockout.forgive(connection, account)
            return found

        return await self._write(work)

    async def end_sessions(self, account: str) -> None:
        await self._read(people.known, account)
        await self._write(sessions.end_all, account.casefold())


def _with_link(connection: Connection, account: str, now: int) -> tuple[Account, str, int]:
    secret = sessions.fresh()
    ends = people.give_link(connection, sessions.digest(secret), account.casefold(), now)
    return people.known(connection, account), secret, ends
