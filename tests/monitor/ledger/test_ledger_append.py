"""Each event once, in order, together with the reader's position."""

from __future__ import annotations

import asyncio
import dataclasses

from ledgerkit import STREAM, T0, append, change, said, sight, snapshot

from monitor.ledger import Ledger, Origin
from monitor.model.events import Event, EventId, Judged, ObserverTurned
from monitor.model.observations import Cause, State


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


async def test_an_event_that_no_database_can_hold_is_refused_and_what_follows_is_kept(ledger: Ledger) -> None:
    bad = [
        change("\ud800"),
        change("nul\0"),
        change(["a", "list"]),  # JSON may hold anything
        dataclasses.replace(change(), evidence=(dataclasses.replace(change().evidence[0], duration="1"),)),
        sight(T0, T0 + 1, watches=2**70),
        sight(T0, T0 + 1, blind="yes"),
        sight(T0, T0 + 1, shard=3, shards=2),
        snapshot(T0, shards=0),
        snapshot(T0, up=[None]),
        Judged.of(change(), "own"),
        ObserverTurned("video-0of1", "video", T0, blind=True),
    ]
    events = [said(payload, n + 1) for n, payload in enumerate(bad)]
    appended = await append(ledger, *events, said(change("good"), len(bad) + 1))
    assert [event.payload.node for event in appended.fresh] == ["good"]
    assert appended.refused == len(bad)
    assert len(await ledger.refusals()) == len(bad)


async def test_an_event_with_an_impossible_id_has_no_place_in_the_sequence(ledger: Ledger) -> None:
    far = Event(EventId("video-0of1", 1, 2**64), "maoming", T0, change())
    odd = Event(EventId("\udcff", 1, 1), "maoming", T0, change())
    appended = await append(ledger, far, odd, said(change(), 1))
    assert appended.committed == {"video-0of1": (1, 1)}
    assert appended.refused == 2


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
