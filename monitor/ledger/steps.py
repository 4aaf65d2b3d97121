"""All steps of all watches at once, for figures: read as they come from the driver, grouped on the way."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import Column, Connection, Select, Table, select

from monitor.ledger import schema
from monitor.ledger.head import Head
from monitor.model.observations import Cause, State
from monitor.model.timeline import Step

if TYPE_CHECKING:
    from monitor.ledger.columns import Columns

log = structlog.get_logger(__name__)

Watch = tuple[str, str]
"""A node, and the network that it is seen from."""

MANY: Final = 1_000_000
"""So many changes are read in columns: below that it saves no second."""

_PAGE: Final = 20_000
_STATES: Final = {state.value: state for state in State}
_CAUSES: Final = {cause.value: cause for cause in Cause}


def steps(connection: Connection, until: int, since: int = 0) -> dict[Watch, list[Step]]:
    """For every watch its steps with ``at`` < ``until``, in the order of time.

    Of the time before ``since`` only the last that was recorded for each watch.

    At the same time the order is that in which they were said, by epoch and sequence: a judge whose clock was
    set back holds its moments until they come again.
    What an exported segment took away begins with where each watch stood at its end.
    """
    with not_collecting():
        return _steps(connection, until, since)


def columns(connection: Connection, until: int) -> Columns | None:
    """The same in columns, where there are so many that it pays and polars is installed; else None."""
    if Head.read(connection).changes < MANY or find_spec("polars") is None:
        return None
    from monitor.ledger.columns import UnfitError
    from monitor.ledger.columns import columns as read

    try:
        return read(connection, until)
    except UnfitError as error:
        log.warning("the ledger is read row by row", error=str(error))
        return None


def _steps(connection: Connection, until: int, since: int) -> dict[Watch, list[Step]]:
    found: dict[Watch, list[Step]] = {}
    tangled: set[Watch] = set()
    make = tuple.__new__  # what Step() does, without its way through Python
    for page in _pages(connection, until, since):
        for node, network, state, cause, at, not_before, _ in page:
            watch = (node, network)
            mine = found.get(watch)
            if mine is None:
                found[watch] = mine = []
            elif at <= mine[-1][0]:
                tangled.add(watch)
            mine.append(make(Step, (at, not_before, _STATES[state], _CAUSES[cause])))
    for watch in tangled:
        found[watch] = sorted_steps(connection, watch, until, min(step.at for step in found[watch]))
    return found


@contextmanager
def not_collecting() -> Iterator[None]:
    """Half a million tuples in which no cycle can be: looking for one costs a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _pages(connection: Connection, until: int, since: int) -> Iterator[Sequence[Any]]:
    """Where watches stood, then all changes in the order recorded, a page at a time."""
    stood, changes = schema.base_states, schema.changes
    base = fetch(connection, _select(stood, stood.c.state, until, stood.c.sequence))
    query = _select(changes, changes.c.new, until, changes.c.id).order_by(changes.c.id).limit(_PAGE)
    if since:
        latest = fetch(connection, _before(min(since, until)))
        changed = {(row[0], row[1]) for row in latest}
        base = [row for row in base if (row[0], row[1]) not in changed]
        yield latest
        query = query.where(changes.c.at >= since)
    yield base
    last = 0
    while True:
        page = fetch(connection, query.where(changes.c.id > last))
        yield page
        if len(page) < _PAGE:
            return
        last = page[-1][-1]


def _before(since: int) -> Select[Any]:
    """The last change of every watch that was recorded for a moment before ``since``."""
    stands, of = schema.standings, schema.changes
    mine = of.alias()
    same = (mine.c.node == stands.c.node, mine.c.network == stands.c.network, mine.c.at < since)
    # Backwards through the index of the watch: as far as it has changed since, and one further.
    last = select(mine.c.id).where(*same).order_by(mine.c.id.desc()).limit(1).scalar_subquery()
    found = select(last.label("id")).select_from(stands).subquery()
    return _select(of, of.c.new, since, of.c.id).join(found, found.c.id == of.c.id)


def sorted_steps(connection: Connection, watch: Watch, until: int, since: int = 0) -> list[Step]:
    """The steps of a watch of which something was recorded late, or twice for one moment."""
    rows: list[Any] = []
    for table, state in ((schema.base_states, "state"), (schema.changes, "new")):
        place = (table.c[name] for name in ("epoch", "sequence", "collector"))
        query = _select(table, table.c[state], until, *place)
        mine = (table.c.node == watch[0], table.c.network == watch[1], table.c.at >= since)
        rows += fetch(connection, query.where(*mine))
    rows.sort(key=lambda row: (row[4], *row[6:]))
    return [Step(at, bound, _STATES[state], _CAUSES[cause]) for _, _, state, cause, at, bound, *_ in rows]


def _select(table: Table, state: Column[Any], until: int, *more: Column[Any]) -> Select[Any]:
    of = table.c
    return select(of.node, of.network, state, of.cause, of.at, of.not_before, *more).where(of.at < until)


def fetch(connection: Connection, query: Select[Any]) -> Sequence[Any]:
    """Rows as the driver gives them: as SQLAlchemy's own they take three times as long."""
    statement = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(statement), ())
        return cursor.fetchall()
    finally:
        cursor.close()
