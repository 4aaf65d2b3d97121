"""Which node list is valid, what people decided, which reports were made."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from evidencekit import PLANNED, approved, requested
from ledgerkit import T0

from monitor.ledger import Ledger, ReportRow
from monitor.model.decisions import Action, Decision, DecisionError, Exclusion, fold


async def test_a_node_list_is_in_use_from_when_it_was_taken(ledger: Ledger) -> None:
    assert await ledger.use_inventory("abc", [{"id": "cam-1"}], T0)
    assert await ledger.use_inventory("def", [], T0 + 5)
    assert await ledger.inventory_uses() == [(T0, "abc"), (T0 + 5, "def")]
    kept = await ledger.inventory("abc")
    assert kept
    assert (kept.body, kept.nodes, kept.recorded_at) == ([{"id": "cam-1"}], 1, T0)


async def test_a_node_list_that_is_in_use_already_is_no_news(ledger: Ledger) -> None:
    await ledger.use_inventory("abc", [], T0)
    assert not await ledger.use_inventory("abc", [], T0 + 5)
    assert await ledger.inventory_uses() == [(T0, "abc")]


async def test_going_back_to_an_older_node_list_is_recorded(ledger: Ledger) -> None:
    for at, digest in enumerate(("abc", "def", "abc")):
        assert await ledger.use_inventory(digest, [], T0 + at)
    assert [digest for _, digest in await ledger.inventory_uses()] == ["abc", "def", "abc"]
    assert (await ledger.counts())["inventories"] == 2


async def test_decisions_are_kept_in_the_order_taken_and_fold_to_what_is_valid(ledger: Ledger) -> None:
    taken = [requested(), approved(), Decision("e1", Action.END, "张三", T0 + 2, {})]
    for decision in taken:
        await ledger.decide(decision)
    kept = await ledger.decisions()
    assert kept == taken
    (exclusion,) = fold(kept).values()
    assert isinstance(exclusion, Exclusion)
    assert exclusion.signed.approved_by == "李四"


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (approved(person="张 三"), "somebody else"),
        (approved("e2"), "there is no decision e2"),
        (requested(), "e1 is there already"),
        (requested("e3", person=" "), "needs the name"),
        (dataclasses.replace(requested("e4"), body=PLANNED | {"end": PLANNED["start"]}), "ends before"),
        (requested("e5", person="\udcff"), "a text that no database keeps"),
        (dataclasses.replace(requested("e6"), body=PLANNED | {"note": "\udcff"}), "a text that no database"),
    ],
)
async def test_a_decision_that_may_not_be_taken_leaves_nothing(
    ledger: Ledger, decision: Decision, why: str
) -> None:
    await ledger.decide(requested())
    head = await ledger.head()
    with pytest.raises(DecisionError, match=why):
        await ledger.decide(decision)
    assert await ledger.decisions() == [requested()]
    assert await ledger.head() == head


async def test_of_two_who_approve_at_once_one_is_told_that_it_is_approved(ledger: Ledger) -> None:
    await ledger.decide(requested())
    both = [ledger.decide(approved(person=person)) for person in ("李四", "王五")]
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome] == [DecisionError]
    assert len(await ledger.decisions()) == 2


QUESTION = {"period": "2026-10", "by": "county"}


async def test_a_report_made_again_with_the_same_figures_is_the_same_revision(ledger: Ledger) -> None:
    assert await ledger.record_report(QUESTION, "aa", T0, {"xlsx": "1"}) == 1
    head = await ledger.head()
    assert await ledger.record_report(dict(reversed(QUESTION.items())), "aa", T0 + 1, {"xlsx": "2"}) == 1
    assert await ledger.head() == head


async def test_other_figures_are_the_next_revision_beside_the_old_one(ledger: Ledger) -> None:
    await ledger.record_report(QUESTION, "aa", T0, {"xlsx": "1"})
    await ledger.record_report({"period": "2026-11"}, "cc", T0 + 1, {})
    assert await ledger.record_report(QUESTION, "bb", T0 + 2, {"xlsx": "2"}) == 2
    assert await ledger.record_report(QUESTION, "aa", T0 + 3, {}) == 1
    found = await ledger.reports(QUESTION)
    assert [(row.revision, row.digest, row.made_at, row.files) for row in found] == [
        (2, "bb", T0 + 2, {"xlsx": "2"}),
        (1, "aa", T0, {"xlsx": "1"}),
    ]
    assert {row.key for row in found} == {found[0].key}
    assert found[0].question == QUESTION


async def test_all_reports_are_listed_the_newest_first(ledger: Ledger) -> None:
    for month in range(1, 5):
        await ledger.record_report({"month": month}, "aa", T0 + month, {})
    listed = await ledger.reports(limit=2)
    assert all(isinstance(row, ReportRow) for row in listed)
    assert [row.question for row in listed] == [{"month": 4}, {"month": 3}]
