"""What is PostgreSQL's own: its guards, its locks, its refusals, and a server that goes and comes back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import servers
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from evidencekit import DAY, DAYS, fill, live_through
from ledgerkit import STREAM, T0, append, change, said, sight
from places import Database
from sqlalchemy import Connection

from monitor.cli import main
from monitor.ledger import Ledger, LedgerError, Signer, postgres
from monitor.ledger.chain import FORMS, LEAVING
from monitor.ledger.engine import make_engine, place_of
from monitor.ledger.findings import Kind
from monitor.ledger.schema import REVISION, metadata
from monitor.ledger.sources import source_of
from monitor.ledger.verify import Verified, verify
from monitor.model.observations import State


@pytest.fixture
def database(fresh_database: Callable[[], Database]) -> Database:
    return fresh_database()


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[Ledger]:
    async with await Ledger.open(database.url, wait=0.2) as opened:
        yield opened


@pytest.fixture
def empty(postgres: servers.Postgres) -> Iterator[Database]:
    """A database in which there is nothing."""
    name = postgres.make()
    yield Database(postgres, name)
    postgres.drop(name)


@pytest.fixture
async def filled(ledger: Ledger, tmp_path: Path) -> Ledger:
    await fill(ledger, Signer.of(tmp_path))
    return ledger


@pytest.fixture
async def other(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's connection."""
    connection = await asyncpg.connect(database.url)
    yield connection
    await connection.close()


@pytest.fixture
def own_server() -> Iterator[servers.Postgres]:
    """A server that this test may stop."""
    with servers.postgres() as server:
        yield server


def verified(database: Database, archive: Path | None = None) -> Verified:
    return verify(source_of(database.url), archive)


# -- opening


async def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database: Database) -> None:
    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    engine = make_engine(database.url, 1.0)
    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []
    await engine.dispose()
    assert database.rows("SELECT version_num FROM alembic_version") == [(REVISION,)]


async def test_two_that_open_an_empty_database_at_once_make_one_ledger(empty: Database) -> None:
    ledgers = await asyncio.gather(*(Ledger.open(empty.url, wait=20) for _ in range(3)))
    for ledger in ledgers:
        await ledger.close()
    assert empty.rows("SELECT count(*) FROM head") == [(1,)]


async def test_a_migration_that_fails_leaves_nothing_behind(empty: Database) -> None:
    empty.rows("CREATE TABLE judgements (odd integer)")
    with pytest.raises(LedgerError, match='relation "judgements" already exists'):
        await Ledger.open(empty.url)
    query = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
    assert empty.rows(query) == [("judgements",)]


async def test_a_newer_schema_is_refused_and_left_alone(database: Database) -> None:
    database.rows("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(LedgerError, match="its schema is 0999") as caught:
        await Ledger.open(database.url)
    assert caught.value.lasting


# -- what is refused


async def test_a_database_that_is_not_there_is_named_without_a_password(
    postgres: servers.Postgres,
) -> None:
    url = postgres.url("nowhere", "postgres:secret")
    with pytest.raises(LedgerError) as caught:
        await Ledger.open(url)
    place = f"postgresql://postgres@/nowhere?host={postgres.folder}"
    assert str(caught.value) == (
        f"ledger {place}: there is no such database; create it (createdb) "
        '(3D000: database "nowhere" does not exist)'
    )
    assert not caught.value.lasting


async def test_a_wrong_password_is_named_and_not_shown(postgres: servers.Postgres) -> None:
    postgres.run("DROP ROLE IF EXISTS guarded", "CREATE ROLE guarded LOGIN PASSWORD 'right'")
    with pytest.raises(LedgerError, match="the server does not let us in") as caught:
        await Ledger.open(postgres.url("postgres", "guarded:wrong-secret"))
    assert "secret" not in str(caught.value)
    assert not caught.value.lasting


async def test_the_password_may_stand_in_the_url_or_in_the_environment(
    postgres: servers.Postgres, empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.run("DROP ROLE IF EXISTS guarded", "CREATE ROLE guarded LOGIN PASSWORD 'p@ss/word'")
    postgres.run(f"ALTER DATABASE {empty.name} OWNER TO guarded")
    empty.rows("GRANT ALL ON SCHEMA public TO guarded")
    await (await Ledger.open(postgres.url(empty.name, "guarded:p%40ss%2Fword"))).close()
    monkeypatch.setenv("PGPASSWORD", "p@ss/word")
    await (await Ledger.open(postgres.url(empty.name, "guarded"))).close()
    empty.rows("DROP OWNED BY guarded CASCADE")
    postgres.run(f"ALTER DATABASE {empty.name} OWNER TO postgres")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:secret@127.0.0.1:1/d", "the server cannot be reached"),
        (
            "postgresql://u:secret@/d?host=/nowhere",
            "the server cannot be reached (No such file or directory)",
        ),
        ("postgresql://u:secret@127.0.0.1:1/d?sslmode=secret", "sslmode"),
        ("postgresql+psycopg://u:secret@h/d", "is neither SQLite nor PostgreSQL"),
    ],
)
async def test_an_address_that_leads_nowhere_is_said_without_its_password(url: str, said: str) -> None:
    with pytest.raises(LedgerError) as caught:
        await Ledger.open(url)
    assert said in str(caught.value)
    assert "u:" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_shown_of_an_address_is_the_place_alone() -> None:
    url = "postgresql+asyncpg://u:s%40cret@db.example:6543/quanshi?sslmode=require&password=hidden"
    assert place_of(url) == "postgresql://u@db.example:6543/quanshi"
    assert place_of("postgresql://u@/d?host=/run/pg&user=x") == "postgresql://u@/d?host=/run/pg"


