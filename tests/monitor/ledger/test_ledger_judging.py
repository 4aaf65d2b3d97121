"""Verdicts in the ledger: recorded once, told in order, and found again by whoever starts anew."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from evidencekit import DAY, verified
from ledgerkit import (
    HOUR,
    T0,
    Place,
    append,
    blame,
    change,
    deed,
    order,
    outage,
    rows,
    said,
    sight,
    url_of,
)

from monitor.ledger import Ledger, Signer
from monitor.ledger.rows import MemberRow
from monitor.ledger.sources import source_of
from monitor.ledger.verify import verify
from monitor.model.decisions import Scope
from monitor.model.deeds import Did
from monitor.model.events import Judged
from monitor.model.observations import State
from monitor.model.orders import OrderError, OrderKind
from monitor.model.outages import Attribution, Ending, Phase

OWN, UPSTREAM, SUSPECTED = Attribution.OWN, Attribution.UPSTREAM, Attribution.SUSPECTED
ALERTS = "quanshi:maoming:alerts"


async def told(ledger: Ledger) -> list[object]:
    return [row.payload for row in await ledger.judgements(0, 100)]


async def test_what_was_appended_waits_with_its_number_until_it_is_judged(ledger: Ledger) -> None:
    appended = await append(ledger, said(change("a"), 1), said(sight(T0, T0 + 9), 2), said(change("b"), 3))
    assert [(number, each.node) for number, each in appended.changes] == [(1, "a"), (2, "b")]
    assert [(row.id, row.change.node) for row in await ledger.unjudged()] == [(1, "a"), (2, "b")]

    await ledger.judge([blame(2, "b")], T0)

    assert [row.id for row in await ledger.unjudged()] == [1]


async def test_verdicts_are_told_in_their_order_and_changes_with_what_they_are_blamed_on(
    ledger: Ledger,
) -> None:
    root, child, back = change("sw-1"), change("a"), change("a", State.UP, T0 + 9)
    await append(ledger, *(said(each, n + 1) for n, each in enumerate((root, child, back))))
    verdicts = [outage(), blame(1, "sw-1", outage="aaaaaaaaaa"), blame(2, "a", T0, UPSTREAM, "aaaaaaaaaa")]

    await ledger.judge([*verdicts, blame(3, "a", T0 + 9, None)], T0 + 5)

    assert await told(ledger) == [
        outage(),
        Judged.of(root, OWN, "aaaaaaaaaa"),
        Judged.of(child, UPSTREAM, "aaaaaaaaaa"),
        Judged.of(back, None),
    ]


async def test_the_same_verdicts_once_more_change_nothing(ledger: Ledger) -> None:
    await append(ledger, said(change("a")))
    verdicts = [
        outage("bbbbbbbbbb", root="a"),
        blame(1, "a", outage="bbbbbbbbbb"),
        outage("bbbbbbbbbb", Phase.CLOSED, root="a", ended_at=T0, ending=Ending.MERGED),
        blame(None, "a", T0, UPSTREAM, "aaaaaaaaaa"),
    ]
    await ledger.judge(verdicts, T0)
    head, before = await ledger.head(), await told(ledger)

    await ledger.judge(verdicts, T0 + 1)

    assert (await ledger.head(), await told(ledger)) == (head, before)


async def test_a_change_is_judged_once_whatever_is_said_of_it_later(ledger: Ledger) -> None:
    await append(ledger, said(change("a")))
    await ledger.judge([blame(1, "a")], T0)
    await ledger.judge([blame(1, "a", T0, UPSTREAM, "x"), blame(77, "a")], T0)
    assert await told(ledger) == [Judged.of(change("a"), OWN)]


async def test_that_a_watch_is_up_is_recorded_only_where_somebody_was_blamed(
    ledger: Ledger, place: Place
) -> None:
    events = [change("a", State.UP), change("b"), change("b", State.UP, T0 + 5)]
    await append(ledger, *(said(each, n + 1) for n, each in enumerate(events)))
    await ledger.judge([blame(1, "a", T0, None), blame(2, "b"), blame(3, "b", T0 + 5, None)], T0)
    found = rows(place, "SELECT change_id, attribution FROM attributions ORDER BY link")
    assert found == [(2, "own"), (3, "")]


async def test_an_open_outage_is_found_with_those_that_are_down_for_it_now(ledger: Ledger) -> None:
    await append(ledger, *(said(change(name), n + 1) for n, name in enumerate(("sw-1", "a", "b"))))
    down = [blame(n + 1, name, T0, UPSTREAM, "aaaaaaaaaa") for n, name in enumerate(("sw-1", "a", "b"))]
    grown = outage(phase=Phase.CHANGED, affected=3)
    gone = outage("cccccccccc", Phase.CLOSED, root="x", ended_at=T0, ending=Ending.RECOVERED)
    await ledger.judge([outage(), outage("cccccccccc", root="x"), *down, grown, gone], T0)
    await append(ledger, said(change("b", State.UP, T0 + 7), 4))
    await ledger.judge([blame(4, "b", T0 + 7, None)], T0)

    (found,) = await ledger.open_outages()

    assert found.outage == grown
    assert found.members == (down[1], down[0])  # by the watch


async def test_whom_an_outage_hit_is_found_when_it_is_over_too(ledger: Ledger) -> None:
    hit = [blame(None, name, T0, UPSTREAM, "aaaaaaaaaa") for name in ("c", "b", "a")]
    moved = [blame(None, "b", T0 + 5, OWN, "bbbbbbbbbb"), blame(None, "a", T0 + 7, None)]
    await ledger.judge([outage(), *hit, *moved], T0)

    assert await ledger.members("aaaaaaaaaa", 2) == ([MemberRow("c", True), MemberRow("a", False)], 3)
    assert await ledger.members("aaaaaaaaaa", 2, 2) == ([MemberRow("b", False)], 3)
    assert await ledger.members("bbbbbbbbbb", 9) == ([MemberRow("b", True)], 1)
    assert await ledger.members("nowhere", 9) == ([], 0)


async def test_whose_fault_it_was_is_a_span_until_the_next_word(ledger: Ledger) -> None:
    words = [
        blame(None, "a", T0, UPSTREAM, "x"),
        blame(None, "a", T0 + 30, OWN, "y"),
        blame(None, "b", T0 + 5, OWN, "z"),
        blame(None, "b", T0 + 5, SUSPECTED, "x"),
        blame(None, "c", T0, OWN),
        blame(None, "d", T0 + 50, UPSTREAM, "x"),
        blame(None, "d", T0 + 40, UPSTREAM, "x"),
    ]
    await ledger.judge(words, T0)

    assert await ledger.attributed(T0 + 45) == {
        ("a", "video"): [(T0, T0 + 30)],
        ("b", "video"): [(T0 + 5, T0 + 45)],
        ("d", "video"): [(T0 + 40, T0 + 45)],
    }


async def test_judgements_are_links_of_the_chain(ledger: Ledger, place: Place) -> None:
    await append(ledger, said(change("a")))
    await ledger.judge([outage(), blame(1, "a", outage="aaaaaaaaaa")], T0)
    await ledger.give(order())
    await ledger.record_alerts("monitor", ALERTS, "1-1", [said(deed(), collector="alert")])
    found = verify(source_of(url_of(place)), None)
    assert (found.ok, found.links) == (True, 5)


# -- orders


async def test_an_order_is_recorded_and_told(ledger: Ledger) -> None:
    silence = order("s1", OrderKind.SILENCE, scope=Scope(networks=("video",)), until=T0 + HOUR, note="施工")
    end = order("o2", OrderKind.END_SILENCE, target="s1")
    for each in (silence, silence, end):
        await ledger.give(each)
    assert await ledger.orders() == [silence, end]
    assert await told(ledger) == [silence, end]


@pytest.mark.parametrize(
    "bad",
    [
        order("o1", OrderKind.END_SILENCE, target="nothing"),
        order("known", note="another"),
        order("o1", person=" "),
        order("o1", note="\ud800"),
    ],
)
async def test_an_order_that_may_not_be_given_is_refused(ledger: Ledger, bad: object) -> None:
    await ledger.give(order("known"))
    with pytest.raises(OrderError):
        await ledger.give(bad)  # type: ignore[arg-type]
    assert await ledger.orders() == [order("known")]


async def test_what_another_process_ordered_is_seen_by_who_asks(ledger: Ledger, place: Place) -> None:
    async with await Ledger.open(url_of(place)) as command:
        await command.give(order())
    assert ledger.judgement_marks.last == 0
    assert (await ledger.news()).marks.last == 1
    assert ledger.judgement_marks.last == 1


# -- what the alert role did


async def test_what_the_alert_role_did_is_recorded_once(ledger: Ledger) -> None:
    events = [said(deed(did), n + 1, collector="alert") for n, did in enumerate((Did.FIRED, Did.RESOLVED))]
    await ledger.record_alerts("monitor", ALERTS, "1-1", events[:1])
    appended = await ledger.record_alerts("monitor", ALERTS, "2-1", events)

    assert [event.id.sequence for event in appended.fresh] == [2]
    assert await ledger.alert_mark() == {"alert": (1, 2)}
    assert await ledger.position("monitor", ALERTS) == "2-1"
    assert [row.type for row in await ledger.alert_records()] == [
        "quanshi.alert.resolved",
        "quanshi.alert.fired",
    ]
    assert (await ledger.alert_records("0a1b2c3d"))[0].body == deed(Did.RESOLVED).to_json()
    assert await ledger.alert_records("other") == []


async def test_behind_a_hole_nothing_of_the_alert_role_is_taken(ledger: Ledger) -> None:
    appended = await ledger.record_alerts("monitor", ALERTS, "1-1", [said(deed(), 5, collector="alert")])
    assert (appended.fresh, set(appended.waiting)) == ((), {"alert"})


async def test_nobody_else_speaks_for_the_alert_role_nor_it_of_facts(ledger: Ledger) -> None:
    others = [said(deed(), 1), said(change(), 1, collector="alert")]
    assert (await ledger.record_alerts("monitor", ALERTS, "1-1", others)).refused == 2
    assert (await append(ledger, said(change(), 1, collector="alert"))).refused == 1
    assert await ledger.committed() == {}
    assert await ledger.alert_mark() == {}


# -- what leaves


async def test_a_blame_that_leaves_and_still_holds_is_said_again(ledger: Ledger, tmp_path: Path) -> None:
    signer = Signer.of(tmp_path)
    words = {"a": UPSTREAM, "b": UPSTREAM, "c": UPSTREAM, "d": OWN}
    events = [said(change(name), n + 1) for n, name in enumerate(words)]
    await ledger.checkpoint(signer, T0)
    await append(ledger, *events, recorded_at=T0)
    judged = [blame(n + 1, name, T0, fault, "x") for n, (name, fault) in enumerate(words.items())]
    await ledger.judge(judged, T0)
    await ledger.checkpoint(signer, T0 + 31 * DAY)
    await ledger.judge([blame(None, "b", T0 + 32 * DAY, OWN), blame(None, "c", T0, OWN)], T0 + 32 * DAY)
    for hour in range(101):
        await ledger.use_inventory(f"d{hour}", [], T0)
        await ledger.checkpoint(signer, T0 + 33 * DAY + hour)
    before = await ledger.attributed(T0 + 50 * DAY)

    assert await ledger.export_segment(tmp_path / "archive", T0 + 40 * DAY)

    assert await ledger.attributed(T0 + 50 * DAY) == before
    assert before == {
        ("a", "video"): [(T0, T0 + 50 * DAY)],
        ("b", "video"): [(T0, T0 + 32 * DAY)],
    }
    assert verified(tmp_path).findings == ()
    assert await ledger.unjudged() == []


async def test_orders_stay_exact_over_a_change_of_detail(ledger: Ledger) -> None:
    given = order("o9", target="0a1b2c3d", note="去现场")
    await ledger.give(given)
    assert dataclasses.asdict((await ledger.orders())[0]) == dataclasses.asdict(given)
