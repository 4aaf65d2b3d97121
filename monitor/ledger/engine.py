"""The connection to the database, and the little that differs between SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Table, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from monitor.ledger import postgres
from monitor.ledger.errors import LedgerError, about
from monitor.model.said import Said

_OLDEST_SQLITE: Final = (3, 35, 0)  # ON CONFLICT and RETURNING as we use them
_NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
"""By the name of a dialect, what people call the database."""

_NO_URL: Final = Said(
    "台账：应为数据库 URL，如 postgresql://…", "ledger: no database URL such as postgresql://…"
)


def make_engine(url: str, wait: float) -> AsyncEngine:
    """An engine for this URL; ``wait``: seconds to wait for a lock of another process.

    A transaction that will write is begun with the execution option ``writes=True``. Raises LedgerError
    for a URL that cannot be used here, and when the SQLite of this machine is too old.
    """
    target = parse(url)
    if postgres.is_postgres(target):
        return _make_postgres(target, wait)
    if target.get_backend_name() != "sqlite":
        name = target.drivername
        said = Said(
            f"台账：{name} 既不是 SQLite 也不是 PostgreSQL",
            f"ledger: {name} is neither SQLite nor PostgreSQL",
        )
        raise LedgerError(said, lasting=True)
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(str(part) for part in _OLDEST_SQLITE)
        found = sqlite3.sqlite_version
        why = Said(f"SQLite {found} 过旧，至少 {oldest}", f"SQLite {found} is too old, {oldest} is needed")
        raise LedgerError(about(place_of(url), why), lasting=True)
    # Few connections: each is a thread and a page cache, and only one can write at a time.
    engine = _create(target, pool_size=2, max_overflow=2)
    event.listen(engine.sync_engine, "connect", partial(_prepare, wait=wait))
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _make_postgres(target: URL, wait: float) -> AsyncEngine:
    postgres.check_driver()
    # Only here: a connection of before a server's restart is noticed before it is used.
    options = {"pool_size": 2, "max_overflow": 2, "pool_pre_ping": True}
    return _create(
        URL.create("postgresql+asyncpg"), async_creator=lambda: postgres.connect(target, wait), **options
    )


def reading(engine: AsyncEngine) -> AsyncEngine:
    """The same engine for transactions that only read, each of them one state of the database."""
    if engine.dialect.name == "sqlite":
        return engine
    # A writer needs no such thing: it locks the head first, and sees what was stored by then.
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def place_of(url: str) -> str:
    """Where the ledger is, for messages: the file, or the URL without its password."""
    target = parse(url)
    if postgres.is_postgres(target):
        return postgres.shown(target)
    if target.get_backend_name() == "sqlite" and target.database:
        return target.database
    return target.render_as_string(hide_password=True)


def file_of(url: str) -> Path | None:
    """The file of a SQLite URL; None for any other database."""
    target = parse(url)
    return Path(target.database) if target.get_backend_name() == "sqlite" and target.database else None


def parse(url: str) -> URL:
    """Raises LedgerError for what is no URL of a database."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        # Its text quotes the URL, and with it a password.
        raise LedgerError(_NO_URL, lasting=True) from None


def _create(target: URL, **options: Any) -> AsyncEngine:
    try:
        # Parameters are hidden from error texts: they may be long, and they are nobody's business.
        return create_async_engine(target, hide_parameters=True, **options)
    except (ImportError, InvalidRequestError, NoSuchModuleError) as error:
        name = target.drivername
        said = Said(f"台账：此处无法使用 {name}：{error}", f"ledger: {name} cannot be used here: {error}")
        raise LedgerError(said, lasting=True) from error


def _prepare(connection: Any, _record: object, *, wait: float) -> None:
    """Settings of a new SQLite connection. Transactions are begun by us, not guessed by the driver."""
    connection.isolation_level = None
    pragmas = (
        f"busy_timeout = {round(wait * 1000)}",
        "journal_mode = WAL",
        "synchronous = FULL",  # what is acknowledged must survive a power cut
        "foreign_keys = ON",
    )
    cursor = connection.cursor()
    try:
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()  # nobody else knows of it yet, and its thread would live on
        raise
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: a reader that turns writer later cannot wait for one.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def database_of(connection: Connection) -> tuple[str, str]:
    """Which database it is, and its version."""
    version = connection.dialect.server_version_info or ()
    return _NAMES[connection.dialect.name], ".".join(map(str, version))


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows. Where a row with the same key is there, overwrite its other columns."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), list(rows))
