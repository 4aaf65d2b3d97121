"""An open sight says little, and only grows. What stood open before, held against nothing, is linked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.ledger.chain import form_of, next_hash
from monitor.ledger.guards import bound_open_sights

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    connection = op.get_bind()
    _link_open(connection)
    bound_open_sights(connection)


def _link_open(connection: sa.Connection) -> None:
    sights = sa.Table("sights", sa.MetaData(), autoload_with=connection)
    head = sa.table("head", sa.column("links"), sa.column("hash"))
    # Before anything is read: a monitor of the version before that still runs seals and links as well. SQLite
    # has no such lock, and needs none: this transaction has the whole file. A new ledger has no head yet.
    ends = connection.execute(sa.select(head.c.links, head.c.hash).with_for_update()).all()
    waiting = sa.select(sights).where(sa.not_(sights.c.sealed)).order_by(sights.c.id)
    rows = [dict(row) for row in connection.execute(waiting).mappings()]
    if not rows:
        return
    ((links, last),) = ends
    for row in rows:
        row["sealed"] = True
        links, last = links + 1, next_hash(last, form_of("sights", row))
        linked = {"sealed": True, "link": links, "hash": last}
        connection.execute(sa.update(sights).where(sights.c.id == row["id"]).values(linked))
    connection.execute(sa.update(head).values(links=links, hash=last))
