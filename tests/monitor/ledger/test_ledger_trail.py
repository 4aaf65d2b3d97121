"""The audit trail: what people did, as links of the chain, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from evidencekit import acted, tamper, told, verified
from ledgerkit import T0, Place, rows, url_of
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from monitor.ledger import Ledger, Signer
from monitor.ledger.trail import Wanted
from monitor.model.actions import Action, Outcome

PAST = (
    acted("login", at=T0, target="", outcome=Outcome.FAILED, account="nobody"),
    acted("login", at=T0 + 1, target=""),
    acted("alert.ack", at=T0 + 2),
    acted("account.make", at=T0 + 3, account="boss", target="li", outcome=Outcome.REFUSED),
)


async def record(ledger: Ledger) -> None:
    for action in PAST:
        await ledger.record_action(action)


async def found(ledger: Ledger, wanted: Wanted | None = None, **limits: int) -> list[Action]:
    return [row.action for row in await ledger.actions(wanted, **limits)]


async def test_what_was_done_is_read_again_the_newest_first(ledger: Ledger) -> None:
    await record(ledger)
    assert await found(ledger) == list(PAST[::-1])
    assert [row.link for row in await ledger.actions()] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (Wanted(account="zhang"), [2, 1]),
        (Wanted(action="login"), [1, 0]),
        (Wanted(action="login", account="zhang"), [1]),
        (Wanted(since=T0 + 2), [3, 2]),
        (Wanted(until=T0 + 2), [1, 0]),
        (Wanted(since=T0 + 1, until=T0 + 2), [1]),
        (Wanted(before=3), [1, 0]),
        (Wanted(account="li"), []),
    ],
)
async def test_it_is_searched_by_who_what_and_when(ledger: Ledger, wanted: Wanted, places: list[int]) -> None:
    await record(ledger)
    assert await found(ledger, wanted) == [PAST[place] for place in places]


async def test_it_is_read_page_by_page(ledger: Ledger) -> None:
    await record(ledger)
    assert await found(ledger, limit=1, offset=1) == [PAST[2]]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("张三'; DROP TABLE actions --", "张三'; DROP TABLE actions --"),
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a?b"),
        ("x" * 5000, "x" * 500),
    ],
)
async def test_whatever_somebody_types_is_no_reason_not_to_record_it(
    ledger: Ledger, typed: str, kept: str
) -> None:
    await ledger.record_action(acted(account=typed, target=typed, address=typed, facts={"said": typed}))
    (action,) = await found(ledger)
    assert (action.account, action.target, action.address) == (kept, kept, kept)
    assert action.facts["said"][:3] == kept[:3]


async def test_a_line_of_the_trail_is_never_changed_or_removed(ledger: Ledger, place: Place) -> None:
    await record(ledger)
    for statement in ("UPDATE actions SET account = 'li'", "DELETE FROM actions"):
        with pytest.raises(DBAPIError, match="a row of actions stays"):
            async with ledger._writer.begin() as connection:
                await connection.execute(text(statement))
    assert len(rows(place, "SELECT * FROM actions")) == 4


async def test_a_line_that_was_changed_behind_our_back_is_named(tmp_path: Path) -> None:
    async with await Ledger.open(url_of(tmp_path)) as ledger:
        await record(ledger)
        await ledger.checkpoint(Signer.of(tmp_path), T0 + 9)
    assert verified(tmp_path).ok
    tamper(tmp_path, "UPDATE actions SET outcome = 'ok' WHERE account = 'boss'")
    assert told(verified(tmp_path).findings) == [("changed", "actions", "4", 4)]


async def test_who_does_not_lead_records_too(place: Place) -> None:
    """People act at the follower's pages as well, and at a terminal."""
    async with await Ledger.open(url_of(place)) as leader, await Ledger.open(url_of(place)) as other:
        await leader.lead(7)
        await other.record_action(acted())
        assert len(await leader.actions()) == 1
