"""Accounts and their one-time links, as rows. Plain functions over a connection; moments in milliseconds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from monitor.access import tables
from monitor.access.errors import Refused
from monitor.access.passwords import REMEMBERED
from monitor.access.roles import Role

LINK_SPAN: Final = 24 * 3_600_000
"""How long a one-time link is good for."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)

FIRST: Final = ""
"""The account of the link that makes the first one."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in. ``password`` is a hash; None: the one-time link was not used yet."""

    account: str
    name: str
    roles: tuple[Role, ...]
    password: str | None
    password_at: int | None
    totp: str | None
    totp_step: int
    disabled: bool
    subject: str
    made_at: int
    login_at: int | None


def count(connection: Connection) -> int:
    return int(connection.scalar(select(func.count()).select_from(tables.accounts)) or 0)


def everybody(connection: Connection, limit: int | None = None, offset: int = 0) -> list[Account]:
    query = select(tables.accounts).order_by(tables.accounts.c.account).limit(limit).offset(offset)
    return [_account(row) for row in connection.execute(query)]


def find(connection: Connection, account: str) -> Account | None:
    """By its name, whatever the case of its letters: two accounts do not differ by that alone."""
    query = select(tables.accounts).where(tables.accounts.c.account == account.casefold())
    row = connection.execute(query).first()
    return None if row is None else _account(row)


def by_subject(connection: Connection, subject: str) -> Account | None:
    """By what the OpenID provider calls somebody."""
    row = connection.execute(select(tables.accounts).where(tables.accounts.c.subject == subject)).first()
    return None if row is None else _account(row)


def known(connection: Connection, account: str) -> Account:
    """Raises Refused (404) where there is none."""
    found = find(connection, account)
    if found is None:
        raise Refused(404, f"没有账号 {account}", f"there is no account {account}")
    return found


def checked_name(account: str) -> str:
    """The name of an account as it is kept. Raises Refused (400) for what is none."""
    if not _NAME.fullmatch(account):
        raise Refused(
            400,
            "账号由字母、数字和 . _ @ - 组成，以字母或数字开头，最长 64 个字符",
            "an account has up to 64 letters, digits and . _ @ -, and begins with a letter or a digit",
        )
    return account.casefold()


def add(
    connection: Connection, account: str, name: str, roles: Iterable[Role], now: int, *, subject: str = ""
) -> None:
    """Raises Refused (409) for a name that is taken, and (400) for one that is none."""
    kept = checked_name(account)
    if find(connection, account) is not None:
        raise Refused(409, f"账号 {account} 已存在", f"the account {account} exists")
    row = {
        "account": kept,
        "name": name,
        "roles": _written(roles),
        "disabled": False,
        "subject": subject,
        "made_at": now,
    }
    connection.execute(insert(tables.accounts), row)


def change(connection: Connection, account: str, **values: Any) -> None:
    """Set columns of an account; ``roles`` as roles."""
    if "roles" in values:
        values["roles"] = _written(values["roles"])
    table = tables.accounts
    connection.execute(update(table).where(table.c.account == account.casefold()).values(**values))


def keep_former(connection: Connection, account: Account, now: int) -> None:
    """Remember a password that is no more, of the last few."""
    if account.password is None:
        return
    table = tables.former
    row = {"account": account.account, "at": now, "password": account.password}
    connection.execute(delete(table).where(table.c.account == account.account, table.c.at == now))
    connection.execute(insert(table), row)
    kept = select(table.c.at).where(table.c.account == account.account).order_by(table.c.at.desc())
    oldest = connection.execute(kept.limit(1).offset(REMEMBERED - 1)).scalar()
    if oldest is not None:
        connection.execute(delete(table).where(table.c.account == account.account, table.c.at < oldest))


def former(connection: Connection, account: str) -> list[str]:
    """The hashes of the last passwords, without the one of now."""
    table = tables.former
    query = select(table.c.password).where(table.c.account == account).order_by(table.c.at.desc())
    return list(connection.scalars(query.limit(REMEMBERED)))


def give_link(connection: Connection, digest: str, account: str, now: int) -> int:
    """A link for an account, in the place of all that it had. When it ends."""
    table = tables.links
    connection.execute(delete(table).where((table.c.account == account) | (table.c.expires_at <= now)))
    ends = now + LINK_SPAN
    connection.execute(insert(table), {"hash": digest, "account": account, "expires_at": ends})
    return ends


def link_of(connection: Connection, digest: str, now: int) -> str:
    """The account of a link. Raises Refused (403) for one that is none, or is used or over."""
    table = tables.links
    query = select(table.c.account).where(table.c.hash == digest, table.c.expires_at > now)
    account = connection.scalar(query)
    if account is None:
        raise Refused(403, "链接无效、已使用或已过期", "this link is none, was used, or is over")
    return str(account)


def drop_links(connection: Connection, account: str) -> None:
    connection.execute(delete(tables.links).where(tables.links.c.account == account))


def securities(connection: Connection) -> list[str]:
    """The accounts that can make accounts, and are not disabled."""
    return [one.account for one in everybody(connection) if Role.SECURITY in one.roles and not one.disabled]


def _account(row: Row[Any]) -> Account:
    return Account(
        account=row.account,
        name=row.name,
        roles=tuple(Role(each) for each in row.roles.split()),
        password=row.password,
        password_at=row.password_at,
        totp=row.totp,
        totp_step=row.totp_step,
        disabled=bool(row.disabled),
        subject=row.subject,
        made_at=row.made_at,
        login_at=row.login_at,
    )


def _written(roles: Iterable[Role]) -> str:
    return " ".join(sorted({role.value for role in roles}))
