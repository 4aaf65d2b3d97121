"""The audit trail: what people did with the system, each a link of the chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.ledger.guards import raise_guards

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("link", _ID, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("account", "action", "target", "outcome", "address", "facts")
        ),
    )
    raise_guards(op.get_bind(), ["actions"])
