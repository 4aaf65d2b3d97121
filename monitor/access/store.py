"""Where accounts are kept, and what all that is done with them has in common.

What may not be done raises Refused. Every method may raise LedgerError, when the database is away. ``now``
is milliseconds everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, insert, select, text, update

from monitor.access import passwords, people, sessions, tables
from monitor.access.errors import Refused
from monitor.access.passwords import Hasher, Policy
from monitor.access.people import Account
from monitor.access.principal import Principal
from monitor.access.roles import permissions_of
from monitor.ledger.access import Access as Database
from monitor.ledger.engine import file_of, make_engine, place_of
from monitor.ledger.errors import LedgerError
from monitor.ledger.postgres import queue_for_migration
from monitor.model.said import Said

_P = ParamSpec("_P")
_T = TypeVar("_T")

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


def url_of(ledger: str, data: Path) -> str:
    """Where accounts are kept: beside the ledger's file, or in the same PostgreSQL, which monitors share."""
    return f"sqlite+aiosqlite:///{data / FILE}" if file_of(ledger) is not None else ledger


class Store(Database):
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
            await access._make()
        except LedgerError:
            await access.close()
            raise
        return access

    async def _make(self) -> None:
        await super()._write(_make_tables, self._place)

    async def _write(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """As the ledger does it, and one after the other: what work has read stays so until it is done."""

        def alone(connection: Connection) -> _T:
            # In PostgreSQL no other monitor comes between; SQLite lets one write at a time anyway.
            connection.execute(select(tables.meta.c.version).with_for_update())
            return work(connection, *args, **kwargs)

        return await super()._write(alone)

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


def _make_tables(connection: Connection, place: str) -> None:
    """Raises LedgerError for tables that a newer program made."""
    queue_for_migration(connection)
    tables.metadata.create_all(connection)
    version = connection.scalar(select(tables.meta.c.version))
    if version is None:
        connection.execute(insert(tables.meta), {"version": tables.VERSION})
    elif version == 1:
        _name_browsers(connection)
    elif version != tables.VERSION:
        raise LedgerError(
            Said(
                f"账号库 {place}：由其他版本建立（{version}，本程序为 {tables.VERSION}）",
                f"accounts {place}: made by another version ({version}; this program knows {tables.VERSION})",
            ),
            lasting=True,
        )


def _name_browsers(connection: Connection) -> None:
    """From version 1 to 2. Sessions that there are keep going; which browser they are in is not known."""
    connection.execute(text("ALTER TABLE access_sessions ADD COLUMN browser TEXT NOT NULL DEFAULT ''"))
    connection.execute(update(tables.meta).values(version=2))
