"""A ledger in a SQLite file, read for verification with nothing but the standard library."""
# ruff: noqa: S608 - all names come from our own schema

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Text

from monitor.ledger.chain import FORMS, NULL, ChainHead
from monitor.ledger.errors import LedgerError, explained, no_head
from monitor.ledger.openness import OPEN
from monitor.ledger.schema import metadata
from monitor.ledger.walk import MOST, Page


@dataclass(frozen=True, slots=True)
class SqliteSource:
    """Where the ledger is; each process opens it for itself. Nothing is ever written."""

    path: Path

    @contextmanager
    def open(self) -> Iterator[SqliteReader]:
        """Raises LedgerError for whatever the database raises while it is open."""
        # Beside a running monitor lies the log of what it writes. Without one nobody writes: then the file
        # is read as it is, and no log appears beside somebody's evidence.
        running = self.path.with_name(f"{self.path.name}-wal").exists()
        options = "mode=ro" if running else "mode=ro&immutable=1"
        with explained(str(self.path)):
            url = f"{self.path.absolute().as_uri()}?{options}"
            with closing(sqlite3.connect(url, uri=True)) as connection:
                yield SqliteReader(connection)


class SqliteReader:
    """The rows as they truly lie in the file: found through indexes, but read from the tables."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def revision(self) -> str | None:
        """The schema's revision; None when this is no ledger."""
        if not self._connection.execute(
            "SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'"
        ).fetchone():
            return None
        return str(self._connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])

    def head(self) -> ChainHead:
        match self._connection.execute("SELECT links, hash FROM head").fetchone():
            case (int(links), str(last)):
                return ChainHead(links, last)
            case found:
                raise LedgerError(no_head(found), lasting=True)

    def reach(self) -> int:
        found = [
            self._connection.execute(f"SELECT max(link) FROM {table} WHERE typeof(link) = 'integer'")
            for table in FORMS
        ]
        return max(each.fetchone()[0] or 0 for each in found)

    def page(self, first: int, last: int) -> Page:
        """The rows of the links ``first`` to ``last``."""
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
        """Form and hash of the rows with links up to ``last``, of a table whose rows stay."""
        return {link: (form, stored) for link, stored, form in self._rows(table, 1, last)}

    def count(self, table: str) -> int:
        """How many rows there are that must have a link."""
        query = f"SELECT count(*) FROM {table} WHERE {_must_be_linked(table)}"
        return int(self._connection.execute(query).fetchone()[0])

    def strays(self, table: str, first: int, last: int) -> list[tuple[object, str]]:
        """(link, form) of rows of a table that have no link between ``first`` and ``last``."""
        query = (
            f"SELECT link, hash, {_columns(table)} FROM {table} WHERE {_must_be_linked(table)} AND "
            f"NOT coalesce(typeof(link) = 'integer' AND link BETWEEN {first} AND {last}, 0) LIMIT {MOST}"
        )
        return [(row[0], _template(table) % row) for row in self._connection.execute(query)]

    def records(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table that is small."""
        return self._dicts(f"SELECT * FROM {table}")

    def holes(self, table: str) -> list[tuple[int, int, int, int]]:
        """Numbers that are lacking in a table that had them all: (first, last, and the links around them).

        Only of tables whose rows are numbered in the order of the chain.
        """
        last, links = self._connection.execute(f"SELECT {table}, links FROM head").fetchone()
        # Where nothing has left yet, the numbers begin at 1.
        rows = f"SELECT id, link FROM {table} UNION ALL SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM segments)"
        pairs = (
            "SELECT id, link, lead(id, 1, ?) OVER (ORDER BY id) AS following, "
            f"lead(link, 1, ?) OVER (ORDER BY id) AS link_following FROM ({rows})"
        )
        query = f"SELECT id + 1, following - 1, link, link_following FROM ({pairs}) WHERE following > id + 1"
        return self._connection.execute(query, (last + 1, links + 1)).fetchall()

    def open_sights(self) -> list[dict[str, Any]]:
        return self._dicts(OPEN)

    def _dicts(self, query: str) -> list[dict[str, Any]]:
        cursor = self._connection.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def _rows(self, table: str, first: int, last: int) -> list[tuple[int, object, str]]:
        between = "BETWEEN ? AND ?"
        query = f"SELECT min(rowid), max(rowid) FROM {table} WHERE link {between}"
        lowest, highest = self._connection.execute(query, (first, last)).fetchone()
        if lowest is None:
            return []
        # The plus keeps SQLite from taking the link out of its index, which may say another.
        query = (
            f"SELECT link, hash, {_columns(table)} FROM {table} WHERE rowid {between} AND +link {between} "
            "AND typeof(link) = 'integer'"
        )
        template = _template(table)
        rows = [
            (row[0], row[1], template % row) for row in self._fetch(query, (lowest, highest, first, last))
        ]
        if any("b'" in form or 'b"' in form for _, _, form in rows):
            return [(link, stored, self._honest(table, link, form)) for link, stored, form in rows]
        return rows

    def _fetch(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
        # Somewhere is a text that is none. It is shown as what can be shown of it, and fits no hash.
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        try:
            return self._connection.execute(query, values).fetchall()
        finally:
            self._connection.text_factory = str

    def _honest(self, table: str, link: int, form: str) -> str:
        """The form, or one that fits no hash if a blob stands where a text was hashed: it reads like b'…'."""
        if "b'" not in form and 'b"' not in form:
            return form
        texts = [column.name for column in metadata.tables[table].columns if isinstance(column.type, Text)]
        blobs = " OR ".join(f"typeof(\"{name}\") = 'blob'" for name in texts)
        query = f"SELECT count(*) FROM {table} WHERE link = ? AND ({blobs})"
        told_wrong = self._connection.execute(query, (link,)).fetchone()[0]
        return f"{form}\0blob" if told_wrong else form


def _must_be_linked(table: str) -> str:
    """Only an open sight has no link."""
    return "(sealed OR link IS NOT NULL)" if table == "sights" else "1"


@cache
def _columns(table: str) -> str:
    return ", ".join(_column(metadata.tables[table].c[name]) for name in FORMS[table])


def _column(column: Column[Any]) -> str:
    name = f'"{column.name}"'
    if not column.nullable:
        return name
    # A text may not pass for a number that is not there.
    return f"CASE typeof({name}) WHEN 'text' THEN 'text' ELSE ifnull({name}, '{NULL}') END"


@cache
def _template(table: str) -> str:
    """Makes the form from (link, hash, columns…)."""
    return "%.0s%.0s" + "\0".join([table, *["%s"] * len(FORMS[table])])
