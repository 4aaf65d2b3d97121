"""A ledger in PostgreSQL as evidence: its guards, its chain, and what a verification finds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner
from evidencekit import DAY, DAYS, fill, live_through
from ledgerkit import T0, append, change, said, sight
from places import Database

from monitor.cli import main
from monitor.ledger import Ledger, LedgerError, Signer
from monitor.ledger.chain import FORMS, LEAVING
from monitor.ledger.findings import Kind
from monitor.ledger.sources import source_of
from monitor.ledger.verify import Verified, verify
from monitor.model.observations import State


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[Ledger]:
    async with await Ledger.open(database.url, wait=0.2) as opened:
        yield opened


@pytest.fixture
async def filled(ledger: Ledger, tmp_path: Path) -> Ledger:
    await fill(ledger, Signer.of(tmp_path))
    return ledger


def verified(database: Database, archive: Path | None = None) -> Verified:
    return verify(source_of(database.url), archive)


@pytest.mark.parametrize("table", [name for name in (*FORMS, "checkpoints") if name != "segments"])
async def test_no_row_is_changed_or_removed(filled: Ledger, database: Database, table: str) -> None:
    for statement in (f"UPDATE {table} SET hash = hash", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.RaiseError, match=f"a row of {table} stays"):
            database.rows(statement)


async def test_an_open_sight_may_grow_but_not_go(filled: Ledger, database: Database) -> None:
    assert database.rows("UPDATE sights SET probes = probes + 1 WHERE NOT sealed RETURNING id") != []
    with pytest.raises(asyncpg.RaiseError, match="a row of sights stays"):
        database.rows("DELETE FROM sights WHERE NOT sealed")


async def test_a_ledger_in_postgres_has_the_chain_of_one_in_a_file(
    filled: Ledger, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    async with await Ledger.open(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}") as in_file:
        await fill(in_file, Signer.of(tmp_path))
        assert await in_file.head() == await filled.head()


async def test_a_ledger_that_nobody_touched_is_as_it_was_recorded(
    filled: Ledger, database: Database, tmp_path: Path
) -> None:
    found = verified(database)
    assert found.findings == ()
    assert (found.links, found.hash) == ((await filled.head()).links, (await filled.head()).hash)
    assert found.signed
    assert found.signed.link == found.links
    assert (found.open_sights, found.keys) == (1, (Signer.of(tmp_path).fingerprint,))


@pytest.mark.parametrize(
    ("tampering", "kind", "table"),
    [
        ("UPDATE changes SET new = 'up' WHERE id = 2", Kind.CHANGED, "changes"),
        ("UPDATE observers SET blind = NOT blind WHERE id = 1", Kind.CHANGED, "observers"),
        ("UPDATE changes SET not_before = NULL WHERE id = 2", Kind.CHANGED, "changes"),
        ("UPDATE changes SET hash = repeat('0', 64) WHERE id = 2", Kind.HASH, "changes"),
        ("DELETE FROM changes WHERE id = 2", Kind.MISSING, "changes"),
        ("UPDATE decisions SET link = 999 WHERE action = 'approve'", Kind.EXTRA, "decisions"),
        ("UPDATE checkpoints SET hash = repeat('0', 64) WHERE link > 1", Kind.SIGNATURE, "checkpoints"),
        ("UPDATE head SET hash = repeat('a', 64)", Kind.HEAD, "head"),
    ],
)
async def test_whatever_its_owner_does_behind_the_triggers_is_found(
    filled: Ledger, database: Database, tampering: str, kind: Kind, table: str
) -> None:
    database.server.run("SET session_replication_role = replica", tampering, database=database.name)
    assert (kind, table) in [(each.kind, each.table) for each in verified(database).findings]


async def test_old_rows_leave_for_a_file_and_what_stays_goes_on(
    ledger: Ledger, database: Database, tmp_path: Path
) -> None:
    signer = Signer.of(tmp_path)
    await fill(ledger, signer)
    await live_through(ledger, signer)
    before = await ledger.steps(T0 + 2 * DAYS * DAY)
    segment = await ledger.export_segment(tmp_path / "archive", T0 + 35 * DAY)
    assert segment
    for table in LEAVING:
        assert database.rows(f"SELECT count(*) FROM {table} WHERE link <= {segment.last}") == [(0,)]
    after = await ledger.steps(T0 + 2 * DAYS * DAY)
    assert {watch: steps[-1] for watch, steps in after.items()} == {
        watch: steps[-1] for watch, steps in before.items()
    }
    found = verified(database, tmp_path / "archive")
    assert found.findings == ()
    assert (found.archived, found.unchecked) == (segment.last, 0)
    command = ["verify", "--ledger", database.url, "--archive", str(tmp_path / "archive")]
    answer = await asyncio.to_thread(CliRunner().invoke, main, command)
    assert answer.exit_code == 0, answer.output


async def test_a_ledger_is_verified_while_a_monitor_appends(filled: Ledger, database: Database) -> None:
    async def go_on() -> None:
        for n in range(13, 100):
            await append(filled, said(change("cam-9", State.UP, T0 + n), n), said(sight(T0, T0 + n), n + 1))

    appending = asyncio.create_task(go_on())
    while not appending.done():
        found = await asyncio.to_thread(verified, database)
        assert found.findings == ()
    await appending


async def test_a_database_that_is_no_ledger_is_said_to_be_none(empty: Database) -> None:
    with pytest.raises(LedgerError, match="this is no ledger"):
        verified(empty)


async def test_the_command_verifies_a_url_and_shows_no_password(filled: Ledger, database: Database) -> None:
    url = database.server.url(database.name, "postgres:secret")
    answer = await asyncio.to_thread(CliRunner().invoke, main, ["verify", "--ledger", url])
    assert answer.exit_code == 0, answer.output
    assert "全部相符" in answer.output
    assert "secret" not in answer.output
    nowhere = url.replace("ledger_", "no_")
    wrong = await asyncio.to_thread(CliRunner().invoke, main, ["verify", "--ledger", nowhere])
    assert wrong.exit_code == 1
    assert "没有这个数据库" in wrong.output
    assert "secret" not in wrong.output
