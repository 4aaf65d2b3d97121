"""Sessions and tokens, as rows. Of each only a hash is kept: who reads the file cannot use it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from monitor.access import tables
from monitor.access.roles import Permission

LONGEST: Final = 12 * 3_600_000
"""However busy, a session is over after a day's work."""

TOUCH_EVERY: Final = 60_000
"""So rarely it is written down that a session goes on."""

_DAY: Final = 86_400_000
_ID: Final = 12
"""Digits of a hash that name a session."""

TOKEN_DAYS: Final = 365
"""No token holds longer."""

TOKEN: Final = "qs_"  # noqa: S105 - how a token begins, so that one is recognised where it should not be


def fresh() -> str:
    """256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Under what a secret is kept. It is random, so it needs no salt and no slow hash."""
    return sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SessionRow:
    """``hash``: its key. ``csrf``: what its page shows with whatever changes something. ``browser``: as it
    names itself; empty where that is not known.
    """

    hash: str
    account: str
    csrf: str = field(repr=False)
    address: str
    made_at: int
    used_at: int
    browser: str

    @property
    def id(self) -> str:
        """By which people name it."""
        return self.hash[:_ID]


@dataclass(frozen=True, slots=True)
class Token:
    """What lets a program ask in the name of an account."""

    id: str
    account: str
    name: str
    permissions: frozenset[Permission]
    made_at: int
    expires_at: int
    used_at: int | None


def begin(connection: Connection, account: str, address: str, now: int) -> tuple[str, str]:
    """A new session: what the browser keeps, and what it shows with whatever changes something."""
    secret, csrf = fresh(), fresh()
    row = {
        "hash": digest(secret),
        "account": account,
        "csrf": csrf,
        "address": address,
        "made_at": now,
        "used_at": now,
    }
    connection.execute(insert(tables.sessions), row)
    return secret, csrf


def find(connection: Connection, secret: str, idle: float, now: int) -> SessionRow | None:
    """A session that is not over."""
    table = tables.sessions
    row = connection.execute(select(table).where(table.c.hash == digest(secret))).first()
    if row is None or row.used_at + idle * 1000 <= now or row.made_at + LONGEST <= now:
        return None
    return _session(row)


def of_account(connection: Connection, account: str, idle: float, now: int) -> list[SessionRow]:
    """Those that are not over, the last used first."""
    table = tables.sessions
    query = (
        select(table)
        .where(
            table.c.account == account,
            table.c.used_at > now - int(idle * 1000),
            table.c.made_at > now - LONGEST,
        )
        .order_by(table.c.used_at.desc())
    )
    return [_session(row) for row in connection.execute(query)]


def end_own(connection: Connection, account: str, name: str) -> bool:
    """End the session of this account that is named so; whether there was one."""
    table = tables.sessions
    which = (table.c.account == account) & (func.substr(table.c.hash, 1, _ID) == name)
    return connection.execute(delete(table).where(which)).rowcount > 0


def touch(connection: Connection, key: str, now: int) -> None:
    table = tables.sessions
    connection.execute(update(table).where(table.c.hash == key).values(used_at=now))


def name_browser(connection: Connection, key: str, browser: str) -> None:
    table = tables.sessions
    connection.execute(update(table).where(table.c.hash == key).values(browser=browser))


def end_others(connection: Connection, account: str, key: str) -> int:
    """End all sessions of this account but the one under this key; how many there were."""
    table = tables.sessions
    which = (table.c.account == account) & (table.c.hash != key)
    return connection.execute(delete(table).where(which)).rowcount


def end(connection: Connection, key: str) -> None:
    connection.execute(delete(tables.sessions).where(tables.sessions.c.hash == key))


def end_all(connection: Connection, account: str) -> None:
    connection.execute(delete(tables.sessions).where(tables.sessions.c.account == account))


def sweep(connection: Connection, idle: float, now: int) -> None:
    """Forget what is over."""
    table = tables.sessions
    over = (table.c.used_at + int(idle * 1000) <= now) | (table.c.made_at + LONGEST <= now)
    connection.execute(delete(table).where(over))
    connection.execute(delete(tables.tokens).where(tables.tokens.c.expires_at <= now))


def add_token(
    connection: Connection,
    account: str,
    name: str,
    permissions: frozenset[Permission],
    *,
    now: int,
    ends: int,
) -> tuple[Token, str]:
    """A new token, and the one time that it is seen."""
    secret = TOKEN + fresh()
    made = Token(secrets.token_hex(6), account, name, permissions, now, ends, None)
    row = {
        "id": made.id,
        "hash": digest(secret),
        "account": account,
        "name": name,
        "permissions": " ".join(sorted(permissions)),
        "made_at": now,
        "expires_at": ends,
    }
    connection.execute(insert(tables.tokens), row)
    return made, secret


def find_token(connection: Connection, secret: str, now: int) -> Token | None:
    table = tables.tokens
    row = connection.execute(select(table).where(table.c.hash == digest(secret))).first()
    found = None if row is None else _token(row)
    return None if found is None or found.expires_at <= now else found


def touch_token(connection: Connection, name: str, now: int) -> None:
    table = tables.tokens
    connection.execute(update(table).where(table.c.id == name).values(used_at=now))


def tokens(
    connection: Connection, account: str | None, limit: int | None = None, offset: int = 0
) -> tuple[list[Token], int]:
    """Some of those of an account, None: of all; and how many there are."""
    table = tables.tokens
    query = select(table).order_by(table.c.account, table.c.made_at)
    if account is not None:
        query = query.where(table.c.account == account)
    total = connection.scalar(select(func.count()).select_from(query.subquery()))
    return [_token(row) for row in connection.execute(query.limit(limit).offset(offset))], int(total or 0)


def drop_token(connection: Connection, name: str, account: str | None) -> bool:
    """Whether there was one; ``account``: of this account alone."""
    table = tables.tokens
    which = table.c.id == name if account is None else (table.c.id == name) & (table.c.account == account)
    return connection.execute(delete(table).where(which)).rowcount > 0


def drop_tokens(connection: Connection, account: str) -> None:
    connection.execute(delete(tables.tokens).where(tables.tokens.c.account == account))


def _session(row: Row[Any]) -> SessionRow:
    return SessionRow(row.hash, row.account, row.csrf, row.address, row.made_at, row.used_at, row.browser)


def _token(row: Row[Any]) -> Token:
    known = set(Permission) & set(row.permissions.split())  # earlier versions had one that is no more
    permissions = frozenset(Permission(each) for each in known)
    ends = min(row.expires_at, row.made_at + TOKEN_DAYS * _DAY)  # earlier versions made longer ones
    return Token(row.id, row.account, row.name, permissions, row.made_at, ends, row.used_at)
