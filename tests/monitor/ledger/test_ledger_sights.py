"""Sights: one row for each unbroken interval and hour; a flip of the blind flag is an observer's turn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgerkit import HOUR, T0, Place, append, said, sight, url_of

from monitor.ledger import Ledger, SightRow
from monitor.ledger.findings import Kind
from monitor.ledger.sources import source_of
from monitor.ledger.verify import verify
from monitor.model.events import Event


async def rows_of(ledger: Ledger) -> list[SightRow]:
    return await ledger.sights(0, 2 * T0)


def spans(rows: list[SightRow]) -> list[tuple[int, int]]:
    return [(row.start - T0, row.end - T0) for row in rows]


async def test_a_sight_that_follows_on_extends_the_row(ledger: Ledger) -> None:
    await append(ledger, said(sight(T0 - 10, T0), 1))  # the first of a shard is sealed at once
    await append(ledger, said(sight(T0, T0 + 10), 2), said(sight(T0 + 10, T0 + 20), 3))
    await append(ledger, said(sight(T0 + 20, T0 + 30), 4))
    _, row = await rows_of(ledger)
    assert (row.start, row.end, row.probes, row.sealed) == (T0, T0 + 30, 15, False)
    assert row.event.sequence == 4


async def test_a_pause_begins_a_new_row_and_seals_the_old_one(ledger: Ledger) -> None:
    await append(ledger, said(sight(T0, T0 + 10), 1))
    await append(ledger, said(sight(T0 + 11, T0 + 20), 2))
    rows = await rows_of(ledger)
    assert spans(rows) == [(0, 10), (11, 20)]
    assert [row.sealed for row in rows] == [True, False]


async def test_each_hour_has_a_row_of_its_own(ledger: Ledger) -> None:
    edge = T0 + HOUR
    events = [
        said(sight(start, start + 10_000), n + 1)
        for n, start in enumerate(range(edge - 15_000, edge + 15_000, 10_000))
    ]
    await append(ledger, *events)
    rows = await rows_of(ledger)
    assert [(row.start - edge, row.end - edge) for row in rows] == [(-15_000, 5_000), (5_000, 15_000)]


@pytest.mark.parametrize(
    "other", [{"blind": True}, {"inventory": "def"}, {"watches": 11}, {"shard": 1, "shards": 2}]
)
async def test_what_is_not_the_same_does_not_extend(ledger: Ledger, other: dict[str, Any]) -> None:
    await append(ledger, said(sight(T0, T0 + 10), 1), said(sight(T0 + 10, T0 + 20, **other), 2))
    assert spans(await rows_of(ledger)) == [(0, 10), (10, 20)]


async def test_a_collector_with_a_new_outbox_goes_on_in_the_same_row(ledger: Ledger) -> None:
    await append(ledger, said(sight(T0, T0 + 10), 1), said(sight(T0 + 10, T0 + 20), 1, epoch=2))
    assert spans(await rows_of(ledger)) == [(0, 20)]


async def test_two_collectors_do_not_share_a_row(ledger: Ledger) -> None:
    police = {"network": "police", "collector": "police-0of1"}
    await append(ledger, said(sight(T0, T0 + 10), 1))
    await append(ledger, said(sight(T0 + 10, T0 + 20, **police), 1, collector="police-0of1"))
    assert spans(await ledger.sights(0, 2 * T0, "video")) == [(0, 10)]
    assert spans(await ledger.sights(0, 2 * T0, "police")) == [(10, 20)]


async def test_sights_are_asked_by_what_they_overlap(ledger: Ledger) -> None:
    pieces = [(0, 10), (20, 30), (40, 50)]
    await append(ledger, *(said(sight(T0 + a, T0 + b), n + 1) for n, (a, b) in enumerate(pieces)))
    assert spans(await ledger.sights(T0 + 10, T0 + 41)) == [(20, 30), (40, 50)]
    assert spans(await ledger.sights(T0 + 5, T0 + 20)) == [(0, 10)]


async def test_the_last_sight_of_each_shard_is_known(ledger: Ledger) -> None:
    halves = [said(sight(T0, T0 + 10 + k, shard=k, shards=2), 1, collector=f"video-{k}of2") for k in (0, 1)]
    await append(ledger, said(sight(T0 - 50, T0), 1), *halves)
    await append(ledger, said(sight(T0 + 99, T0 + 100, shard=0, shards=2), 2, collector="video-0of2"))
    last = await ledger.last_sights()
    assert {place: row.end - T0 for place, row in last.items()} == {
        ("video", 0, 1): 0,
        ("video", 0, 2): 100,
        ("video", 1, 2): 11,
    }


async def test_the_last_sight_is_the_one_said_last_also_when_the_clock_was_set_back(ledger: Ledger) -> None:
    hour_ahead = said(sight(T0 + HOUR, T0 + HOUR + 10), 1)
    put_right = said(sight(T0, T0 + 10, blind=True), 2)
    replaced_by = said(sight(T0 - 20, T0 - 10), 1, collector="another")
    for event in (hour_ahead, put_right, replaced_by):
        await append(ledger, event)
        (last,) = (await ledger.last_sights()).values()
        assert (last.event, last.end) == (event.id, event.payload.end)


async def test_going_blind_and_seeing_again_are_turns_of_the_observer(ledger: Ledger) -> None:
    flags = [False, False, True, True, False]
    await append(
        ledger,
        *(said(sight(T0 + n * 10, T0 + n * 10 + 10, blind=flag), n + 1) for n, flag in enumerate(flags)),
    )
    turns = await ledger.observers()
    assert [(turn.at - T0, turn.blind) for turn in turns] == [(20, True), (40, False)]
    assert turns[0].event.sequence == 3


async def test_blind_from_the_first_moment_is_a_turn_too(ledger: Ledger) -> None:
    await append(ledger, said(sight(T0, T0 + 10, blind=True), 1))
    assert [turn.blind for turn in await ledger.observers()] == [True]


async def test_a_turn_is_noticed_across_batches_and_restarts(ledger: Ledger, place: Place) -> None:
    await append(ledger, said(sight(T0, T0 + 10, blind=True), 1))
    async with await Ledger.open(url_of(place)) as again:
        await append(again, said(sight(T0 + 10, T0 + 20, blind=True), 2))
        await append(again, said(sight(T0 + 30, T0 + 40), 3))
    assert [turn.blind for turn in await ledger.observers()] == [True, False]


SIGHTS = {
    "pauses": st.lists(st.sampled_from((0, 0, 0, 1, 500_000)), min_size=1, max_size=40),
    "length": st.integers(1, 900_000),
    "cuts": st.lists(st.integers(1, 7), min_size=1, max_size=12),
}


@settings(max_examples=25, deadline=None)
@given(**SIGHTS)
async def test_merged_rows_cover_exactly_what_was_seen_however_it_came(
    new_folder: Any, **sights: Any
) -> None:
    await merge(new_folder, **sights)


@settings(max_examples=5, deadline=None)
@given(**SIGHTS)
async def test_they_do_so_in_postgres_too(new_database: Any, **sights: Any) -> None:
    await merge(new_database, **sights)


async def merge(new_place: Any, pauses: list[int], length: int, cuts: list[int]) -> None:
    events, moment = [], T0
    for n, pause in enumerate(pauses):
        events.append(said(sight(moment + pause, moment + pause + length), n + 1))
        moment += pause + length
    with new_place() as place:
        rows = await rows_after(place, events, cuts)
        findings = verify(source_of(url_of(place)), None).findings
        assert {finding.kind for finding in findings} <= {Kind.WAITING}
    assert covered([(row.start, row.end) for row in rows]) == covered(
        [(event.payload.start, event.payload.end) for event in events]
    )
    assert sum(row.probes for row in rows) == 5 * len(events)
    assert all(row.sealed for row in rows[:-1])
    assert all((row.end - length) // HOUR == row.start // HOUR for row in rows)


async def rows_after(place: Place, events: list[Event], cuts: list[int]) -> list[SightRow]:
    """What is kept of events that came in batches of these sizes."""
    left = list(events)
    async with await Ledger.open(url_of(place)) as ledger:
        for cut in (cuts * len(events))[: len(events)]:
            await append(ledger, *left[:cut])
            left = left[cut:]
        return await rows_of(ledger)


def covered(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The union of touching intervals."""
    union: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if union and union[-1][1] == start:
            union[-1] = (union[-1][0], end)
        else:
            union.append((start, end))
    return union
