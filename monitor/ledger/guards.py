"""Triggers that refuse to change or remove what is linked, in the words of each database.

They stop mistakes and ordinary tools, not somebody who owns the file: him the chain and its signatures find.

* A row that has a link is never updated. An open sight has none until it is sealed: it may say little, and it
  only grows (see ``openness``).
* A row is deleted only when its link lies in an exported segment, and never from a table whose rows stay.
* In SQLite, where INSERT OR REPLACE deletes without asking any trigger, an insert may replace nothing; and it
  takes no link that was given out before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, Table, UniqueConstraint

from monitor.ledger.chain import FORMS, LEAVING
from monitor.ledger.openness import MAY_GROW, MAY_OPEN
from monitor.ledger.schema import metadata

SIGNED: Final = ("checkpoints",)
"""Tables without links whose rows stay as they are, too."""

_BOUND: Final = "a row of sights says more than an open one may"
_EXPORTED: Final = "OLD.link <= (SELECT coalesce(max(last), 0) FROM segments)"


def raise_guards(connection: Connection, tables: Sequence[str]) -> None:
    """Put the triggers onto tables that have none yet. In PostgreSQL :func:`make_functions` comes first."""
    make = _sqlite if connection.dialect.name == "sqlite" else _postgres
    for statement in make(tables):
        connection.exec_driver_sql(statement)


def make_functions(connection: Connection) -> None:
    """What the triggers of PostgreSQL call, once in a database."""
    if connection.dialect.name == "sqlite":
        return
    for statement in _functions():
        connection.exec_driver_sql(statement)


def bound_open_sights(connection: Connection) -> None:
    """Hold sights without a link to what such a row may say."""
    sqlite = connection.dialect.name == "sqlite"
    for action, old, allowed in (("INSERT", "NEW", MAY_OPEN), ("UPDATE", "OLD", MAY_GROW)):
        name = f"sights_open_{action.lower()}"
        for statement in (_bound_sqlite if sqlite else _bound_postgres)(name, action, old, allowed):
            connection.exec_driver_sql(statement)


def _bound_sqlite(name: str, action: str, old: str, allowed: str) -> Iterator[str]:
    yield (
        f"CREATE TRIGGER {name} BEFORE {action} ON sights "
        f"WHEN {old}.link IS NULL AND NOT coalesce({allowed}, 0) BEGIN SELECT RAISE(ABORT, '{_BOUND}'); END"
    )


def _bound_postgres(name: str, action: str, old: str, allowed: str) -> Iterator[str]:
    yield _function(name, f"IF {allowed} THEN RETURN NEW; END IF; RAISE EXCEPTION '{_BOUND}';")
    yield (
        f"CREATE TRIGGER {name} BEFORE {action} ON sights FOR EACH ROW "
        f"WHEN ({old}.link IS NULL) EXECUTE FUNCTION quanshi_{name}()"
    )


def _sqlite(tables: Sequence[str]) -> Iterator[str]:
    for name in tables:
        yield _refuse(name, "update", "OLD.link IS NOT NULL", "stays as it was recorded")
        leaves = f"NOT coalesce({_EXPORTED}, 0)" if name in LEAVING else "1"
        yield _refuse(name, "delete", leaves, "stays, unless an exported segment holds it")
        taken = [_takes(name, key) for key in _keys(metadata.tables[name])]
        if name in FORMS:
            taken.append("NEW.link <= (SELECT links FROM head)")
        yield _refuse(name, "insert", " OR ".join(taken), "may not take the place of another")


def _refuse(table: str, action: str, when: str, why: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{action} BEFORE {action} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, 'a row of {table} {why}'); END"
    )


def _takes(table: str, key: tuple[str, ...]) -> str:
    same = " AND ".join(f"{column} = NEW.{column}" for column in key)
    return f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - names of our own schema


def _keys(table: Table) -> list[tuple[str, ...]]:
    """All that must be unique in a table, but the link that the chain gives."""
    unique = (found for found in table.constraints if isinstance(found, UniqueConstraint))
    keys = [tuple(column.name for column in key.columns) for key in (table.primary_key, *unique)]
    return sorted(key for key in keys if key != ("link",))


def _functions() -> Iterator[str]:
    yield _function("refuse", "RAISE EXCEPTION 'a row of % stays as it was recorded', TG_TABLE_NAME;")
    yield _function(
        "refuse_unless_exported",
        f"IF {_EXPORTED} THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'a row of % stays, unless an exported segment holds it', TG_TABLE_NAME;",
    )


def _postgres(tables: Sequence[str]) -> Iterator[str]:
    for name in tables:
        for action in ("UPDATE", "DELETE"):
            leaves = action == "DELETE" and name in LEAVING
            refuse = "quanshi_refuse_unless_exported" if leaves else "quanshi_refuse"
            yield (
                f"CREATE TRIGGER {name}_{action.lower()} BEFORE {action} ON {name} FOR EACH ROW "
                f"{'WHEN (OLD.link IS NOT NULL) ' if action == 'UPDATE' else ''}EXECUTE FUNCTION {refuse}()"
            )
        yield (
            f"CREATE TRIGGER {name}_truncate BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION quanshi_refuse()"
        )


def _function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION quanshi_{name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$quanshi$ BEGIN {body} END $quanshi$"
    )