def test_without_the_driver_it_is_said_what_to_install() -> None:
    """In a program of its own, for which the driver is not there."""
    program = (
        "import asyncio, sys\n"
        "sys.modules['asyncpg'] = None\n"
        "from monitor.ledger import Ledger, LedgerError\n"
        "try:\n"
        "    asyncio.run(Ledger.open('postgresql://u@h/d'))\n"
        "except LedgerError as error:\n"
        "    print(error, error.lasting)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ)
    assert answer.stdout == (
        'ledger: PostgreSQL needs the extra "postgres": pip install "quanshi[postgres]" True\n'
    ), answer.stderr


async def test_a_full_disk_is_named_and_appending_goes_on_when_there_is_room(
    ledger: Ledger, database: Database
) -> None:
    raising = "RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';"
    database.rows(
        f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {raising} END $$"
    )
    database.rows(
        "CREATE TRIGGER narrow BEFORE INSERT ON judgements FOR EACH ROW EXECUTE FUNCTION full_disk()"
    )
    with pytest.raises(LedgerError, match=r"the disk is full \(53100: could not extend file\)") as caught:
        await append(ledger, said(change()), position="5-0")
    assert not caught.value.lasting
    assert await ledger.position("ledger", STREAM) == "0-0"
    database.rows("DROP TRIGGER narrow ON judgements")
    assert len((await append(ledger, said(change()), position="5-0")).fresh) == 1


async def test_a_server_that_is_read_only_is_named(database: Database) -> None:
    async with await Ledger.open(database.url) as ledger:
        database.server.run(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    async with await Ledger.open(database.url) as ledger:
        with pytest.raises(LedgerError, match="it is read-only: is this a standby") as caught:
            await append(ledger, said(change()))
    assert not caught.value.lasting


async def test_a_row_that_contradicts_the_schema_lasts(ledger: Ledger, database: Database) -> None:
    database.rows("INSERT INTO judgements VALUES (1, 'change', 1)")
    with pytest.raises(LedgerError, match=r"a row contradicts the schema \(23505: ") as caught:
        await append(ledger, said(change()))
    assert caught.value.lasting


# -- locks


async def test_a_lock_held_too_long_is_named_and_nothing_is_lost(
    ledger: Ledger, other: asyncpg.Connection
) -> None:
    transaction = other.transaction()
    await transaction.start()
    await other.execute("SELECT * FROM head FOR UPDATE")
    with pytest.raises(LedgerError, match=r"another process keeps it locked \(55P03") as caught:
        await append(ledger, said(change()), position="3-0")
    assert not caught.value.lasting
    await transaction.rollback()
    assert len((await append(ledger, said(change()), position="3-0")).fresh) == 1


async def test_who_reads_waits_for_nobody_who_writes(ledger: Ledger, other: asyncpg.Connection) -> None:
    await append(ledger, said(change()))
    async with other.transaction():
        await other.execute("SELECT * FROM head FOR UPDATE")
        assert len(await ledger.changes()) == 1
        assert (await ledger.head()).links == 1


async def test_a_writer_that_falls_silent_in_the_middle_loses_its_lock(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "IDLE_WITHIN", 0.5)
    stopped = make_engine(database.url, 1.0)
    async with await Ledger.open(database.url, wait=5.0) as ledger, stopped.connect() as connection:
        await connection.exec_driver_sql("SELECT * FROM head FOR UPDATE")
        assert len((await append(ledger, said(change()))).fresh) == 1
        await connection.invalidate()
    await stopped.dispose()


async def test_each_reading_is_one_state_of_the_database(ledger: Ledger, database: Database) -> None:
    from monitor.ledger.engine import reading

    engine = reading(make_engine(database.url, 1.0))
    async with engine.connect() as connection:
        before = (await connection.exec_driver_sql("SELECT links FROM head")).scalar()
        await append(ledger, said(change()))
        assert (await connection.exec_driver_sql("SELECT links FROM head")).scalar() == before
        with pytest.raises(Exception, match="read-only transaction"):
            await connection.exec_driver_sql("UPDATE head SET links = 7")
    await engine.dispose()


# -- a server that goes


async def test_a_server_that_was_restarted_is_found_again_at_once(own_server: servers.Postgres) -> None:
    async with await Ledger.open(own_server.url("postgres")) as ledger:
        await append(ledger, said(change("a"), 1))
        await asyncio.to_thread(own_server.stop)
        await asyncio.to_thread(own_server.start)
        assert len((await append(ledger, said(change("b"), 2))).fresh) == 1
        assert len(await ledger.changes()) == 2


async def test_while_the_server_is_away_it_is_said_and_appending_goes_on_when_it_is_back(
    own_server: servers.Postgres,
) -> None:
    async with await Ledger.open(own_server.url("postgres")) as ledger:
        await append(ledger, said(change("a"), 1), position="1-0")
        await asyncio.to_thread(own_server.stop)
        for _ in range(2):
            with pytest.raises(LedgerError) as caught:
                await append(ledger, said(change("b"), 2), position="2-0")
            assert not caught.value.lasting
        assert "the server cannot be reached" in str(caught.value)
        await asyncio.to_thread(own_server.start)
        assert len((await append(ledger, said(change("b"), 2), position="2-0")).fresh) == 1
        assert await ledger.position("ledger", STREAM) == "2-0"


async def test_a_connection_cut_in_the_middle_stores_nothing(ledger: Ledger, database: Database) -> None:
    cut = "PERFORM pg_terminate_backend(pg_backend_pid());"
    database.rows(
        f"CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {cut} RETURN NEW; END $$"
    )
    database.rows("CREATE TRIGGER cut BEFORE INSERT ON judgements FOR EACH ROW EXECUTE FUNCTION cut()")
    with pytest.raises(LedgerError) as caught:
        await append(ledger, said(change()), position="3-0")
    assert not caught.value.lasting
    database.rows("DROP TRIGGER cut ON judgements")
    assert await ledger.position("ledger", STREAM) == "0-0"
    assert len((await append(ledger, said(change()), position="3-0")).fresh) == 1


# -- guards


@pytest.mark.parametrize("table", [name for name in (*FORMS, "checkpoints") if name != "segments"])
async def test_no_row_is_changed_or_removed(filled: Ledger, database: Database, table: str) -> None:
    for statement in (f"UPDATE {table} SET hash = hash", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.RaiseError, match=f"a row of {table} stays"):
            database.rows(statement)


async def test_an_open_sight_may_grow_but_not_go(filled: Ledger, database: Database) -> None:
    assert database.rows("UPDATE sights SET probes = probes + 1 WHERE NOT sealed RETURNING id") != []
    with pytest.raises(asyncpg.RaiseError, match="a row of sights stays"):
        database.rows("DELETE FROM sights WHERE NOT sealed")


# -- proof


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
    assert "there is no such database" in wrong.output
    assert "secret" not in wrong.output
