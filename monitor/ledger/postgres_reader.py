"""A ledger in PostgreSQL, read for verification."""
# ruff: noqa: S608 - all names come from our own schema

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from sqlalchemy import URL, Boolean, Column

from monitor.ledger.chain import FORMS, NULL, ChainHead
from monitor.ledger.errors import LedgerError, explained, no_head
from monitor.ledger.openness import OPEN
from monitor.ledger.postgres import connect, shown
from monitor.ledger.schema import metadata
from monitor.ledger.walk import MOST, Page

_PATIENCE: Final = 5.0
"""Seconds that somebody who only reads waits for a lock: only a migration holds one against him."""


@dataclass(frozen=True, slots=True)
class PostgresSource:
    """Where the ledger is; each process opens it for itself. Nothing is ever written."""

    target: URL = field(repr=False)

    @contextmanager
    def open(self) -> Iterator[PostgresReader]:
        """Raises LedgerError for whatever the database raises while it is open."""
        with explained(shown(self.target)), _aside() as wait:
            connection = wait(connect(self.target, _PATIENCE))
            try:
                wait(connection.execute("SET default_transaction_read_only = on"))
                yield PostgresReader(lambda query, *values: wait(connection.fetch(query, *values)))
            finally:
                wait(_close(connection))


@contextmanager
def _aside() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Waits for what the driver does. It needs an event loop, and whoever verifies may stand in one."""
    loop = asyncio.new_event_loop()
    with closing(loop), ThreadPoolExecutor(1) as thread:
        yield lambda work: thread.submit(loop.run_until_complete, work).result()


async def _close(connection: Any) -> None:
    connection.terminate()  # nothing is left to be said


class PostgresReader:
    """The rows as the server gives them. See :class:`~monitor.ledger.chain_check.Reader`."""

    def __init__(self, fetch: Any) -> None:
        """``fetch``: the rows that answer a query with these values."""
        self._fetch = fetch

    def revision(self) -> str | None:
        if self._fetch("SELECT to_regclass('alembic_version')")[0][0] is None:
            return None
        return str(self._one("SELECT version_num FROM alembic_version"))

    def head(self) -> ChainHead:
        match [tuple(row) for row in self._fetch("SELECT links, hash FROM head")]:
            case [(int(links), str(last))]:
                return ChainHead(links, last)
            case found:
                raise LedgerError(no_head(found), lasting=True)

    def reach(self) -> int:
        return max(self._one(f"SELECT max(link) FROM {table}") or 0 for table in FORMS)

    def page(self, first: int, last: int) -> Page:
        forms: list[str | None] = [None] * (last - first + 1)
        hashes: list[object] = [None] * (last - first + 1)
        others: list[tuple[int, str, object]] = []
        seen: Counter[str] = Counter()
        for table in FORMS:
            rows = self._rows(table, first, last)
            seen[table] += len(rows)
            for link, stored, form in rows:
                if forms[link - first] is None:
                    forms[link - first], hashes[link - first] = form, stored
                else:
                    others.append((link, form, stored))
        return Page(first, forms, hashes, others, seen)

    def kept(self, table: str, last: int) -> dict[int, tuple[str, object]]:
        return {link: (form, stored) for link, stored, form in self._rows(table, 1, last)}

    def count(self, table: str) -> int:
        return int(self._one(f"SELECT count(*) FROM {table} WHERE {_must_be_linked(table)}"))

    def strays(self, table: str, first: int, last: int) -> list[tuple[object, str]]:
        # What the head counts is asked in the same statement: a running monitor goes on meanwhile.
        query = (
            f"SELECT link, hash, {_columns(table)} FROM {table} WHERE {_must_be_linked(table)} AND NOT "
            f"coalesce(link BETWEEN $1 AND greatest($2, (SELECT links FROM head)), false) LIMIT {MOST}"
        )
        return [(row[0], _template(table) % tuple(row)) for row in self._fetch(query, first, last)]

    def records(self, table: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self._fetch(f"SELECT * FROM {table}")]

    def holes(self, table: str) -> list[tuple[int, int, int, int]]:
        last, links = self._fetch(f"SELECT {table}, links FROM head")[0]
        # Where nothing has left yet, the numbers begin at 1.
        rows = f"SELECT id, link FROM {table} UNION ALL SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM segments)"
        pairs = (
            "SELECT id, link, lead(id, 1, $1::bigint) OVER (ORDER BY id) AS following, "
            f"lead(link, 1, $2::bigint) OVER (ORDER BY id) AS link_following FROM ({rows}) AS numbered"
        )
        query = (
            f"SELECT id + 1, following - 1, link, link_following FROM ({pairs}) AS pairs "
            "WHERE following > id + 1"
        )
        return [tuple(row) for row in self._fetch(query, last + 1, links + 1)]

    def open_sights(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self._fetch(OPEN)]

    def _one(self, query: str) -> Any:
        return self._fetch(query)[0][0]

    def _rows(self, table: str, first: int, last: int) -> list[tuple[int, object, str]]:
        query = f"SELECT link, hash, {_columns(table)} FROM {table} WHERE link BETWEEN $1 AND $2"
        template = _template(table)
        return [(row[0], row[1], template % tuple(row)) for row in self._fetch(query, first, last)]


def _must_be_linked(table: str) -> str:
    """Only an open sight has no link."""
    return "(sealed OR link IS NOT NULL)" if table == "sights" else "true"


@cache
def _columns(table: str) -> str:
    return ", ".join(_column(metadata.tables[table].c[name]) for name in FORMS[table])


def _column(column: Column[Any]) -> str:
    name = f'"{column.name}"'
    if isinstance(column.type, Boolean):
        return f"{name}::int"
    return f"coalesce({name}::text, '{NULL}')" if column.nullable else name


@cache
def _template(table: str) -> str:
    """Makes the form from (link, hash, columns…)."""
    return "%.0s%.0s" + "\0".join([table, *["%s"] * len(FORMS[table])])
