"""Whose fault a change was, outages, orders, and what was told: each a link of the chain.

What an older program judged without looking stays as it was told: none of it is in the queue.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from monitor.ledger.guards import raise_guards

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("head", sa.Column("outages", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table("unjudged", sa.Column("change_id", sa.BigInteger, primary_key=True, autoincrement=False))
    _create_attributions()
    _create_outages()
    _create_orders()
    _create_alert_records()
    raise_guards(op.get_bind(), ["attributions", "outages", "orders", "alert_records"])


def _create_attributions() -> None:
    op.create_table("attributions", *_chained(), *_blame(), _number("recorded_at"))
    op.create_index("attributions_of_change", "attributions", ["change_id"])
    op.create_table("blames", *_blame(key=True))
    op.create_index("blames_of_outage", "blames", ["outage"])


def _blame(*, key: bool = False) -> list[sa.Column[Any]]:
    return [
        sa.Column("node", sa.Text, primary_key=key, nullable=False),
        sa.Column("network", sa.Text, primary_key=key, nullable=False),
        sa.Column("change_id", sa.BigInteger),
        _number("at"),
        _text("attribution"),
        _text("outage"),
    ]


def _create_outages() -> None:
    op.create_table(
        "outages",
        sa.Column("id", _ID, primary_key=True, autoincrement=False),
        *map(_text, ("outage", "phase", "network", "kind", "root")),
        _number("at"),
        _text("body"),
        _number("recorded_at"),
        _number("link"),
        _text("hash"),
        sa.UniqueConstraint("link", name="outages_linked"),
    )
    op.create_index("outages_told", "outages", ["outage", "id"])


def _create_orders() -> None:
    op.create_table(
        "orders",
        *_chained(),
        *map(_text, ("id", "kind", "person")),
        _number("at"),
        _text("body"),
        sa.UniqueConstraint("id", name="orders_once"),
    )


def _create_alert_records() -> None:
    op.create_table(
        "alert_records",
        *_chained(),
        _text("collector"),
        *map(_number, ("epoch", "sequence")),
        *map(_text, ("type", "subject")),
        _number("time"),
        _text("body"),
        _number("recorded_at"),
        sa.UniqueConstraint("collector", "epoch", "sequence", name="alert_records_once"),
    )


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _chained() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return (
        sa.Column("link", _ID, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
