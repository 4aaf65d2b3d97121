"""All steps of a very large city for figures: as columns, read in bulk. Needs the extra ``big`` (polars).

Reading a row into Python takes more time than all that is worked out of it. So the database itself writes
each column of half a million rows as one text, which polars reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Final

import polars as pl
from sqlalchemy import ColumnElement, Connection, Table, Text, cast, func, literal, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from monitor.ledger import schema
from monitor.ledger.steps import Watch, fetch, sorted_steps
from monitor.model.observations import Cause, State
from monitor.model.timeline import Step

STATES: Final = (State.UNKNOWN, State.DOWN, State.DEGRADED, State.UP)
"""By their codes in the table."""
CAUSES: Final = tuple(Cause)

_PAGE: Final = 500_000
_NONE: Final = "-"
_BETWEEN: Final = "\n"
_JOINT: Final = "\x1f"
_NOWHERE: Final = "\x1e"
"""Between texts, between a node and its network, and what stands in no text: a line is one text."""
_WATCH: Final = pl.Categorical()
_TYPES: Final[Mapping[str, Any]] = {
    "watch": _WATCH,
    "state": pl.Enum([state.value for state in STATES]),
    "cause": pl.Enum([cause.value for cause in CAUSES]),
    "at": pl.Int64,
    "not_before": pl.Int64,
}


class UnfitError(Exception):
    """A text in the ledger that cannot be told from where it ends: such a ledger is read row by row."""


class Columns(Mapping[Watch, Sequence[Step]]):
    """The steps of every watch, as ``Ledger.steps`` gives them, made when they are asked for.

    ``table``: ``at``, ``not_before``, ``state`` and ``cause`` (their codes), a watch behind the other, each
    in the order of time. ``places``: from which to which row those of a watch stand. ``mended``: the watches
    whose rows do not stand in the order of time, with their steps; these are not to be read from the table.
    """

    def __init__(
        self, table: pl.DataFrame, places: Mapping[Watch, tuple[int, int]], mended: Mapping[Watch, list[Step]]
    ) -> None:
        self.table = table
        self.places = places
        self.mended = mended

    def __getitem__(self, watch: Watch) -> Sequence[Step]:
        if watch in self.mended:
            return self.mended[watch]
        first, last = self.places[watch]
        rows = self.table[first:last].select("at", "not_before", "state", "cause").rows()
        return [Step(at, bound, STATES[state], CAUSES[cause]) for at, bound, state, cause in rows]

    def __iter__(self) -> Iterator[Watch]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


def columns(connection: Connection, until: int) -> Columns:
    """For every watch its steps with ``at`` < ``until``, like ``steps``. Raises UnfitError."""
    # Left out here rather than in the database, which would have to look at every row once more.
    told = pl.concat(page.filter(pl.col("at") < until) for page in _pages(connection))
    # Of each watch the rows stay in the order in which they came.
    names = told["watch"]
    told = told.with_columns(names.to_physical()).sort("watch", maintain_order=True)
    same = told["watch"].eq_missing(told["watch"].shift(1))
    begins = (~same).arg_true()
    names = told["watch"].gather(begins).cat.to(names.dtype)
    watches = [_watch(name) for name in names]
    edges = [*begins, told.height]
    late = told.filter(same & (told["at"] <= told["at"].shift(1)))["watch"].unique().cat.to(names.dtype)
    mended = {watch: sorted_steps(connection, watch, until) for watch in sorted(map(_watch, late))}
    places = dict(zip(watches, pairwise(edges), strict=True))
    return Columns(told.drop("watch"), places, mended)


def _watch(name: str) -> Watch:
    node, _, network = name.rpartition(_JOINT)
    return node, network


def _pages(connection: Connection) -> Iterator[pl.DataFrame]:
    """Where watches stood, then all changes. While one page is read another is parsed."""
    stood, changes = schema.base_states, schema.changes
    (bounds,) = fetch(connection, select(func.min(changes.c.id), func.max(changes.c.id)))
    first, last = bounds if bounds[0] is not None else (1, 0)
    pages: list[Future[pl.DataFrame]] = []
    with ThreadPoolExecutor(1) as pool:
        texts = _texts(connection, stood, stood.c.state, stood.c.sequence, true())
        pages.append(pool.submit(_parsed, texts))
        for begin in range(first, last + 1, _PAGE):
            page = changes.c.id.between(begin, begin + _PAGE - 1)
            texts = _texts(connection, changes, changes.c.new, changes.c.id, page)
            pages.append(pool.submit(_parsed, texts))
    return (page.result() for page in pages)


def _texts(
    connection: Connection, table: Table, state: Any, order: Any, where: ColumnElement[bool]
) -> Sequence[str | None]:
    """Each column of a page as one text; None where there are no rows."""
    of = table.c
    watch = of.node + literal(_JOINT) + of.network
    wanted = (watch, state, of.cause, of.at, of.not_before)
    if connection.dialect.name == "sqlite":
        # SQLite adds rows as it finds them. To be told the order takes it twice the time, and is not needed:
        # whatever does not come in the order of time is mended.
        *sure, bound = wanted
        columns = (*sure, func.coalesce(bound, literal(_NONE, Text)))
        query = select(*(func.group_concat(one, _BETWEEN) for one in columns))
    else:
        ordered = aggregate_order_by(literal(_BETWEEN), order)
        texts = (func.coalesce(cast(one, Text), _NONE) for one in wanted)
        query = select(*(func.string_agg(one, ordered) for one in texts))
    (found,) = fetch(connection, query.where(where))
    return tuple(found)


def _parsed(texts: Sequence[str | None]) -> pl.DataFrame:
    told = zip(_TYPES.items(), texts, strict=True)
    try:
        found = pl.DataFrame({name: _column(name, text or "", kind) for (name, kind), text in told})
    except pl.exceptions.PolarsError as error:
        raise UnfitError(str(error)) from error
    return found.with_columns(pl.col("state", "cause").to_physical())


def _column(name: str, text: str, kind: Any) -> pl.Series:
    none = _NONE if name == "not_before" else None
    read = pl.read_csv(
        text.encode(),
        has_header=False,
        schema={name: kind},
        separator=_NOWHERE,
        quote_char=None,
        null_values=none,
    )
    return read[name]
