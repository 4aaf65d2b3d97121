"""Lists of what people did and decided: page by page, each page with how many there are in all."""

from __future__ import annotations

from evidencekit import approved, requested
from ledgerkit import T0, order

from monitor.ledger import Ledger
from monitor.ledger.trail import Wanted
from monitor.model.actions import Action, Outcome
from monitor.model.orders import OrderKind


async def test_actions_come_by_what_is_wanted_the_newest_first(ledger: Ledger) -> None:
    for number in range(5):
        account = "li" if number % 2 else "wang"
        await ledger.record_action(Action(T0 + number, account, "login", "", Outcome.OK, "10.1.1.1"))

    page, total = await ledger.actions_page(Wanted(), 2, 1)
    his, his_total = await ledger.actions_page(Wanted(account="wang", since=T0 + 1), 10, 0)

    assert ([row.action.at - T0 for row in page], total) == ([3, 2], 5)
    assert ([row.action.at - T0 for row in his], his_total) == ([4, 2], 2)


async def test_reports_come_with_how_many_there_are(ledger: Ledger) -> None:
    for number in range(3):
        await ledger.record_report({"number": number}, f"digest-{number}", T0, {})

    page, total = await ledger.reports_page(1, 1)

    assert ([row.digest for row in page], total) == (["digest-1"], 3)


async def test_of_decisions_a_page_holds_all_rows_of_those_that_were_asked_for_last(ledger: Ledger) -> None:
    assert await ledger.last_decision() == 0
    for name in ("M1", "M2", "C1"):
        await ledger.decide(requested(name))
    before = await ledger.last_decision()
    await ledger.decide(approved("M2"))

    page, total = await ledger.decisions_page(2, 0)

    assert ([(one.id, one.action.value) for one in page], total) == (
        [("M2", "request"), ("C1", "request"), ("M2", "approve")],
        3,
    )
    assert await ledger.decisions_of("M2") == [page[0], page[2]]
    assert (await ledger.requests("M"), await ledger.requests("C"), await ledger.requests("_")) == (2, 1, 0)
    assert await ledger.last_decision() > before


async def test_orders_are_read_by_their_kinds(ledger: Ledger) -> None:
    for name, kind in (("a1", OrderKind.ACK), ("n1", OrderKind.NOTE), ("a2", OrderKind.ACK)):
        await ledger.give(order(name, kind, target="x", note="n"))

    assert [one.id for one in await ledger.orders()] == ["a1", "n1", "a2"]
    assert [one.id for one in await ledger.orders(OrderKind.ACK)] == ["a1", "a2"]
    assert await ledger.orders(OrderKind.SILENCE, OrderKind.END_SILENCE) == []
