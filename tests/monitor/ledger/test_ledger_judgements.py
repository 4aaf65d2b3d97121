"""What the ledger tells onwards, numbered without a hole, until it is confirmed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from ledgerkit import T0, Place, append, change, file_of, judge_all, rows, said, sight, snapshot, url_of

from monitor.ledger import Judgements, Ledger, LedgerError, Told
from monitor.model.events import Event, EventId, Judged, ObserverTurned


@pytest.fixture
async def box(ledger: Ledger) -> Judgements:
    return await Judgements.of(ledger)


async def pending(box: Judgements, after: int = 0, limit: int = 100) -> list[Told]:
    return await asyncio.to_thread(box.pending, after, limit)


async def confirm(box: Judgements, sequence: int, epoch: int | None = None) -> None:
    await asyncio.to_thread(box.confirm, box.epoch if epoch is None else epoch, sequence)


async def test_every_change_and_every_turn_of_an_observer_is_told_in_order(
    ledger: Ledger, box: Judgements
) -> None:
    first, blind, second = change("a"), sight(T0, T0 + 10, blind=True), change("b")
    events = [said(payload, n + 1) for n, payload in enumerate((first, blind, second))]
    await append(ledger, *events, recorded_at=T0 + 77)
    await judge_all(ledger)
    assert [told.payload for told in await pending(box)] == [
        ObserverTurned("video-0of1", "video", T0, blind=True),
        Judged.of(first, None),
        Judged.of(second, None),
    ]
    assert {(told.time, told.oldest) for told in await pending(box)} == {(T0 + 77, 1)}


async def test_a_change_is_not_told_before_it_is_judged(ledger: Ledger, box: Judgements) -> None:
    await append(ledger, said(change()))
    assert await pending(box) == []
    assert box.last() == 0


async def test_a_sight_without_a_turn_is_not_told(ledger: Ledger, box: Judgements) -> None:
    await append(ledger, said(sight(T0, T0 + 10), 1), said(sight(T0 + 10, T0 + 20), 2))
    await judge_all(ledger)
    assert await pending(box) == []
    assert box.last() == 0


async def test_what_a_snapshot_mended_is_told(ledger: Ledger, box: Judgements) -> None:
    await append(ledger, said(snapshot(T0, up=["a", "b"])))
    await judge_all(ledger)
    assert [told.payload.node for told in await pending(box)] == ["a", "b"]


async def test_numbers_run_on_without_a_hole_over_repeats_and_batches(
    ledger: Ledger, box: Judgements
) -> None:
    for n in range(1, 6):
        await append(ledger, *(said(change(f"cam-{m}"), m) for m in range(1, n + 1)))
        await judge_all(ledger)
    assert [told.sequence for told in await pending(box)] == [1, 2, 3, 4, 5]
    assert [told.sequence for told in await pending(box, after=2, limit=2)] == [3, 4]


async def test_what_is_confirmed_is_told_no_more_even_after_a_restart(
    ledger: Ledger, box: Judgements, place: Place
) -> None:
    await append(ledger, *(said(change(f"cam-{n}"), n) for n in range(1, 6)))
    await judge_all(ledger)
    await confirm(box, 3)
    assert (box.oldest(), box.last()) == (4, 5)
    async with await Ledger.open(url_of(place)) as again:
        other = await Judgements.of(again)
        assert [(told.sequence, told.oldest) for told in await pending(other)] == [(4, 4), (5, 4)]
        assert (other.epoch, other.oldest(), other.last()) == (box.epoch, 4, 5)


async def test_the_word_of_an_earlier_epoch_confirms_nothing(ledger: Ledger, box: Judgements) -> None:
    await append(ledger, *(said(change(f"cam-{n}"), n) for n in range(1, 6)))
    await judge_all(ledger)
    await confirm(box, 3, epoch=box.epoch - 1)
    assert len(await pending(box)) == 5


@pytest.mark.parametrize("later", [0, 5000])
async def test_an_old_copy_of_a_ledger_tells_what_is_unconfirmed_again_in_a_new_epoch(
    ledger: Ledger, box: Judgements, later: int
) -> None:
    await append(ledger, *(said(change(f"cam-{n}"), n) for n in range(1, 6)))
    await judge_all(ledger)
    await confirm(box, 2)
    told = box.epoch + later
    await confirm(box, 70, epoch=told)
    assert box.epoch > told
    assert (box.oldest(), box.last()) == (1, 3)
    assert [(one.sequence, one.payload.node) for one in await pending(box)] == [
        (1, "cam-3"),
        (2, "cam-4"),
        (3, "cam-5"),
    ]
    await append(ledger, said(change("cam-6"), 6))
    await judge_all(ledger)
    assert [one.sequence for one in await pending(box, after=2)] == [3, 4]
    await confirm(box, 4)
    assert await pending(box) == []
    assert (box.oldest(), box.last()) == (5, 4)


async def test_new_judgements_are_seen_without_asking_the_disk(ledger: Ledger, box: Judgements) -> None:
    await append(ledger, said(change()))
    await judge_all(ledger)
    assert (box.oldest(), box.last()) == (1, 1)


async def test_confirming_never_goes_back(ledger: Ledger, box: Judgements) -> None:
    await append(ledger, *(said(change(f"cam-{n}"), n) for n in range(1, 6)))
    await judge_all(ledger)
    await confirm(box, 4)
    await confirm(box, 2)
    assert box.oldest() == 5


async def test_all_confirmed_the_oldest_is_the_next_to_come(ledger: Ledger, box: Judgements) -> None:
    assert (box.oldest(), box.last()) == (1, 0)
    await append(ledger, said(change()))
    await judge_all(ledger)
    await confirm(box, 1)
    assert (box.oldest(), box.last()) == (2, 1)


async def test_a_judgement_survives_the_way_over_the_bus(ledger: Ledger, box: Judgements) -> None:
    await append(ledger, said(change()), said(sight(T0, T0 + 1, blind=True), 2))
    await judge_all(ledger)
    for told in await pending(box):
        event_id = EventId(box.collector, box.epoch, told.sequence)
        event = Event(event_id, "maoming", told.time, told.payload, told.oldest)
        assert Event.decode(event.encode()) == event


async def test_a_ledger_in_trouble_says_so_in_its_own_words(
    ledger: Ledger, box: Judgements, tmp_path: Path
) -> None:
    await ledger.close()
    file_of(tmp_path).write_bytes(b"gone wrong " * 2000)
    with pytest.raises(LedgerError):
        await pending(box)


async def test_the_numbers_in_the_database_are_dense(ledger: Ledger, place: Place) -> None:
    payloads: list[Any] = [change("a"), sight(T0, T0 + 9, blind=True), snapshot(T0, up=["b"]), change("c")]
    await append(ledger, *(said(payload, n + 1) for n, payload in enumerate(payloads)))
    await judge_all(ledger)
    numbers = [row[0] for row in rows(place, "SELECT sequence FROM judgements ORDER BY 1")]
    # b is mended, and a, which the snapshot leaves out
    assert numbers == [1, 2, 3, 4, 5]
