"""Who guesses waits: five wrong tries lock an account for an address, and twenty an address, for ten minutes.

Nobody locks another out from elsewhere: however many guess at an account from however many addresses, all
that it has to bear is a pause of a minute after every fiftieth try. Only who has its password can do more:
five wrong codes lock it for everybody. Names that do not exist are counted too, so that the answer does not
tell which do. Moments in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from monitor.access import tables
from monitor.access.errors import Refused

MOST_OF_PAIR: Final = 5
MOST_OF_ADDRESS: Final = 20
MOST_OF_ACCOUNT: Final = 50
MOST_OF_CODES: Final = 5
WITHIN: Final = 10 * 60_000
LOCKED_FOR: Final = 10 * 60_000
PAUSE: Final = 60_000

_OWN_PREFIX: Final = 64
"""Bits of an IPv6 address: behind them somebody has as many addresses as he likes (RFC 4291 §2.5.1)."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """So many tries are counted under ``key`` until nothing is tried for ``span``."""

    key: str
    most: int
    span: int


def _bounds(account: str, address: str) -> tuple[_Bound, _Bound, _Bound]:
    """That of the account for the address, that of the address, that of the account."""
    where = _place(address)
    return (
        _Bound(f"{_pairs(account)}{where}", MOST_OF_PAIR, LOCKED_FOR),
        _Bound(f"address:{where}", MOST_OF_ADDRESS, LOCKED_FOR),
        _Bound(_account(account), MOST_OF_ACCOUNT, PAUSE),
    )


def attempt(connection: Connection, account: str, address: str, now: int) -> None:
    """Begin a try, which counts as a wrong one until :func:`succeeded`: many at once are many tries.

    Raises Refused (429) while one of the bounds is reached.
    """
    _attempt(connection, _bounds(account, address), now)


def attempt_code(connection: Connection, account: str, now: int) -> None:
    """The same with a code, by somebody who has the password: of six digits all would soon be tried."""
    _attempt(connection, [_Bound(_codes(account), MOST_OF_CODES, LOCKED_FOR)], now)


def _attempt(connection: Connection, bounds: Sequence[_Bound], now: int) -> None:
    table = tables.tries
    connection.execute(delete(table).where(table.c.since <= now - WITHIN, table.c.locked_until <= now))
    keys = [bound.key for bound in bounds]
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
    for bound in bounds:
        _count(connection, bound, now)


def succeeded(connection: Connection, account: str, address: str) -> None:
    """It was right: forget what was wrong of this account from here, and that this one was a try at all."""
    pair, *others = _bounds(account, address)
    connection.execute(delete(tables.tries).where(tables.tries.c.key.in_([pair.key, _codes(account)])))
    _uncount(connection, others)


def withdraw(connection: Connection, account: str, address: str) -> None:
    """It was no try at all. What was wrong before it stays counted: else codes could be guessed for ever."""
    _uncount(connection, _bounds(account, address))


def forgive(connection: Connection, account: str) -> None:
    """Unlock an account for all addresses; an address that is locked stays so."""
    table = tables.tries
    its = table.c.key.in_([_account(account), _codes(account)])
    connection.execute(delete(table).where(its | table.c.key.startswith(_pairs(account), autoescape=True)))


def locked_until(connection: Connection, now: int) -> dict[str, int]:
    """Until when accounts are locked, for one address at least."""
    table = tables.tries
    query = select(table.c.key, table.c.locked_until).where(table.c.locked_until > now)
    found: dict[str, int] = {}
    for row in connection.execute(query):
        kind, _, rest = row.key.partition(":")
        if kind != "address":
            account = rest.partition(" ")[0]
            found[account] = max(row.locked_until, found.get(account, 0))
    return found


def _count(connection: Connection, bound: _Bound, now: int) -> None:
    table = tables.tries
    known = connection.scalar(select(table.c["count"]).where(table.c.key == bound.key))
    if known is None:
        connection.execute(insert(table), {"key": bound.key, "count": 1, "since": now, "locked_until": 0})
        return
    tried = known + 1
    until = now + bound.span if tried % bound.most == 0 else 0
    values = {"count": tried, "locked_until": until}
    connection.execute(update(table).where(table.c.key == bound.key).values(**values))


def _uncount(connection: Connection, bounds: Iterable[_Bound]) -> None:
    table = tables.tries
    values = {"count": table.c["count"] - 1, "locked_until": 0}
    keys = [bound.key for bound in bounds]
    connection.execute(update(table).where(table.c.key.in_(keys)).values(**values))


def _account(account: str) -> str:
    return f"account:{_known_as(account)}"


def _codes(account: str) -> str:
    return f"code:{_known_as(account)}"


def _pairs(account: str) -> str:
    """How the keys of an account for its addresses begin."""
    return f"pair:{_known_as(account)} "


def _known_as(account: str) -> str:
    return account.casefold()[:64]


def _place(address: str) -> str:
    """Whose addresses are one: tried under any of them, it is tried by the same."""
    try:
        found = ip_address(address)
    except ValueError:
        return address  # a command's, or what a socket calls it
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _OWN_PREFIX), strict=False))
    return str(found)
