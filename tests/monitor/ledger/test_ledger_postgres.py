"""What is PostgreSQL's own: its locks, its refusals, and a server that goes and comes back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
import servers
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ledgerkit import STREAM, append, change, said
from places import Database
from sqlalchemy import Connection

from monitor.ledger import Ledger, LedgerError, postgres
from monitor.ledger.engine import make_engine, place_of
from monitor.ledger.errors import LockedError
from monitor.ledger.schema import REVISION, metadata


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[Ledger]:
    async with await Ledger.open(database.url, wait=0.2) as opened:
        yield opened


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
    database.rows("CREATE TRIGGER narrow BEFORE INSERT ON unjudged FOR EACH ROW EXECUTE FUNCTION full_disk()")
    with pytest.raises(LedgerError, match=r"the disk is full \(53100: could not extend file\)") as caught:
        await append(ledger, said(change()), position="5-0")
    assert not caught.value.lasting
    assert await ledger.position("ledger", STREAM) == "0-0"
    database.rows("DROP TRIGGER narrow ON unjudged")
    assert len((await append(ledger, said(change()), position="5-0")).fresh) == 1


async def test_a_server_that_is_read_only_is_named(database: Database) -> None:
    async with await Ledger.open(database.url) as ledger:
        database.server.run(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    async with await Ledger.open(database.url) as ledger:
        with pytest.raises(LedgerError, match="it is read-only: is this a standby") as caught:
            await append(ledger, said(change()))
    assert not caught.value.lasting


async def test_a_row_that_contradicts_the_schema_lasts(ledger: Ledger, database: Database) -> None:
    database.rows("INSERT INTO unjudged VALUES (1)")
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


async def test_who_is_to_lead_ends_a_former_leader_that_the_server_takes_for_busy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that was stopped between the parts of a statement: no time-out of the server ends that."""
    async with await Ledger.open(database.url, wait=0.2) as ledger:
        monkeypatch.setattr(postgres, "IDLE_WITHIN", 0.0)  # which is never, for the server
        stopped = make_engine(database.url, 1.0)
        async with stopped.connect() as connection:
            await connection.exec_driver_sql("SELECT * FROM head FOR UPDATE")
            with pytest.raises(LockedError):
                await ledger.lead(1)
            await ledger.lead(1)
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
    database.rows("CREATE TRIGGER cut BEFORE INSERT ON unjudged FOR EACH ROW EXECUTE FUNCTION cut()")
    with pytest.raises(LedgerError) as caught:
        await append(ledger, said(change()), position="3-0")
    assert not caught.value.lasting
    database.rows("DROP TRIGGER cut ON unjudged")
    assert await ledger.position("ledger", STREAM) == "0-0"
    assert len((await append(ledger, said(change()), position="3-0")).fresh) == 1
