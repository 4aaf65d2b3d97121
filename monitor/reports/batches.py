"""Which watches are measured in bulk, and in which batches. Needs the extra ``big`` (polars)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from monitor.ledger.columns import Columns
from monitor.reports.bulk import Found, Shared, is_plain, measure
from monitor.reports.stays import Services, Stay

SIZE: Final = 5_000
"""So many watches are one batch: more take more memory, and no less time."""

FEW: Final = 20
"""Fewer of one frame are measured faster one by one."""


def measured(
    columns: Columns, stays: Sequence[Stay], limits: Sequence[int | None], services: Services, shared: Shared
) -> Iterator[tuple[Stay, Found]]:
    """What stays of one frame come to, without those that must be measured one by one."""
    known = [
        (stay, limit)
        for stay, limit in zip(stays, limits, strict=True)
        if stay.key in columns.places and stay.key not in columns.mended
    ]
    for start in range(0, len(known), SIZE):
        batch = known[start : start + SIZE]
        table = _table(columns, [stay for stay, _ in batch])
        odd = _odd(table, [services.of(stay.node)[0] for stay, _ in batch])
        if odd:
            batch = [one for place, one in enumerate(batch) if place not in odd]
            table = _table(columns, [stay for stay, _ in batch])
        if batch:
            found = measure(table, [limit for _, limit in batch], shared)
            yield from zip((stay for stay, _ in batch), found, strict=True)


def _table(columns: Columns, stays: Sequence[Stay]) -> pl.DataFrame:
    """The steps of these watches; ``watch`` is the place of each."""
    places = pl.DataFrame(
        [columns.places[stay.key] for stay in stays],
        schema={"first": pl.Int64, "last": pl.Int64},
        orient="row",
    ).with_row_index("watch")
    rows = places.select("watch", row=pl.int_ranges("first", "last")).explode("row")
    return columns.table[rows["row"]].with_columns(rows["watch"])


def _odd(table: pl.DataFrame, births: Sequence[int]) -> set[int]:
    """The watches of which something was said before they were in service, or that flapped unusually."""
    born = pl.Series(births, dtype=pl.Int64).gather(table["watch"])
    return set(table.filter((table["at"] < born) | ~is_plain(table))["watch"].unique())
