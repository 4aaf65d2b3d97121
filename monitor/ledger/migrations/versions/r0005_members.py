"""Whom an outage has hit is found by its attributions: without reading all of them."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("attributions_of_outage", "attributions", ["outage", "node", "network"])
