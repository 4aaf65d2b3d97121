"""Who guesses waits: five wrong tries lock an account for ten minutes, and twenty an address.

Names that do not exist are counted too, so that the answer does not tell which do. Moments in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from monitor.access import tables
from monitor.access.errors import Refused

MOST_OF_ACCOUNT: Final = 5
MOST_OF_ADDRESS: Final = 20
WITHIN: Final = 10 * 60_000
LOCKED_FOR: Final = 10 * 60_000


def attempt(connection: Connection, account: str, address: str, now: int) -> None:
    """Begin a try, which counts as a wrong one until :func:`succeeded`: many at once are many tries.

    Raises Refused (429) while the account or the address is locked.
    """
    table = tables.tries
    connection.execute(delete(table).where(table.c.since <= now - WITHIN, table.c.locked_until <= now))
    keys = {_account(account): MOST_OF_ACCOUNT, _address(address): MOST_OF_ADDRESS}
    query = select(table.c.locked_until).where(table.c.key.in_(keys), table.c.locked_until > now)
    until = max(connection.scalars(query), default=0)
    if until:
        minutes = -(-(until - now) // 60_000)
        raise Refused(
            429,
            f"尝试次数过多，请 {minutes} 分钟后再试",
            f"too many tries: wait {minutes} min",
            after=(until - now) / 1000,
        )
    for key, most in keys.items():
        _count(connection, key, most, now)


def succeeded(connection: Connection, account: str, address: str) -> None:
    """It was right: forget the wrong tries of the account, and that this one was any of the address."""
    table = tables.tries
    connection.execute(delete(table).where(table.c.key == _account(account)))
    _uncount(connection, [_address(address)])


def withdraw(connection: Connection, account: str, address: str) -> None:
    """It was no try at all. What was wrong before it stays counted: else codes could be guessed for ever."""
    _uncount(connection, [_account(account), _address(address)])


def forgive(connection: Connection, account: str) -> None:
    """Unlock an account."""
    connection.execute(delete(tables.tries).where(tables.tries.c.key == _account(account)))


def locked_until(connection: Connection, now: int) -> dict[str, int]:
    """Until when accounts are locked."""
    table = tables.tries
    query = select(table.c.key, table.c.locked_until).where(table.c.locked_until > now)
    return {
        row.key.removeprefix("account:"): row.locked_until
        for row in connection.execute(query)
        if row.key.startswith("account:")
    }


def _count(connection: Connection, key: str, most: int, now: int) -> None:
    table = tables.tries
    known = connection.scalar(select(table.c["count"]).where(table.c.key == key))
    if known is None:
        connection.execute(insert(table), {"key": key, "count": 1, "since": now, "locked_until": 0})
        return
    tried = known + 1
    values = {"count": tried, "locked_until": now + LOCKED_FOR if tried >= most else 0}
    connection.execute(update(table).where(table.c.key == key).values(**values))


def _uncount(connection: Connection, keys: Iterable[str]) -> None:
    table = tables.tries
    values = {"count": table.c["count"] - 1, "locked_until": 0}
    connection.execute(update(table).where(table.c.key.in_(keys)).values(**values))


def _account(account: str) -> str:
    return f"account:{account.casefold()[:64]}"


def _address(address: str) -> str:
    return f"address:{address}"
