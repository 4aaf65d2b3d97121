"""All steps of all watches at once, for figures: read as they come from the driver, grouped on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, select

from monitor.ledger import schema
from monitor.model.observations import Cause, State
from monitor.model.timeline import Step

Watch = tuple[str, str]
"""A node, and the network that it is seen from."""

_PAGE: Final = 20_000
_STATES: Final = {state.value: state for state in State}
_CAUSES: Final = {cause.value: cause for cause in Cause}
_WATCH: Final = ("node", "network")
_PLACE: Final = ("at", "detected_at", "collector", "epoch", "sequence")


def steps(connection: Connection, until: int) -> dict[Watch, list[Step]]:
    """For every watch its steps with ``at`` < ``until``, in the order of time.

    At the same time the order is that of detection, then of what was said: by collector, epoch, sequence.
    What an exported segment took away begins with where each watch stood at its end.
    """
    found: dict[Watch, list[Step]] = {}
    latest: dict[Watch, tuple[int, int]] = {}
    tangled: set[Watch] = set()
    for page in _pages(connection, until):
        for node, network, state, cause, not_before, at, detected_at in page:
            watch = (node, network)
            if watch not in found:
                found[watch] = []
            elif (at, detected_at) <= latest[watch]:
                tangled.add(watch)
            latest[watch] = (at, detected_at)
            found[watch].append(Step(at, not_before, _STATES[state], _CAUSES[cause]))
    for watch in tangled:
        found[watch] = _sorted_steps(connection, watch, until)
    return found


def _pages(connection: Connection, until: int) -> Iterator[Sequence[Any]]:
    """Where watches stood, then all changes in the order recorded, a page at a time."""
    yield _fetch(connection, _select(schema.base_states, "state", until, _PLACE[:2]))
    table, last = schema.changes, 0
    while True:
        query = _select(table, "new", until, _PLACE[:2]).add_columns(table.c.id)
        page = _fetch(connection, query.where(table.c.id > last).order_by(table.c.id).limit(_PAGE))
        yield [row[:-1] for row in page]
        if len(page) < _PAGE:
            return
        last = page[-1][-1]


def _sorted_steps(connection: Connection, watch: Watch, until: int) -> list[Step]:
    """The steps of a watch of which something was recorded late, or twice for one moment."""
    rows: list[Any] = []
    for table, state in ((schema.base_states, "state"), (schema.changes, "new")):
        query = _select(table, state, until, _PLACE)
        rows += _fetch(connection, query.where(table.c.node == watch[0], table.c.network == watch[1]))
    rows.sort(key=lambda row: tuple(row[5:]))
    return [Step(row[5], row[4], _STATES[row[2]], _CAUSES[row[3]]) for row in rows]


def _select(table: Table, state: str, until: int, place: Sequence[str]) -> Select[Any]:
    names = (*_WATCH, state, "cause", "not_before", *place)
    return select(*(table.c[name] for name in names)).where(table.c.at < until)


def _fetch(connection: Connection, query: Select[Any]) -> Sequence[Any]:
    """Rows as the driver gives them: SQLAlchemy's own take three times as long."""
    statement = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(statement), ())
        return cursor.fetchall()
    finally:
        cursor.close()
