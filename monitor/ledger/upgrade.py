"""Bringing a database to the schema that this program knows."""

from __future__ import annotations

import importlib.resources
from typing import Any

from sqlalchemy import Connection, func, insert, inspect, literal_column, select, table

from monitor.ledger import schema
from monitor.ledger.chain import GENESIS
from monitor.ledger.errors import LedgerError, about
from monitor.ledger.postgres import queue_for_migration
from monitor.model.said import Said
from monitor.model.times import wall_clock


def bring_up_to_date(connection: Connection, place: str) -> None:
    """Run the missing migrations inside the transaction of ``connection``.

    Raises LedgerError when the database was written by a newer program, and leaves it alone.
    """
    if revision_of(connection) == schema.REVISION:
        return  # without loading alembic, which costs a second and 13 MB
    queue_for_migration(connection)
    revision = revision_of(connection)
    if revision == schema.REVISION:
        return  # somebody else was faster
    _migrate(connection, revision, place)
    if not connection.scalar(select(func.count()).select_from(schema.head)):
        connection.execute(insert(schema.head), _newborn())


def revision_of(connection: Connection) -> str | None:
    """The revision that the database says it has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(literal_column("version_num")).select_from(table("alembic_version")))


def _migrate(connection: Connection, revision: str | None, place: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    with importlib.resources.as_file(importlib.resources.files("monitor.ledger") / "migrations") as scripts:
        config = Config()
        # The path goes through ConfigParser, to which a percent sign means something.
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.attributes["connection"] = connection
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if revision is not None and revision not in known:
            raise LedgerError(
                about(
                    place,
                    Said(
                        f"表结构版本为 {revision}，本程序最多到 {schema.REVISION}；"
                        "由更新的版本写入，请运行该版本",
                        f"its schema is {revision}, this program knows up to {schema.REVISION}; "
                        "it was written by a newer version: run that one",
                    ),
                ),
                lasting=True,
            )
        command.upgrade(config, "head")


def _newborn() -> dict[str, Any]:
    """The head of an empty ledger. The moment is the epoch of the judgements that it will tell."""
    counters: dict[str, Any] = {column.name: 0 for column in schema.head.columns}
    return counters | {"id": 1, "epoch": wall_clock(), "hash": GENESIS}
