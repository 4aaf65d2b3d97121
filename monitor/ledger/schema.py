"""The tables of the ledger. All moments are milliseconds UTC.

Facts (``changes, sights, snapshots, inventories, gaps, refusals``) are only ever added; the one row that
grows is a shard's open sight, until it is sealed. ``standings`` is derived and can be built again from
``changes``; ``judgements`` numbers what was told onwards.

``id`` of the facts and ``sequence`` of the judgements are dense and given out by the one row of
``head``, which every appending transaction locks first: there is one order of all that was recorded.
Outside, a judgement's number is its sequence minus ``base``, within ``epoch``. The head is also where a
hash chain over the facts will keep its last link, each fact gaining a column for its own; sights enter
the chain when they are sealed. Nothing of that is built here.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    not_,
)

REVISION: Final = "0001"
"""The newest migration. A database of any other revision is brought here, or refused when newer."""

CHANGE: Final = "change"
OBSERVER: Final = "observer"
"""The kinds of judgements: which table their ``ref`` points into."""

metadata = MetaData()

# SQLite numbers rows by itself only in a column that is exactly INTEGER; it holds 64 bits all the same.
_Id = BigInteger().with_variant(Integer, "sqlite")

head = Table(
    "head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="head_is_one_row"), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("sights", BigInteger, nullable=False),
    Column("snapshots", BigInteger, nullable=False),
    Column("observers", BigInteger, nullable=False),
    Column("judgements", BigInteger, nullable=False),
    Column("confirmed", BigInteger, nullable=False),
)

writers = Table(
    "writers",
    metadata,
    Column("collector", Text, primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
)

positions = Table(
    "positions",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("position", Text, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("collector", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("origin", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("not_before", BigInteger),
    Column("detected_at", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("probe", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    # One event is one change, but a snapshot may mend many watches at once.
    UniqueConstraint("collector", "epoch", "sequence", "node", name="changes_once"),
    Index("changes_of_watch", "node", "network", "id"),
    Index("changes_by_time", "at"),
)

standings = Table(
    "standings",
    metadata,
    Column("node", Text, primary_key=True),
    Column("network", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("change_id", _Id, ForeignKey("changes.id"), nullable=False),
)

sights = Table(
    "sights",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("collector", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("network", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("shards", Integer, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("watches", BigInteger, nullable=False),
    Column("probes", BigInteger, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("inventory", Text, nullable=False),
    Column("sealed", Boolean, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Index("sights_by_time", "network", "start"),
)
Index(
    "sights_open",
    sights.c.collector,
    sights.c.network,
    sights.c.shard,
    sights.c.shards,
    unique=True,
    sqlite_where=not_(sights.c.sealed),
    postgresql_where=not_(sights.c.sealed),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("collector", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("network", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("shards", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("inventory", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("disagreements", JSON, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    UniqueConstraint("collector", "epoch", "sequence", name="snapshots_once"),
)

observers = Table(
    "observers",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("collector", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("network", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    UniqueConstraint("collector", "epoch", "sequence", name="observers_once"),
)

inventories = Table(
    "inventories",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("recorded_at", BigInteger, nullable=False),
    Column("nodes", Integer, nullable=False),
    Column("body", JSON, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("collector", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("noticed_at", BigInteger, nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("stream", "entry", name="refusals_once"),
)

judgements = Table(
    "judgements",
    metadata,
    Column("sequence", _Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("ref", BigInteger, nullable=False),
)
