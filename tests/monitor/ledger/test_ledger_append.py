"""Each event once, in order, together with the reader's position."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from ledgerkit import STREAM, T0, append, change, down, file_of, said, sight, snapshot

from monitor.ledger import Ledger, Origin
from monitor.model.events import Change, Event, EventId, Judged, ObserverTurned, Payload, Standing
from monitor.model.observations import Cause, State
from monitor.model.times import parse_time


async def test_a_change_is_kept_as_it_was_said(ledger: Ledger) -> None:
    event = said(change())
    await append(ledger, event, recorded_at=T0 + 5)
    (row,) = await ledger.changes()
    assert row.change == event.payload
    assert row.event == event.id
    assert row.origin is Origin.EVENT
    assert row.recorded_at == T0 + 5


async def test_a_change_without_a_proven_old_state_keeps_none(ledger: Ledger) -> None:
    first = dataclasses.replace(change(new=State.UP, old=State.UNKNOWN), not_before=None)
    await append(ledger, said(first))
    assert (await ledger.changes())[0].change.not_before is None


async def test_what_is_new_is_reported_in_order_and_the_mark_with_it(ledger: Ledger) -> None:
    events = [said(change(f"cam-{n}"), n) for n in (1, 2, 3)]
    appended = await append(ledger, *events)
    assert appended.fresh == tuple(events)
    assert appended.committed == {"video-0of1": (1, 3)}
    assert await ledger.committed() == {"video-0of1": (1, 3)}


async def test_a_repeat_is_kept_once_and_reported_to_its_writer_again(ledger: Ledger) -> None:
    await append(ledger, said(change(), 1))
    appended = await append(ledger, said(change(), 1))
    assert appended.fresh == ()
    assert appended.committed == {"video-0of1": (1, 1)}
    assert len(await ledger.changes()) == 1


async def test_behind_a_hole_nothing_is_kept_but_the_reader_goes_on(ledger: Ledger) -> None:
    appended = await append(ledger, said(change(), 1), said(change(), 3), position="7-0")
    assert appended.waiting == {"video-0of1"}
    assert appended.committed == {"video-0of1": (1, 1)}
    assert await ledger.position("ledger", STREAM) == "7-0"
    appended = await append(ledger, said(change(), 2), said(change(), 3))
    assert [event.id.sequence for event in appended.fresh] == [2, 3]
    assert appended.waiting == frozenset()


async def test_a_hole_that_nobody_can_fill_is_recorded_and_passed(ledger: Ledger) -> None:
    appended = await append(ledger, said(change(), 5, oldest=5), recorded_at=T0)
    assert appended.gaps == 1
    assert len(appended.fresh) == 1
    (gap,) = await ledger.gaps()
    assert (gap.collector, gap.epoch, gap.first, gap.last, gap.noticed_at) == ("video-0of1", 1, 1, 4, T0)


async def test_a_new_outbox_begins_at_one_and_the_old_one_is_heard_no_more(ledger: Ledger) -> None:
    await append(ledger, said(change("a"), 1, epoch=7), said(change("b"), 2, epoch=7))
    appended = await append(ledger, said(change("c"), 1, epoch=9))
    assert appended.committed == {"video-0of1": (9, 1)}
    appended = await append(ledger, said(change("d"), 3, epoch=7))
    assert appended.fresh == ()
    assert appended.committed == {"video-0of1": (9, 1)}


async def test_collectors_are_counted_apart(ledger: Ledger) -> None:
    police = said(change(network="police"), 1, collector="police-0of1")
    appended = await append(ledger, said(change(), 1), police, said(change(), 3))
    assert appended.committed == {"video-0of1": (1, 1), "police-0of1": (1, 1)}
    assert appended.waiting == {"video-0of1"}


async def test_positions_are_kept_for_each_reader_and_stream(ledger: Ledger) -> None:
    assert await ledger.position("ledger", "a") == "0-0"
    await ledger.append("ledger", "a", "5-1", [])
    await ledger.append("other", "a", "6-1", [])
    assert await ledger.position("ledger", "a") == "5-1"
    assert await ledger.position("ledger", "b") == "0-0"
    assert await ledger.position("other", "a") == "6-1"


async def test_entries_that_are_no_events_are_recorded_once(ledger: Ledger) -> None:
    await append(ledger, refused=[("5-0", "no id")], recorded_at=T0)
    appended = await append(ledger, refused=[("5-0", "no id"), ("6-0", "type 'x' is not known")])
    assert appended.refused == 2
    assert [(row.entry, row.error) for row in await ledger.refusals()] == [
        ("6-0", "type 'x' is not known"),
        ("5-0", "no id"),
    ]


def resting_on(**evidence: Any) -> Change:
    """A change with something strange in its evidence."""
    told = change()
    return dataclasses.replace(told, evidence=(dataclasses.replace(told.evidence[0], **evidence),))


def nested(depth: int) -> list[Any]:
    """As deep as JSON may be read."""
    deep: list[Any] = []
    for _ in range(depth):
        deep = [deep]
    return deep


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (change("\ud800"), r"not a text: '\ud800'"),
        (change("nul\0"), r"not a text: 'nul\x00'"),
        (change(["a", "list"]), "not a text: a list"),  # JSON may hold anything
        (resting_on(duration="1"), "evidence duration = '1'"),
        (resting_on(duration=10**400), "evidence duration = 1000"),
        (resting_on(duration=math.inf), "evidence duration = inf"),
        (resting_on(duration=math.nan), "evidence duration = nan"),
        (resting_on(duration=True), "evidence duration = True"),
        (resting_on(ok=nested(100_000)), "evidence ok = a list"),
        (resting_on(at=parse_time("0999-01-01T00:00:00Z")), "no moment of our time: 0999-01-01"),
        (change(at=parse_time("1999-12-31T23:59:59.999Z")), "no moment of our time: 1999-12-31"),
        (change(at=parse_time("9999-12-31T00:00:00Z")), "no moment of our time: 9999-12-31"),
        (dataclasses.replace(change(), not_before=0), "no moment of our time: 1970-01-01"),
        (dataclasses.replace(change(), detected_at=0), "no moment of our time: 1970-01-01"),
        (sight(T0, T0 + 1, watches=2**70), "watches = 1180591620717411303424"),
        (sight(T0, T0 + 1, blind="yes"), "blind = 'yes'"),
        (sight(T0, T0 + 1, shard=3, shards=2), "shard 3/2"),
        (sight(0, T0), "no moment of our time: 1970-01-01"),
        (sight(T0, parse_time("2200-01-01T00:00:00Z")), "no moment of our time: 2200-01-01"),
        (snapshot(T0, shards=0), "shard 0/0"),
        (snapshot(T0, up=[None]), "not a text: None"),
        (snapshot(0), "no moment of our time: 1970-01-01"),
        (snapshot(T0, others={"a": down(0)}), "no moment of our time: 1970-01-01"),
        (Judged.of(change(), "own"), "quanshi.watch.judged is no fact"),
        (ObserverTurned("video-0of1", "video", T0, blind=True), "quanshi.observer.blind is no fact"),
    ],
)
async def test_an_event_that_cannot_be_kept_is_refused_with_the_reason_and_what_follows_is_kept(
    ledger: Ledger, bad: Payload, why: str
) -> None:
    appended = await append(ledger, said(bad, 1), said(change("good"), 2))
    assert [event.payload.node for event in appended.fresh] == ["good"]
    assert appended.refused == 1
    (refusal,) = await ledger.refusals()
    assert refusal.error.startswith(why)


async def test_moments_are_taken_from_2000_to_2199_and_a_watch_that_was_never_known_needs_none(
    ledger: Ledger,
) -> None:
    edges = ("2000-01-01T00:00:05Z", "2199-12-31T23:59:50Z")
    never = {"a": Standing(State.UNKNOWN, Cause.NOT_ASKED, 0)}
    events = [said(change(at=parse_time(at)), n) for n, at in enumerate(edges, 1)]
    appended = await append(ledger, *events, said(snapshot(T0, others=never), 3))
    assert appended.refused == 0
    assert [event.id.sequence for event in appended.fresh][:3] == [1, 2, 3]


async def test_a_probe_that_a_clock_was_set_back_under_may_have_lasted_less_than_nothing(
    ledger: Ledger,
) -> None:
    await append(ledger, said(resting_on(duration=-3600.25)))
    assert [row.change.evidence[0].duration for row in await ledger.changes()] == [-3600.25]


async def test_an_event_with_an_impossible_id_has_no_place_in_the_sequence(ledger: Ledger) -> None:
    far = Event(EventId("video-0of1", 1, 2**64), "maoming", T0, change())
    odd = Event(EventId("\udcff", 1, 1), "maoming", T0, change())
    appended = await append(ledger, far, odd, said(change(), 1))
    assert appended.committed == {"video-0of1": (1, 1)}
    assert appended.refused == 2


async def test_the_monitor_states_no_facts_and_is_told_nothing_of_what_is_committed(
    ledger: Ledger, tmp_path: Path
) -> None:
    with sqlite3.connect(file_of(tmp_path)) as other:  # as the first version may have taken it
        other.execute("INSERT INTO writers VALUES ('monitor', 1, 7, 0)")
    other.close()
    appended = await append(ledger, said(change("a"), 8, collector="monitor"), said(change("b"), 1))
    assert [event.payload.node for event in appended.fresh] == ["b"]
    assert appended.committed == await ledger.committed() == {"video-0of1": (1, 1)}
    assert [(row.entry, row.error) for row in await ledger.refusals()] == [
        ("monitor/1/8", "said by the monitor, which states no facts")
    ]


async def test_the_standing_of_a_watch_is_its_latest_change(ledger: Ledger) -> None:
    await append(ledger, said(change(), 1), said(change(new=State.UP, at=T0 + 9), 2))
    await append(ledger, said(change("cam-2", at=T0 + 11, cause=Cause.REFUSED), 3))
    standings = {row.node: row for row in await ledger.standings()}
    assert (standings["cam-1"].state, standings["cam-1"].at) == (State.UP, T0 + 9)
    assert (standings["cam-2"].state, standings["cam-2"].cause) == (State.DOWN, Cause.REFUSED)
    assert standings["cam-2"].change_id == (await ledger.changes(node="cam-2"))[0].id


async def test_one_node_seen_from_two_networks_has_two_standings(ledger: Ledger) -> None:
    police = said(change(network="police", new=State.UP), 1, collector="police-0of1")
    await append(ledger, said(change(), 1), police)
    states = {row.network: row.state for row in await ledger.standings()}
    assert states == {"video": State.DOWN, "police": State.UP}


async def test_an_append_that_is_cancelled_is_whole_or_nothing(ledger: Ledger) -> None:
    events = [said(change(f"cam-{n}"), n) for n in range(1, 300)]
    for delay in (0, 0.001, 0.003, 0.01):
        task = asyncio.create_task(append(ledger, *events, position="9-9"))
        await asyncio.sleep(delay)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        kept = len(await ledger.changes())
        assert (kept, await ledger.position("ledger", STREAM)) in ((0, "0-0"), (299, "9-9"))
    await append(ledger, *events)
    assert len(await ledger.changes()) == 299


async def test_appends_at_the_same_time_take_turns(ledger: Ledger) -> None:
    batches = [[said(change(f"{c}-{n}"), n, collector=c) for n in range(1, 40)] for c in "abcdef"]
    await asyncio.gather(*(append(ledger, *batch) for batch in batches))
    rows = await ledger.changes()
    assert [row.id for row in rows] == list(range(1, 6 * 39 + 1))
