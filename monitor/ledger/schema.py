"""The tables of the ledger. All moments are milliseconds UTC, all JSON is kept as the text that was hashed.

What is recorded is only ever added: each row carries its ``link`` in the chain over all of them and that
link's ``hash`` (see ``chain``). The one row that grows is a shard's open sight; it is linked when it is
sealed. ``checkpoints`` are signed words about the chain. ``standings``, ``blames`` and ``base_states`` are
derived and can be built again; ``judgements`` numbers what was told onwards, and ``unjudged`` holds the
changes of which nobody has said yet whose fault they are.

``link``, ``id`` of facts and outages and ``sequence`` of judgements are dense and given out by the one row
of ``head``, which every appending transaction locks first: there is one order of all that was recorded. Its
``fence`` is the number of the monitor that led last: one that led before writes no more.
Outside, a judgement's number is its sequence minus ``base``, within ``epoch``.

Old rows leave in whole ``segments``, exported and hashed. ``base_states`` is where each watch stood then.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    not_,
)

from monitor.ledger.chain import GENESIS

REVISION: Final = "0006"
"""The newest migration. A database of any other revision is brought here, or refused when newer."""

CHANGE: Final = "change"
OBSERVER: Final = "observer"
OUTAGE: Final = "outage"
ORDER: Final = "order"
"""The kinds of judgements: in which table their ``ref`` is an ``id``; of an order, a ``link``."""

metadata = MetaData()

# SQLite numbers rows by itself only in a column that is exactly INTEGER; it holds 64 bits all the same.
_Id = BigInteger().with_variant(Integer, "sqlite")


def _linked(table: str) -> tuple[Column[Any], Column[Any], UniqueConstraint]:
    """The place of a row in the chain, beside a key of its own."""
    return (
        Column("link", BigInteger, nullable=False),
        Column("hash", Text, nullable=False),
        UniqueConstraint("link", name=f"{table}_linked"),
    )


def _chained() -> tuple[Column[Any], Column[Any]]:
    """The place of a row in the chain is its key."""
    return Column("link", _Id, primary_key=True, autoincrement=False), Column("hash", Text, nullable=False)


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False)


def _blame(*, key: bool = False) -> list[Column[Any]]:
    """Whose fault it is, from ``at`` on, that a watch is not up; an empty ``attribution``: nobody's."""
    return [
        *(Column(name, Text, primary_key=key, nullable=False) for name in ("node", "network")),
        Column("change_id", BigInteger),
        _number("at"),
        *map(_text, ("attribution", "outage")),
    ]


head = Table(
    "head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="head_is_one_row"), primary_key=True),
    *map(
        _number, ("epoch", "base", "changes", "sights", "snapshots", "observers", "judgements", "confirmed")
    ),
    Column("links", BigInteger, nullable=False, server_default="0"),
    Column("hash", Text, nullable=False, server_default=GENESIS),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("outages", BigInteger, nullable=False, server_default="0"),
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
    Column("evidence", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    # One event is one change, but a snapshot may mend many watches at once.
    UniqueConstraint("collector", "epoch", "sequence", "node", name="changes_once"),
    Index("changes_of_watch", "node", "network", "id"),
    Index("changes_by_time", "at"),
    *_linked("changes"),
)

standings = Table(
    "standings",
    metadata,
    Column("node", Text, primary_key=True),
    Column("network", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("change_id", BigInteger, nullable=False),
)

unjudged = Table("unjudged", metadata, Column("change_id", BigInteger, primary_key=True, autoincrement=False))

attributions = Table(
    "attributions",
    metadata,
    *_chained(),
    *_blame(),
    _number("recorded_at"),
    Index("attributions_of_change", "change_id"),
    Index("attributions_of_outage", "outage", "node", "network"),
)

blames = Table("blames", metadata, *_blame(key=True), Index("blames_of_outage", "outage"))

outages = Table(
    "outages",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    *map(_text, ("outage", "phase", "network", "kind", "root")),
    _number("at"),
    _text("body"),
    _number("recorded_at"),
    Index("outages_told", "outage", "id"),
    *_linked("outages"),
)

orders = Table(
    "orders",
    metadata,
    *_chained(),
    *map(_text, ("id", "kind", "person")),
    _number("at"),
    _text("body"),
    UniqueConstraint("id", name="orders_once"),
)

alert_records = Table(
    "alert_records",
    metadata,
    *_chained(),
    _text("collector"),
    *map(_number, ("epoch", "sequence")),
    *map(_text, ("type", "subject")),
    _number("time"),
    _text("body"),
    _number("recorded_at"),
    UniqueConstraint("collector", "epoch", "sequence", name="alert_records_once"),
)

actions = Table(
    "actions",
    metadata,
    *_chained(),
    _number("at"),
    *map(_text, ("account", "action", "target", "outcome", "address", "facts")),
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
    Column("link", BigInteger),
    Column("hash", Text),
    UniqueConstraint("link", name="sights_linked"),
    Index("sights_by_time", "network", "start"),
    Index("sights_of_shard", "collector", "network", "shard", "shards", "id"),
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
    Column("body", Text, nullable=False),
    Column("disagreements", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    UniqueConstraint("collector", "epoch", "sequence", name="snapshots_once"),
    *_linked("snapshots"),
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
    *_linked("observers"),
)

inventories = Table(
    "inventories",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("recorded_at", BigInteger, nullable=False),
    Column("nodes", Integer, nullable=False),
    Column("body", Text, nullable=False),
    *_linked("inventories"),
)

inventory_uses = Table(
    "inventory_uses",
    metadata,
    *_chained(),
    Column("at", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    *_chained(),
    Column("collector", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("noticed_at", BigInteger, nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    *_chained(),
    Column("stream", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("stream", "entry", name="refusals_once"),
)

decisions = Table(
    "decisions",
    metadata,
    *_chained(),
    Column("id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    *_chained(),
    Column("key", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("question", Text, nullable=False),
    Column("files", Text, nullable=False),
    UniqueConstraint("key", "revision", name="reports_once"),
)

signers = Table(
    "signers",
    metadata,
    *_chained(),
    Column("at", BigInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("public", Text, nullable=False),
    UniqueConstraint("fingerprint", name="signers_once"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("link", BigInteger, primary_key=True, autoincrement=False),
    Column("fingerprint", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("signature", Text, nullable=False),
)

segments = Table(
    "segments",
    metadata,
    *_chained(),
    Column("number", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("hash_before", Text, nullable=False),
    Column("hash_last", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("base_sha256", Text, nullable=False),
    Column("exported_at", BigInteger, nullable=False),
    UniqueConstraint("number", name="segments_once"),
)

base_states = Table(
    "base_states",
    metadata,
    Column("node", Text, primary_key=True),
    Column("network", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("not_before", BigInteger),
    Column("detected_at", BigInteger, nullable=False),
    Column("collector", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

judgements = Table(
    "judgements",
    metadata,
    Column("sequence", _Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("ref", BigInteger, nullable=False),
)
