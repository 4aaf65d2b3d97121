"""Snapshots mend what was lost, and every disagreement stays on record."""

from __future__ import annotations

from ledgerkit import T0, append, change, down, said, snapshot

from monitor.ledger import ChangeRow, Ledger, Origin
from monitor.model.events import Change, Snapshot, Standing
from monitor.model.nodes import shard_of
from monitor.model.observations import Cause, State


async def mended(ledger: Ledger) -> list[ChangeRow]:
    return [row for row in await ledger.changes() if row.origin is Origin.SNAPSHOT]


async def disagreeing(ledger: Ledger) -> list[str]:
    (latest,) = await ledger.snapshots(limit=1)
    return [found["node"] for found in latest.disagreements]


async def test_a_snapshot_that_agrees_changes_nothing(ledger: Ledger) -> None:
    await append(ledger, said(change("a", at=T0), 1), said(change("b", State.UP, T0), 2))
    appended = await append(ledger, said(snapshot(T0 + 9, up=["b"], others={"a": down(T0)}), 3))
    assert len(appended.fresh) == 1
    assert await disagreeing(ledger) == []
    assert await mended(ledger) == []


async def test_a_lost_change_is_mended_visibly(ledger: Ledger) -> None:
    await append(ledger, said(change("a", State.UP, T0), 1))
    await append(ledger, said(snapshot(T0 + 9000, others={"a": down(T0 + 5000, Cause.REFUSED)}), 2))
    (row,) = await mended(ledger)
    assert row.change == Change(
        node="a",
        network="video",
        old=State.UP,
        new=State.DOWN,
        at=T0 + 5000,
        not_before=T0,
        detected_at=T0 + 9000,
        cause=Cause.REFUSED,
    )
    assert row.event.sequence == 2
    assert await disagreeing(ledger) == ["a"]
    (standing,) = await ledger.standings()
    assert (standing.state, standing.at, standing.change_id) == (State.DOWN, T0 + 5000, row.id)


async def test_a_lost_recovery_is_sure_only_by_the_moment_of_the_snapshot(ledger: Ledger) -> None:
    await append(ledger, said(change("a", at=T0), 1), said(snapshot(T0 + 9000, up=["a"]), 2))
    (row,) = await mended(ledger)
    assert (row.change.new, row.change.at, row.change.not_before) == (State.UP, T0 + 9000, T0)


async def test_a_mended_change_follows_its_snapshot_among_the_fresh_events(ledger: Ledger) -> None:
    later = said(change("a", State.DOWN, T0 + 9500), 3)
    first = said(change("a", at=T0), 1)
    appended = await append(ledger, first, said(snapshot(T0 + 9000, up=["a"]), 2), later)
    kinds = [type(event.payload) for event in appended.fresh]
    assert kinds == [Change, Snapshot, Change, Change]
    assert appended.fresh[2].id == appended.fresh[1].id
    assert (await ledger.standings())[0].state is State.DOWN


async def test_a_change_earlier_in_the_same_batch_is_no_disagreement(ledger: Ledger) -> None:
    await append(ledger, said(change("a", State.UP, T0), 1))
    await append(
        ledger, said(change("a", at=T0 + 5), 2), said(snapshot(T0 + 9, others={"a": down(T0 + 5)}), 3)
    )
    assert await disagreeing(ledger) == []


async def test_a_watch_the_ledger_never_heard_of_was_unknown(ledger: Ledger) -> None:
    await append(
        ledger, said(snapshot(T0, up=["new"], others={"off": Standing(State.UNKNOWN, Cause.NOT_ASKED, T0)}))
    )
    (row,) = await mended(ledger)
    assert (row.change.node, row.change.old, row.change.not_before) == ("new", State.UNKNOWN, None)


async def test_a_watch_that_the_snapshot_leaves_out_is_asked_by_nobody(ledger: Ledger) -> None:
    await append(ledger, said(change("gone", State.UP, T0), 1), said(snapshot(T0 + 9), 2))
    (row,) = await mended(ledger)
    assert (row.change.new, row.change.cause, row.change.at) == (State.UNKNOWN, Cause.NOT_ASKED, T0 + 9)


async def test_only_the_watches_of_its_network_and_shard_are_compared(ledger: Ledger) -> None:
    names = [f"cam-{n}" for n in range(20)]
    events = [said(change(name, State.UP), n + 1) for n, name in enumerate(names)]
    police = said(change("cam-1", State.UP, network="police"), 1, collector="police-0of1")
    await append(ledger, *events, police)
    mine = [name for name in names if shard_of(name, 2) == 1]
    half = said(snapshot(T0 + 9, up=mine, shard=1, shards=2), 1, collector="video-1of2")
    await append(ledger, half)
    assert await disagreeing(ledger) == []


async def test_a_standing_newer_than_the_snapshots_keeps_the_order_of_time(ledger: Ledger) -> None:
    await append(ledger, said(change("a", State.UP, T0 + 500), 1))
    await append(ledger, said(snapshot(T0 + 900, others={"a": down(T0 + 100)}), 2))
    (row,) = await mended(ledger)
    assert (row.change.at, row.change.not_before) == (T0 + 900, T0 + 500)


async def test_the_same_state_since_a_later_moment_is_recorded_and_not_smoothed(ledger: Ledger) -> None:
    await append(ledger, said(change("a", at=T0), 1))
    await append(ledger, said(snapshot(T0 + 900, others={"a": down(T0 + 500)}), 2))
    assert await disagreeing(ledger) == ["a"]
    assert await mended(ledger) == []


async def test_one_snapshot_may_mend_many_and_a_repeat_mends_nothing(ledger: Ledger) -> None:
    whole = said(snapshot(T0, up=[f"cam-{n}" for n in range(3352)]))
    await append(ledger, whole)
    await append(ledger, whole)
    assert len(await mended(ledger)) == 3352
    assert len(await ledger.snapshots()) == 1


async def test_both_sides_agree_after_a_snapshot(ledger: Ledger) -> None:
    await append(ledger, said(change("a", at=T0 + 50), 1), said(change("b", State.UP), 2))
    states = {"a": down(T0 + 10), "b": Standing(State.DEGRADED, Cause.BUSY, T0 + 70), "c": down(T0 + 80)}
    await append(ledger, said(snapshot(T0 + 100, others=states), 3))
    await append(ledger, said(snapshot(T0 + 200, others=states), 4))
    assert await disagreeing(ledger) == []
