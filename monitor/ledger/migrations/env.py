"""Alembic's entry: the connection is given by monitor.ledger.upgrade, inside its transaction."""

from __future__ import annotations

from alembic import context

from monitor.ledger.schema import metadata

# SQLite can roll back DDL, but alembic does not count on it unless told.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
