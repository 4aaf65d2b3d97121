"""The questions that others ask the ledger."""

from __future__ import annotations

import dataclasses
import re
import sqlite3
from pathlib import Path

import pytest
from ledgerkit import T0, Place, append, change, file_of, judge_all, said, sight, snapshot

from monitor.ledger import Ledger
from monitor.model.observations import State


@pytest.fixture
async def filled(ledger: Ledger) -> Ledger:
    video = [said(change(f"cam-{n % 3}", at=T0 + n * 10), n) for n in range(1, 7)]
    police = said(change("cam-0", State.UP, T0 + 35, network="police"), 1, collector="police-0of1")
    await append(ledger, *video, police)
    return ledger


async def test_changes_come_in_the_order_of_recording(filled: Ledger) -> None:
    assert [row.id for row in await filled.changes()] == [1, 2, 3, 4, 5, 6, 7]


async def test_changes_of_a_time_are_from_its_first_millisecond_to_before_its_end(filled: Ledger) -> None:
    found = await filled.changes(since=T0 + 20, until=T0 + 40)
    assert sorted(row.change.at - T0 for row in found) == [20, 30, 35]


async def test_changes_of_one_watch(filled: Ledger) -> None:
    found = await filled.changes(node="cam-0", network="video")
    assert [row.change.at - T0 for row in found] == [30, 60]


async def test_changes_page_by_page(filled: Ledger) -> None:
    assert [row.id for row in await filled.changes(after_id=2, limit=3)] == [3, 4, 5]


async def test_evidence_that_cannot_be_read_leaves_the_change_and_the_rest_of_its_evidence(
    ledger: Ledger, tmp_path: Path
) -> None:
    piece = change().evidence[0]
    told = dataclasses.replace(change(), evidence=(piece, dataclasses.replace(piece, probe="ping")))
    await append(ledger, said(told, 1), said(change("cam-2"), 2))
    with sqlite3.connect(file_of(tmp_path)) as other:  # as the first version wrote a moment of the year 999
        other.execute("DROP TRIGGER changes_update")
        amiss = "UPDATE changes SET evidence = json_set(evidence, '$[0].at', ?) WHERE id = 1"
        other.execute(amiss, ("999-01-01T00:00:00.000Z",))
    other.close()

    first, second = await ledger.changes()

    assert first.change == dataclasses.replace(told, evidence=told.evidence[1:])
    assert second.change == change("cam-2")
    await judge_all(ledger)
    assert [row.payload.node for row in await ledger.judgements(0, 10)] == ["cam-1", "cam-2"]


async def test_an_inventory_is_kept_once_under_its_digest(ledger: Ledger) -> None:
    nodes = [{"id": "cam-1", "name": "河西街道 1 号"}, {"id": "cam-2"}]
    await ledger.use_inventory("abc", nodes, T0)
    await ledger.use_inventory("abc", [], T0 + 1)
    kept = await ledger.inventory("abc")
    assert kept is not None
    assert (kept.body, kept.nodes, kept.recorded_at) == (nodes, 2, T0)
    assert await ledger.inventory("other") is None


async def test_an_inventory_may_be_an_object_with_its_nodes_inside(ledger: Ledger) -> None:
    await ledger.use_inventory("abc", {"version": 1, "nodes": [{}, {}, {}]}, T0)
    kept = await ledger.inventory("abc")
    assert kept is not None
    assert kept.nodes == 3


async def test_facts_of_an_inventory_that_nobody_recorded_are_kept(ledger: Ledger) -> None:
    events = [said(sight(T0, T0 + 9, inventory="?"), 1), said(snapshot(T0, up=["x"], inventory="?"), 2)]
    assert len((await append(ledger, *events)).fresh) == 3


async def test_what_is_there_is_counted(filled: Ledger) -> None:
    await append(filled, said(sight(T0, T0 + 1), 9, oldest=9), refused=[("1-1", "odd")])
    counts = await filled.counts()
    assert counts == {
        "changes": 7,
        "sights": 1,
        "snapshots": 0,
        "observers": 0,
        "judgements": 0,
        "outages": 0,
        "standings": 4,
        "gaps": 1,
        "refusals": 1,
        "inventories": 0,
    }


async def test_an_empty_ledger_answers_every_question(ledger: Ledger) -> None:
    assert await ledger.standings() == []
    assert await ledger.last_sights() == {}
    assert await ledger.observers() == []
    assert await ledger.snapshots() == []
    assert await ledger.gaps() == []
    assert await ledger.committed() == {}


async def test_a_ledger_names_its_database_and_the_version_of_that(ledger: Ledger, place: Place) -> None:
    name, version = await ledger.database()
    assert name == ("SQLite" if isinstance(place, Path) else "PostgreSQL")
    assert re.fullmatch(r"\d+(\.\d+)+", version)
