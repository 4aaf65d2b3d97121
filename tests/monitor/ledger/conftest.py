"""A ledger of its own for each test: in a file, and in a database of a real PostgreSQL."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import servers
from ledgerkit import url_of
from places import Database

from monitor.ledger import Ledger

_FILES = {"tmp_path", "tmp_path_factory", "other_process"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a folder looks into a file of SQLite; all others run on both databases."""
    if "place" in metafunc.fixturenames:
        asked = set(inspect.signature(metafunc.function).parameters)
        metafunc.parametrize("place", ["sqlite"] if asked & _FILES else ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Path | Database:
    """Where the ledger of this test is. Nothing is there yet, but in PostgreSQL the tables."""
    if request.param == "sqlite":
        return Path(request.getfixturevalue("tmp_path"))
    made: Database = request.getfixturevalue("fresh_database")()
    return made


@pytest.fixture(scope="session")
def migrated(postgres: servers.Postgres) -> str:
    """The name of a database with the tables of an empty ledger, to be copied."""
    name = postgres.make()
    asyncio.run(_open_and_close(postgres.url(name)))
    return name


async def _open_and_close(url: str) -> None:
    await (await Ledger.open(url)).close()


@pytest.fixture
def fresh_database(postgres: servers.Postgres, migrated: str) -> Iterator[Callable[[], Database]]:
    """Makes databases with an empty ledger in each; they end with the test."""
    with ExitStack() as stack:

        def make() -> Database:
            name = postgres.make(migrated)
            stack.callback(postgres.drop, name)
            return Database(postgres, name)

        yield make


@pytest.fixture
async def ledger(place: Path | Database) -> AsyncIterator[Ledger]:
    async with await Ledger.open(url_of(place), wait=0.2) as opened:
        yield opened
