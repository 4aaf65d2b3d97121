"""A ledger of an earlier program becomes one of this program, with everything in it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from asyncpg import PostgresError
from ledgerkit import STREAM, T0, Place, append, change, rows, said, url_of
from places import Database
from sqlalchemy import Connection
from waiting import until

from monitor.ledger import Ledger, Origin
from monitor.ledger.chain import FORMS, form_of, next_hash
from monitor.ledger.engine import make_engine
from monitor.ledger.sources import source_of
from monitor.ledger.verify import verify
from monitor.model.observations import State

SEEN = {"probe": "rtsp", "at": "2026-11-23T00:00:00.000Z", "ok": False, "cause": "timeout", "duration": 0.25}
EVIDENCE = [SEEN]


async def make_0001(place: Place, changes: int = 3) -> None:
    """A ledger as the first program left it."""
    engine = make_engine(url_of(place), 1.0).execution_options(writes=True)
    async with engine.begin() as connection:
        await connection.run_sync(fill_0001, changes)
    await engine.dispose()


def migrate(connection: Connection, revision: str) -> None:
    """The tables as the migrations up to this one make them."""
    import monitor.ledger

    config = Config()
    config.set_main_option("script_location", str(Path(monitor.ledger.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def insert(connection: Connection, table: str, **row: Any) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    values = ", ".join("NULL" if value is None else repr(value) for value in row.values())
    connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({values})")


def fill_0001(connection: Connection, changes: int) -> None:
    """What the first program had recorded. The clock was set back once: change 2 is older than change 1."""
    migrate(connection, "0001")
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
    for n, sealed, at in ((1, True, T0 + 30), (2, False, T0 + 100)):
        times = {"start": T0, "end": T0 + 9, "recorded_at": at}
        counts = {"watches": 1, "probes": 1, "blind": False, "sealed": sealed}
        insert(connection, "sights", **said_by, **shard, **times, **counts, id=n, sequence=10 + n)
    taken = {"at": T0, "body": '{"up":["茂名"],"others":{}}', "disagreements": "[]", "recorded_at": T0 + 100}
    insert(connection, "snapshots", **said_by, **shard, **taken, id=1, sequence=20)
    turned = {"network": "video", "at": T0, "blind": True, "recorded_at": T0 + 40}
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


@pytest.fixture
async def old(empty_place: Place) -> Place:
    await make_0001(empty_place)
    return empty_place


async def test_everything_of_the_first_schema_is_there_as_it_was(old: Place) -> None:
    async with await Ledger.open(url_of(old)) as ledger:
        changes = await ledger.changes()
        assert [row.change.at for row in changes] == [T0 + 1, T0 + 2, T0 + 3]
        assert changes[0].change.not_before is None
        assert [piece.to_json() for piece in changes[0].change.evidence] == EVIDENCE
        assert changes[0].origin is Origin.EVENT
        assert [row.sealed for row in await ledger.sights(0, 2 * T0)] == [True, True]
        assert (await ledger.snapshots())[0].body == {"up": ["茂名"], "others": {}}
        assert [turn.blind for turn in await ledger.observers()] == [True]
        kept = await ledger.inventory("abc")
        assert kept
        assert kept.body == [{"id": "cam-1"}]
        assert [(gap.first, gap.last) for gap in await ledger.gaps()] == [(1, 4)]
        assert [row.entry for row in await ledger.refusals()] == ["5-0"]
        assert [(row.state, row.change_id) for row in await ledger.standings()] == [(State.DOWN, 3)]
        assert await ledger.position("ledger", STREAM) == "9-9"
        told = await ledger.judgements(0, 9)
        assert [(row.sequence, row.payload.attribution) for row in told] == [(2, None), (3, None)]
        assert await ledger.unjudged() == []  # nobody says of them whose fault they were
        assert (await ledger.open_outages(), await ledger.attributed(2 * T0)) == ([], {})
        assert ledger.judgement_marks.epoch == 77


async def test_its_rows_are_linked_in_the_documented_order(old: Place) -> None:
    await (await Ledger.open(url_of(old))).close()
    each = (f"SELECT link, '{table}' FROM {table} WHERE link IS NOT NULL" for table in FORMS)
    query = " UNION ALL ".join(each)
    assert sorted(rows(old, query)) == [
        (1, "inventories"),
        (2, "refusals"),  # T0 + 10
        (3, "sights"),  # T0 + 30; the open one is no link before the last upgrade
        (4, "observers"),  # T0 + 40
        (5, "changes"),  # T0 + 50
        (6, "changes"),  # T0 + 20, but after change 1
        (7, "gaps"),  # T0 + 100, as all that follow: by table
        (8, "snapshots"),
        (9, "changes"),
        (10, "sights"),
    ]
    assert rows(old, "SELECT id FROM changes ORDER BY link") == [(1,), (2,), (3,)]


async def test_an_upgraded_ledger_is_verified_and_goes_on(old: Place) -> None:
    async with await Ledger.open(url_of(old)) as ledger:
        await append(ledger, said(change("cam-2"), 4), recorded_at=T0 + 100)
        assert (await ledger.head()).links == 11
        assert [row.id for row in await ledger.changes()] == [1, 2, 3, 4]
    found = verify(source_of(url_of(old)), None)
    assert (found.ok, found.links, found.open_sights) == (True, 11, 0)


async def test_what_was_linked_by_the_upgrade_stays_as_it_is(old: Place) -> None:
    await (await Ledger.open(url_of(old))).close()
    for table in ("changes", "gaps", "inventories"):
        with pytest.raises((sqlite3.Error, PostgresError), match=f"a row of {table} stays"):
            rows(old, f"DELETE FROM {table}")


async def test_the_tables_are_the_same_as_those_of_a_new_ledger(old: Place, new_place: Any) -> None:
    query = "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY 1, 2, 3"
    if isinstance(old, Database):
        query = (
            "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text "
            "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
        )
    with new_place() as new:
        for place in (old, new):
            await (await Ledger.open(url_of(place))).close()
        assert rows(old, query) == rows(new, query)


async def test_more_rows_than_one_page_are_upgraded(empty_place: Place) -> None:
    await make_0001(empty_place, 2500)
    async with await Ledger.open(url_of(empty_place)) as ledger:
        assert (await ledger.head()).links == 2507
    assert verify(source_of(url_of(empty_place)), None).ok


async def test_what_a_monitor_links_while_the_upgrade_begins_stays_in_the_chain(empty: Database) -> None:
    await make_0001(empty)
    engine = make_engine(empty.url, 1.0).execution_options(writes=True)
    async with engine.begin() as connection:
        await connection.run_sync(migrate, "0005")
    await engine.dispose()

    monitor = await asyncpg.connect(empty.url)
    async with monitor.transaction():
        end = await monitor.fetchrow("SELECT links, hash FROM head FOR UPDATE")
        opening = asyncio.create_task(Ledger.open(empty.url, wait=30.0))
        await until(lambda: empty.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        sight = {**await monitor.fetchrow("SELECT * FROM sights WHERE NOT sealed"), "sealed": True}
        link, digest = end["links"] + 1, next_hash(end["hash"], form_of("sights", sight))
        sealing = "UPDATE sights SET sealed = true, link = $1, hash = $2 WHERE id = $3"
        await monitor.execute(sealing, link, digest, sight["id"])
        await monitor.execute("UPDATE head SET links = $1, hash = $2", link, digest)
    await monitor.close()
    await (await opening).close()

    found = verify(source_of(empty.url), None)
    assert (found.findings, found.links, found.hash) == ((), link, digest)
