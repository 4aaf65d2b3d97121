"""Opening: schema, migrations, and what is said when a database cannot be used."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ledgerkit import STREAM, append, change, file_of, rows, said, url_of
from sqlalchemy import Connection, create_engine, event, text

from monitor.ledger import Ledger, LedgerError, engine
from monitor.ledger.schema import REVISION, metadata


@pytest.fixture
def other_process(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A second connection to the file, as another process would have."""
    connection = sqlite3.connect(file_of(tmp_path), isolation_level=None)
    yield connection
    connection.close()


async def open_and_close(url: str) -> None:
    await (await Ledger.open(url)).close()


async def test_an_empty_place_becomes_a_ledger_of_the_newest_schema(tmp_path: Path) -> None:
    await open_and_close(url_of(tmp_path))
    assert rows(tmp_path, "SELECT version_num FROM alembic_version") == [(REVISION,)]


async def test_the_migrations_make_exactly_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    await open_and_close(url_of(tmp_path))
    database = create_engine(f"sqlite:///{file_of(tmp_path)}")
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.dispose()


async def test_a_ledger_opened_again_holds_what_was_appended(tmp_path: Path) -> None:
    async with await Ledger.open(url_of(tmp_path)) as first:
        await append(first, said(change()), position="8-1")
        epoch = first.judgement_marks.epoch
    async with await Ledger.open(url_of(tmp_path)) as again:
        assert len(await again.changes()) == 1
        assert await again.position("ledger", STREAM) == "8-1"
        assert again.judgement_marks.epoch == epoch


async def test_a_path_with_a_percent_sign_and_chinese_is_a_path_like_any_other(tmp_path: Path) -> None:
    place = tmp_path / "100% 茂名"
    place.mkdir()
    await open_and_close(url_of(place))
    assert file_of(place).exists()


async def test_two_that_open_an_empty_place_at_once_make_one_ledger(tmp_path: Path) -> None:
    await asyncio.gather(*(open_and_close(url_of(tmp_path)) for _ in range(3)))
    assert rows(tmp_path, "SELECT count(*) FROM head") == [(1,)]


async def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    await open_and_close(url_of(tmp_path))
    with sqlite3.connect(file_of(tmp_path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.close()
    with pytest.raises(
        LedgerError, match=r"its schema is 0999, this program knows up to \d+; .*newer"
    ) as caught:
        await Ledger.open(url_of(tmp_path))
    assert caught.value.lasting
    assert rows(tmp_path, "SELECT version_num FROM alembic_version") == [("0999",)]


async def test_a_migration_that_fails_leaves_nothing_behind(
    tmp_path: Path, other_process: sqlite3.Connection
) -> None:
    other_process.execute("CREATE TABLE judgements (odd)")
    with pytest.raises(LedgerError, match="judgements already exists"):
        await Ledger.open(url_of(tmp_path))
    assert rows(tmp_path, "SELECT name FROM sqlite_schema") == [("judgements",)]


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file_of(tmp_path).write_bytes(b"not a database at all" * 400)
    with pytest.raises(LedgerError, match=r"ledger\.db: the file is damaged or no SQLite database") as caught:
        await Ledger.open(url_of(tmp_path))
    assert caught.value.lasting


async def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    async with await Ledger.open(url_of(tmp_path)) as ledger:
        await append(ledger, *(said(change(f"cam-{n}"), n) for n in range(1, 800)))
    whole = file_of(tmp_path).read_bytes()
    file_of(tmp_path).write_bytes(whole[:8192] + b"\xa5" * (len(whole) - 8192))
    with pytest.raises(LedgerError, match="the file is damaged") as caught:
        async with await Ledger.open(url_of(tmp_path)) as ledger:
            await ledger.changes()
    assert caught.value.lasting


async def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened; does its directory exist"):
        await Ledger.open(url_of(tmp_path / "missing"))


async def test_a_lock_held_too_long_is_named_and_nothing_is_lost(
    ledger: Ledger, other_process: sqlite3.Connection
) -> None:
    other_process.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="another process keeps it locked") as caught:
        await append(ledger, said(change()), position="3-0")
    assert not caught.value.lasting
    assert await ledger.position("ledger", STREAM) == "0-0"
    other_process.execute("ROLLBACK")
    assert len((await append(ledger, said(change()), position="3-0")).fresh) == 1


async def test_a_lock_held_shortly_is_waited_for(tmp_path: Path, other_process: sqlite3.Connection) -> None:
    async with await Ledger.open(url_of(tmp_path), wait=5.0) as ledger:
        other_process.execute("BEGIN IMMEDIATE")
        appending = asyncio.create_task(append(ledger, said(change())))
        await asyncio.sleep(0.3)
        other_process.execute("ROLLBACK")
        assert len((await appending).fresh) == 1


async def test_a_full_disk_is_named_and_appending_goes_on_when_there_is_room(
    ledger: Ledger, tmp_path: Path
) -> None:
    limits = iter(["PRAGMA max_page_count = 1", "PRAGMA max_page_count = 4294967294"])
    events = [said(change(f"cam-{n}"), n) for n in range(1, 2000)]

    @event.listens_for(ledger._engine.sync_engine, "begin")
    def narrow(connection: Connection) -> None:
        if limit := next(limits, None):
            connection.execute(text(limit))

    with pytest.raises(LedgerError, match="the disk is full") as caught:
        await append(ledger, *events, position="5-0")
    assert not caught.value.lasting
    assert len((await append(ledger, *events, position="5-0")).fresh) == 1999
    assert len(await ledger.changes()) == 1999


async def test_a_ledger_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    await open_and_close(url_of(tmp_path))
    with sqlite3.connect(file_of(tmp_path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    url = f"sqlite+aiosqlite:///file:{file_of(tmp_path)}?mode=ro&uri=true"
    with pytest.raises(LedgerError, match="read-only"):
        await Ledger.open(url)


@pytest.mark.parametrize("url", ["not a url", "postgresql+nosuchdriver://u:secret@h/d", "nosql://u:secret@h"])
async def test_a_url_that_cannot_be_used_is_said_without_its_password(url: str) -> None:
    with pytest.raises(LedgerError) as caught:
        await Ledger.open(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(LedgerError, match=r"too old, 3\.35\.0 is needed"):
        await Ledger.open(url_of(tmp_path))


async def test_what_is_acknowledged_is_synced_to_the_disk(ledger: Ledger, tmp_path: Path) -> None:
    async with ledger._engine.connect() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 200}
