"""A ledger of an earlier program becomes one of this program, with everything in it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from evidencekit import verified
from ledgerkit import STREAM, T0, append, change, file_of, rows, said, url_of
from sqlalchemy import create_engine

from monitor.ledger import Ledger, Origin
from monitor.ledger.chain import FORMS
from monitor.model.observations import State

SEEN = {"probe": "rtsp", "at": "2026-11-23T00:00:00.000Z", "ok": False, "cause": "timeout", "duration": 0.25}
EVIDENCE = [SEEN]


def make_0001(tmp_path: Path) -> None:
    """The tables as the first migration makes them."""
    import monitor.ledger

    config = Config()
    config.set_main_option("script_location", str(Path(monitor.ledger.__file__).parent / "migrations"))
    database = create_engine(f"sqlite:///{file_of(tmp_path)}")
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    database.dispose()


def insert(connection: sqlite3.Connection, table: str, **row: Any) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", [*row.values()])


def fill_0001(connection: sqlite3.Connection, changes: int = 3) -> None:
    """What the first program had recorded. The clock was set back once: change 2 is older than change 1."""
    said_by = {"collector": "video-0of1", "epoch": 1}
    shard = {"network": "video", "shard": 0, "shards": 1, "inventory": "abc"}
    recorded = {1: T0 + 50, 2: T0 + 20}
    for n in range(1, changes + 1):
        insert(
            connection,
            "changes",
            **said_by,
            id=n,
            sequence=n,
            origin="event",
            node="cam-1",
            network="video",
            old="up",
            new="down",
            at=T0 + n,
            not_before=None if n == 1 else T0,
            detected_at=T0 + n,
            cause="timeout",
            probe="rtsp",
            evidence=json.dumps(EVIDENCE, separators=(",", ":")),
            recorded_at=recorded.get(n, T0 + 100),
        )
        insert(connection, "judgements", sequence=n, kind="change", ref=n)
    for n, sealed, at in ((1, 1, T0 + 30), (2, 0, T0 + 100)):
        times = {"start": T0, "end": T0 + 9, "recorded_at": at}
        counts = {"watches": 1, "probes": 1, "blind": 0, "sealed": sealed}
        insert(connection, "sights", **said_by, **shard, **times, **counts, id=n, sequence=10 + n)
    taken = {"at": T0, "body": '{"up":["茂名"],"others":{}}', "disagreements": "[]", "recorded_at": T0 + 100}
    insert(connection, "snapshots", **said_by, **shard, **taken, id=1, sequence=20)
    turned = {"network": "video", "at": T0, "blind": 1, "recorded_at": T0 + 40}
    insert(connection, "observers", **said_by, **turned, id=1, sequence=11)
    insert(connection, "inventories", digest="abc", recorded_at=T0, nodes=1, body='[{"id":"cam-1"}]')
    insert(connection, "gaps", collector="x", epoch=1, first=1, last=4, noticed_at=T0 + 100)
    insert(connection, "refusals", stream=STREAM, entry="5-0", error="odd", at=T0 + 10)
    insert(connection, "positions", reader="ledger", stream=STREAM, position="9-9")
    insert(connection, "writers", collector="video-0of1", epoch=1, sequence=changes, recorded_at=T0)
    insert(
        connection,
        "standings",
        node="cam-1",
        network="video",
        state="down",
        cause="timeout",
        at=T0 + changes,
        change_id=changes,
    )
    counters = {"changes": changes, "sights": 2, "snapshots": 1, "observers": 1, "judgements": changes}
    insert(connection, "head", id=1, epoch=77, base=0, confirmed=1, **counters)
    connection.commit()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    make_0001(tmp_path)
    with closing(sqlite3.connect(file_of(tmp_path))) as connection:
        fill_0001(connection)
    return tmp_path


async def test_everything_of_the_first_schema_is_there_as_it_was(old: Path) -> None:
    async with await Ledger.open(url_of(old)) as ledger:
        changes = await ledger.changes()
        assert [row.change.at for row in changes] == [T0 + 1, T0 + 2, T0 + 3]
        assert changes[0].change.not_before is None
        assert [piece.to_json() for piece in changes[0].change.evidence] == EVIDENCE
        assert changes[0].origin is Origin.EVENT
        assert [row.sealed for row in await ledger.sights(0, 2 * T0)] == [True, False]
        assert (await ledger.snapshots())[0].body == {"up": ["茂名"], "others": {}}
        assert [turn.blind for turn in await ledger.observers()] == [True]
        kept = await ledger.inventory("abc")
        assert kept
        assert kept.body == [{"id": "cam-1"}]
        assert [(gap.first, gap.last) for gap in await ledger.gaps()] == [(1, 4)]
        assert [row.entry for row in await ledger.refusals()] == ["5-0"]
        assert [(row.state, row.change_id) for row in await ledger.standings()] == [(State.DOWN, 3)]
        assert await ledger.position("ledger", STREAM) == "9-9"
        assert [row.sequence for row in await ledger.judgements(0, 9)] == [2, 3]
        assert ledger.judgement_marks.epoch == 77


async def test_its_rows_are_linked_in_the_documented_order(old: Path) -> None:
    await (await Ledger.open(url_of(old))).close()
    each = (f"SELECT link, '{table}' FROM {table} WHERE link IS NOT NULL" for table in FORMS)
    query = " UNION ALL ".join(each)
    assert sorted(rows(old, query)) == [
        (1, "inventories"),
        (2, "refusals"),  # T0 + 10
        (3, "sights"),  # T0 + 30; the open one is no link yet
        (4, "observers"),  # T0 + 40
        (5, "changes"),  # T0 + 50
        (6, "changes"),  # T0 + 20, but after change 1
        (7, "gaps"),  # T0 + 100, as all that follow: by table
        (8, "snapshots"),
        (9, "changes"),
    ]
    assert rows(old, "SELECT id FROM changes ORDER BY link") == [(1,), (2,), (3,)]


async def test_an_upgraded_ledger_is_verified_and_goes_on(old: Path) -> None:
    async with await Ledger.open(url_of(old)) as ledger:
        await append(ledger, said(change("cam-2"), 4))
        assert (await ledger.head()).links == 10
        assert [row.id for row in await ledger.changes()] == [1, 2, 3, 4]
    found = verified(old)
    assert (found.ok, found.links, found.open_sights) == (True, 10, 1)


async def test_what_was_linked_by_the_upgrade_stays_as_it_is(old: Path) -> None:
    await (await Ledger.open(url_of(old))).close()
    for table in ("changes", "gaps", "inventories"):
        with pytest.raises(sqlite3.IntegrityError, match=f"a row of {table} stays"):
            rows(old, f"DELETE FROM {table}")


async def test_the_tables_are_the_same_as_those_of_a_new_ledger(old: Path, tmp_path_factory: Any) -> None:
    new = tmp_path_factory.mktemp("new")
    for place in (old, new):
        await (await Ledger.open(url_of(place))).close()
    query = "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY 1, 2, 3"
    assert rows(old, query) == rows(new, query)


async def test_more_rows_than_one_page_are_upgraded(tmp_path: Path) -> None:
    make_0001(tmp_path)
    with closing(sqlite3.connect(file_of(tmp_path))) as connection:
        fill_0001(connection, 2500)
    async with await Ledger.open(url_of(tmp_path)) as ledger:
        assert (await ledger.head()).links == 2506
    assert verified(tmp_path).ok
