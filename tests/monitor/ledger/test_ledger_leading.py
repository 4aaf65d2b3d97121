"""Of several that write one ledger, only the last that was to lead is heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from evidencekit import requested
from ledgerkit import STREAM, T0, Place, append, blame, change, judge_all, order, rows, said, sight, url_of

from monitor.ledger import Appended, LedByAnotherError, Ledger, LedgerError, Signer
from monitor.ledger.sources import source_of
from monitor.ledger.verify import verify
from monitor.model.events import Event


@pytest.fixture
async def other(place: Place, ledger: Ledger) -> AsyncIterator[Ledger]:
    """The same ledger, as another monitor has it."""
    async with await Ledger.open(url_of(place), wait=2.0) as opened:
        yield opened


async def test_nobody_led_a_new_ledger(ledger: Ledger) -> None:
    assert await ledger.fence() == 0


async def test_who_leads_writes_and_its_number_is_kept(ledger: Ledger, other: Ledger) -> None:
    await ledger.lead(3)
    assert len((await append(ledger, said(change()))).fresh) == 1
    assert await other.fence() == 3


async def test_who_led_before_stores_nothing_more(ledger: Ledger, other: Ledger) -> None:
    await ledger.lead(1)
    await append(ledger, said(change("a"), 1), position="1-0")
    await other.lead(2)
    head = await other.head()
    with pytest.raises(LedByAnotherError, match="another monitor leads") as caught:
        await append(ledger, said(change("b"), 2), position="2-0")
    assert caught.value.lasting
    assert await other.position("ledger", STREAM) == "1-0"
    assert await other.head() == head
    assert len((await append(other, said(change("b"), 2))).fresh) == 1


async def test_nothing_else_is_written_by_who_led_before(
    ledger: Ledger, other: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    signer = Signer.of(tmp_path_factory.mktemp("keys"))
    await ledger.lead(1)
    await append(ledger, said(sight(T0, T0 + 10)), recorded_at=T0)
    await other.lead(2)
    head = await other.head()
    for work in (
        ledger.use_inventory("abc", [], T0),
        ledger.seal_stale(2 * T0),
        ledger.checkpoint(signer, T0),
        ledger.confirm_judgements(ledger.judgement_marks.epoch, 1),
        ledger.decide(requested()),
        ledger.judge([blame(None)], T0),
        ledger.give(order()),
    ):
        with pytest.raises(LedByAnotherError):
            await work
    assert await other.head() == head
    assert await other.checkpoints() == []


@pytest.mark.parametrize("number", [1, 5, 6])
async def test_a_number_that_was_somebodys_is_nobody_elses(
    ledger: Ledger, other: Ledger, number: int
) -> None:
    await ledger.lead(6)
    with pytest.raises(LedByAnotherError):
        await other.lead(number)
    await append(ledger, said(change()))


async def test_of_two_that_claim_one_number_at_once_one_leads(ledger: Ledger, other: Ledger) -> None:
    """Redis lost all between the two, and gave both the same."""
    answers = await asyncio.gather(ledger.lead(4), other.lead(4), return_exceptions=True)
    assert sorted(type(answer) for answer in answers if answer) == [LedByAnotherError]
    leader, follower = (ledger, other) if answers[0] is None else (other, ledger)
    await append(leader, said(change()))
    with pytest.raises(LedByAnotherError):
        await follower.lead(3)


async def test_a_command_that_never_led_is_held_back_by_nobody(ledger: Ledger, other: Ledger) -> None:
    await ledger.lead(1)
    await other.decide(requested())
    assert len(await ledger.decisions()) == 1


async def test_who_leads_now_tells_what_others_recorded_before(ledger: Ledger, other: Ledger) -> None:
    await append(ledger, said(change()))
    await judge_all(ledger)
    assert other.judgement_marks.last == 0
    await other.lead(1)
    assert other.judgement_marks.last == 1


async def taken(ledger: Ledger, events: list[Event], position: str) -> Appended:
    """As a monitor does it: one that is locked for too long is asked again."""
    while True:
        try:
            return await append(ledger, *events, position=position)
        except LedgerError as error:
            if error.lasting:
                raise


async def test_two_that_append_the_same_stream_at_once_double_nothing(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    """Not even without a leader: each event has one place in its collector's sequence."""
    events = [said(change(f"cam-{n}", at=T0 + n), n) for n in range(1, 201)]

    async def all_of(one: Ledger, batch: int) -> int:
        fresh = 0
        for first in range(0, len(events), batch):
            part = events[first : first + batch]
            fresh += len((await taken(one, part, f"{first + len(part)}-0")).fresh)
        return fresh

    assert sum(await asyncio.gather(all_of(ledger, 7), all_of(other, 11))) == len(events)
    assert [row.event.sequence for row in await ledger.changes()] == list(range(1, 201))
    assert [row.id for row in await ledger.changes()] == list(range(1, 201))
    assert rows(place, "SELECT link FROM changes ORDER BY link") == [(n,) for n in range(1, 201)]
    assert [row.id for row in await ledger.unjudged()] == list(range(1, 201))
    found = await asyncio.to_thread(verify, source_of(url_of(place)), None)
    assert (found.ok, found.links) == (True, 200)
