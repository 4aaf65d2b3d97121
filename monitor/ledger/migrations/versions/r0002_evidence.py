"""The ledger as evidence: a chain over all that is recorded, checkpoints, segments, decisions, reports.

What a ledger of revision 0001 holds is linked in this order: by the moment of recording (``recorded_at``,
``noticed_at`` or ``at``; one earlier than that of a row before it in its table counts as that row's), at the
same moment by table (inventories, gaps, refusals, snapshots, observers, sights, changes), within a table by
its key. Open sights are linked when they are sealed.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op

from monitor.ledger.chain import FORMS, GENESIS, form_of, next_hash
from monitor.ledger.guards import SIGNED, make_functions, raise_guards

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_PAGE = 1000


class _Old(NamedTuple):
    """A table of revision 0001: its key, when its rows were recorded, and its columns of JSON."""

    name: str
    key: str
    moment: str
    json: tuple[str, ...] = ()


_STAY = (
    _Old("inventories", "digest", "recorded_at", ("body",)),
    _Old("snapshots", "id", "recorded_at", ("body", "disagreements")),
    _Old("observers", "id", "recorded_at"),
    _Old("sights", "id", "recorded_at"),
    _Old("changes", "id", "recorded_at", ("evidence",)),
)
_GAPS, _REFUSALS = _Old("gaps", "id", "noticed_at"), _Old("refusals", "id", "at")
_ORDER = (_STAY[0], _GAPS, _REFUSALS, *_STAY[1:])
_MADE = ("inventory_uses", "decisions", "reports", "signers", "segments", *SIGNED)
"""The tables that this revision makes and guards, beside the older ones."""


def upgrade() -> None:
    connection = op.get_bind()
    op.add_column("head", sa.Column("links", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("head", sa.Column("hash", sa.Text, nullable=False, server_default=GENESIS))
    op.add_column("head", sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"))
    for old in _STAY:
        op.add_column(old.name, sa.Column("link", sa.BigInteger))
        op.add_column(old.name, sa.Column("hash", sa.Text))
    moved = _link_all(connection)
    _rebuild_standings()
    for old in _STAY:
        _bind(old)
    _remake_gaps_and_refusals(connection, moved)
    op.create_index("sights_of_shard", "sights", ["collector", "network", "shard", "shards", "id"])
    _create_decisions()
    _create_proof()
    make_functions(connection)
    raise_guards(connection, [*(old.name for old in _ORDER), *_MADE])


def _link_all(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    """Give every row its link. The rows of gaps and refusals are returned: their tables are made anew."""
    links, last = 0, GENESIS
    moved: dict[str, list[dict[str, Any]]] = {"gaps": [], "refusals": []}
    waiting: dict[str, list[dict[str, Any]]] = {old.name: [] for old in _STAY}
    lines = [_line(connection, rank, old) for rank, old in enumerate(_ORDER)]
    for _, rank, _, row in heapq.merge(*lines, key=lambda entry: entry[:3]):
        old = _ORDER[rank]
        links, last = links + 1, next_hash(last, form_of(old.name, row))
        if old.name in moved:
            kept = {name: row[name] for name in FORMS[old.name]}
            moved[old.name].append(kept | {"link": links, "hash": last})
            continue
        waiting[old.name].append({"the_key": row[old.key], "the_link": links, "the_hash": last})
        if len(waiting[old.name]) == _PAGE:
            _store(connection, old, waiting[old.name])
    for old in _STAY:
        _store(connection, old, waiting[old.name])
    head = sa.table("head", sa.column("links"), sa.column("hash"))
    connection.execute(sa.update(head).values(links=links, hash=last))
    return moved


def _line(connection: sa.Connection, rank: int, old: _Old) -> Iterator[tuple[int, int, int, dict[str, Any]]]:
    """The rows of a table that are linked now, by key, each with its place among those of all tables."""
    names = sorted({*FORMS[old.name], old.key})
    table = sa.table(old.name, *(sa.column(name) for name in (*names, "sealed")))
    columns = [
        sa.cast(table.c[name], sa.Text).label(name) if name in old.json else table.c[name] for name in names
    ]
    query = sa.select(*columns).order_by(table.c[old.key]).limit(_PAGE)
    if old.name == "sights":
        query = query.where(table.c.sealed)
    moment, place, after = 0, 0, None
    while True:
        page = query if after is None else query.where(table.c[old.key] > after)
        rows = connection.execute(page).mappings().all()
        for row in rows:
            moment, place = max(moment, row[old.moment]), place + 1
            yield moment, rank, place, dict(row)
        if len(rows) < _PAGE:
            return
        after = rows[-1][old.key]


def _store(connection: sa.Connection, old: _Old, rows: list[dict[str, Any]]) -> None:
    if rows:
        table = sa.table(old.name, *(sa.column(name) for name in (old.key, "link", "hash")))
        statement = sa.update(table).where(table.c[old.key] == sa.bindparam("the_key"))
        values: dict[str, Any] = {"link": sa.bindparam("the_link"), "hash": sa.bindparam("the_hash")}
        connection.execute(statement.values(values), rows)
        rows.clear()


def _rebuild_standings() -> None:
    """Without the reference to changes, which may leave."""
    op.rename_table("standings", "standings_of_0001")
    op.create_table(
        "standings",
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("change_id", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO standings SELECT node, network, state, cause, at, change_id FROM standings_of_0001"
    )
    op.drop_table("standings_of_0001")


def _bind(old: _Old) -> None:
    """From now on no row without a link, and none twice; JSON is the text that was hashed."""
    with op.batch_alter_table(old.name) as batch:
        for name in old.json:
            batch.alter_column(name, type_=sa.Text, existing_nullable=False, postgresql_using=f"{name}::text")
        if old.name != "sights":
            batch.alter_column("link", existing_type=sa.BigInteger, nullable=False)
            batch.alter_column("hash", existing_type=sa.Text, nullable=False)
        batch.create_unique_constraint(f"{old.name}_linked", ["link"])


def _remake_gaps_and_refusals(connection: sa.Connection, moved: dict[str, list[dict[str, Any]]]) -> None:
    op.drop_table("gaps")
    gaps = op.create_table(
        "gaps",
        *_chained(),
        sa.Column("collector", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("noticed_at", sa.BigInteger, nullable=False),
    )
    op.drop_table("refusals")
    refusals = op.create_table(
        "refusals",
        *_chained(),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("stream", "entry", name="refusals_once"),
    )
    for table in (gaps, refusals):
        if rows := moved[table.name]:
            connection.execute(sa.insert(table), rows)


def _create_decisions() -> None:
    op.create_table(
        "inventory_uses",
        *_chained(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_table(
        "decisions",
        *_chained(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "reports",
        *_chained(),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.UniqueConstraint("key", "revision", name="reports_once"),
    )


def _create_proof() -> None:
    op.create_table(
        "signers",
        *_chained(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("public", sa.Text, nullable=False),
        sa.UniqueConstraint("fingerprint", name="signers_once"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("link", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
    )
    op.create_table(
        "segments",
        *_chained(),
        sa.Column("number", sa.Integer, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("first", "last")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("hash_before", "hash_last")),
        sa.Column("until", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("file", "sha256", "base_sha256")),
        sa.Column("exported_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("number", name="segments_once"),
    )
    op.create_table(
        "base_states",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("node", "network")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("state", "cause")),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("detected_at", sa.BigInteger, nullable=False),
        sa.Column("collector", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("epoch", "sequence")),
    )


def _chained() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return (
        sa.Column("link", _ID, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
