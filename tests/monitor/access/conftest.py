"""Accounts for each test: in a file, and in a database of a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import servers
from access_kit import cheap

from monitor.access.access import Access


@pytest.fixture(scope="session")
def accounts_database(postgres: servers.Postgres) -> Iterator[str]:
    """The name of a database that tests use one after the other, each from empty tables."""
    name = postgres.make()
    yield name
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> str:
    """A URL at which there are no accounts yet."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{request.getfixturevalue('tmp_path')}/accounts.db"
    server: servers.Postgres = request.getfixturevalue("postgres")
    name: str = request.getfixturevalue("accounts_database")
    server.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", database=name)
    return server.url(name)


@pytest.fixture
async def access(place: str) -> AsyncIterator[Access]:
    async with await Access.open(place, hasher=cheap()) as opened:
        yield opened


@pytest.fixture
async def in_file(tmp_path: Path) -> AsyncIterator[Access]:
    """For what does not depend on the database."""
    async with await Access.open(f"sqlite+aiosqlite:///{tmp_path}/a.db", hasher=cheap()) as opened:
        yield opened
