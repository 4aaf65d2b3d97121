"""The first schema: changes, sights, snapshots, inventories, and what keeps appending exact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_bookkeeping()
    _create_changes()
    _create_sights()
    _create_snapshots()
    _create_rest()


def _create_bookkeeping() -> None:
    op.create_table(
        "head",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", name="head_is_one_row"), primary_key=True),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in (
                "epoch",
                "base",
                "changes",
                "sights",
                "snapshots",
                "observers",
                "judgements",
                "confirmed",
            )
        ),
    )
    op.create_table(
        "writers",
        sa.Column("collector", sa.Text, primary_key=True),
        sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "positions",
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("position", sa.Text, nullable=False),
    )


def _create_changes() -> None:
    op.create_table(
        "changes",
        *_fact_columns(),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("old", sa.Text, nullable=False),
        sa.Column("new", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("detected_at", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("probe", sa.Text, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("collector", "epoch", "sequence", "node", name="changes_once"),
    )
    op.create_index("changes_of_watch", "changes", ["node", "network", "id"])
    op.create_index("changes_by_time", "changes", ["at"])
    op.create_table(
        "standings",
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("change_id", _ID, sa.ForeignKey("changes.id"), nullable=False),
    )


def _create_sights() -> None:
    op.create_table(
        "sights",
        *_fact_columns(),
        *_shard_columns(),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("watches", sa.BigInteger, nullable=False),
        sa.Column("probes", sa.BigInteger, nullable=False),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("inventory", sa.Text, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
    )
    op.create_index("sights_by_time", "sights", ["network", "start"])
    is_open = sa.not_(sa.column("sealed", sa.Boolean))
    op.create_index(
        "sights_open",
        "sights",
        ["collector", "network", "shard", "shards"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _create_snapshots() -> None:
    op.create_table(
        "snapshots",
        *_fact_columns(),
        *_shard_columns(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("inventory", sa.Text, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("disagreements", sa.JSON, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("collector", "epoch", "sequence", name="snapshots_once"),
    )
    op.create_table(
        "observers",
        *_fact_columns(),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("collector", "epoch", "sequence", name="observers_once"),
    )


def _create_rest() -> None:
    op.create_table(
        "inventories",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("nodes", sa.Integer, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_table(
        "gaps",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("collector", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("noticed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "refusals",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("stream", "entry", name="refusals_once"),
    )
    op.create_table(
        "judgements",
        sa.Column("sequence", _ID, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ref", sa.BigInteger, nullable=False),
    )


def _fact_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", _ID, primary_key=True, autoincrement=False),
        sa.Column("collector", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    ]


def _shard_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("shard", sa.Integer, nullable=False),
        sa.Column("shards", sa.Integer, nullable=False),
    ]
