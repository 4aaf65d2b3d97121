"""PostgreSQL: how a connection is made, and what its refusals mean.

Its addresses are those of libpq: ``postgresql://user@host/database``, with ``?host=/folder`` for a socket,
``sslmode``, ``sslrootcert`` and so on. A password may also stand in ``PGPASSWORD`` or ``~/.pgpass``.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import URL, Connection, func, select, text

from monitor.ledger.errors import LedgerError, about
from monitor.model.said import Said

CONNECT_WITHIN: Final = 5.0
ANSWER_WITHIN: Final = 60.0
"""Seconds for one statement. A server that is gone without a word must not hold the ledger for ever."""

IDLE_WITHIN: Final = 10.0
"""The server ends a transaction whose program says nothing for so many seconds. One that was stopped in the
middle of it, or cut off, would keep the lock from whoever takes over."""

_MIGRATING: Final = 0x7175616E736869  # any number, but always the same; this one reads "quanshi"
_NAME: Final = "quanshi"
_SHOWN: Final = ("host", "port")


def is_postgres(target: URL) -> bool:
    """Whether it is one, by the driver that we have."""
    return target.drivername in ("postgresql", "postgresql+asyncpg")


def shown(target: URL) -> str:
    """The address without a password, wherever in it that stands."""
    query = {name: value for name, value in target.query.items() if name in _SHOWN}
    place = URL.create("postgresql", target.username, None, target.host, target.port, target.database, query)
    # A slash in a folder's name needs no escape, and people look for the folder.
    return place.render_as_string().replace("%2F", "/")


async def connect(target: URL, wait: float) -> Any:
    """A connection of asyncpg. ``wait``: seconds for a lock.

    Raises what :func:`~monitor.ledger.errors.explained` explains, and LedgerError for an odd address.
    """
    asyncpg = _driver()
    address = target.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {
        "application_name": _NAME,
        "lock_timeout": str(round(wait * 1000)),
        "idle_in_transaction_session_timeout": str(round(IDLE_WITHIN * 1000)),
    }
    try:
        return await asyncpg.connect(
            address, timeout=CONNECT_WITHIN, command_timeout=ANSWER_WITHIN, server_settings=settings
        )
    except ValueError as error:
        # Its text speaks of one option. Not chained: the cause may quote the address, and with it a password.
        raise LedgerError(about(shown(target), Said.same(_first_line(error))), lasting=True) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def check_driver() -> None:
    """Raises LedgerError when what speaks PostgreSQL is not installed here."""
    _driver()


def _driver() -> Any:
    try:
        import asyncpg
    except ImportError as error:
        raise LedgerError(
            Said(
                '台账：使用 PostgreSQL 须安装 pip install "quanshi[postgres]"',
                'ledger: PostgreSQL needs the extra "postgres": pip install "quanshi[postgres]"',
            ),
            lasting=True,
        ) from error
    return asyncpg


def end_speechless(connection: Connection) -> None:
    """End the transactions of ours whose program has said nothing for :data:`IDLE_WITHIN` seconds.

    The server does so by itself only between two statements. A program that was stopped between the parts of
    one (parsed, not yet bound) counts as busy there, and would keep its locks for as long as it sleeps.
    """
    if connection.dialect.name != "postgresql":
        return
    connection.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = :name AND pid <> pg_backend_pid()"
            " AND xact_start IS NOT NULL AND wait_event = 'ClientRead'"
            " AND state_change < clock_timestamp() - make_interval(secs => :silent)"
        ),
        {"name": _NAME, "silent": IDLE_WITHIN},
    )


def queue_for_migration(connection: Connection) -> None:
    """Wait until nobody else changes the schema, and keep others waiting until the transaction ends.

    SQLite needs no such thing: there a transaction that writes has the whole file.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
