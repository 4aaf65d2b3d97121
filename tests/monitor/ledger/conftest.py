"""A ledger of its own for each test: in a file, and in a database of a real PostgreSQL."""

from __future__ import annotations

import asyncio
import inspect
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

import pytest
import servers
from evidencekit import fill
from ledgerkit import file_of, url_of
from places import Database

from monitor.ledger import Ledger, Signer

NewPlace = Callable[[], AbstractContextManager[Path | Database]]

_PLACES = {"place", "empty_place", "new_place"}
_FILES = {"tmp_path", "other_process"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a folder looks into a file of SQLite; all others run on both databases."""
    places = _PLACES.intersection(metafunc.fixturenames)
    if places:
        asked = set(inspect.signature(metafunc.function).parameters)
        kinds = ["sqlite"] if asked & _FILES else ["sqlite", "postgres"]
        # Whatever places a test has, they are of one kind.
        same = [(kind,) * len(places) for kind in kinds]
        metafunc.parametrize(sorted(places), same, indirect=True, ids=kinds)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Path | Database:
    """Where the ledger of this test is: an empty one, which has its tables."""
    if request.param == "sqlite":
        folder = Path(request.getfixturevalue("tmp_path"))
        shutil.copy(request.getfixturevalue("empty_ledger"), file_of(folder))
        return folder
    made: Database = request.getfixturevalue("fresh_database")()
    return made


@pytest.fixture
def empty_place(request: pytest.FixtureRequest) -> Iterator[Path | Database]:
    """A place in which there is nothing at all."""
    if request.param == "sqlite":
        yield Path(request.getfixturevalue("tmp_path"))
        return
    with _database(request.getfixturevalue("postgres"), "template0") as database:
        yield database


@pytest.fixture(scope="session")
def new_place(request: pytest.FixtureRequest) -> NewPlace:
    """Places for a test that needs many, each ``with new_place() as place``."""
    kind = "new_folder" if request.param == "sqlite" else "new_database"
    made: NewPlace = request.getfixturevalue(kind)
    return made


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory, empty_ledger: Path) -> NewPlace:
    def make() -> AbstractContextManager[Path]:
        folder = tmp_path_factory.mktemp("place")
        shutil.copy(empty_ledger, file_of(folder))
        return nullcontext(folder)

    return make


@pytest.fixture(scope="session")
def new_database(postgres: servers.Postgres, migrated: str) -> NewPlace:
    return lambda: _database(postgres, migrated)


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
        yield lambda: stack.enter_context(_database(postgres, migrated))


@contextmanager
def _database(postgres: servers.Postgres, template: str) -> Iterator[Database]:
    name = postgres.make(template)
    try:
        yield Database(postgres, name)
    finally:
        postgres.drop(name)


@pytest.fixture
def database(fresh_database: Callable[[], Database]) -> Database:
    """For what is PostgreSQL's own."""
    return fresh_database()


@pytest.fixture
def empty(postgres: servers.Postgres) -> Iterator[Database]:
    """A database in which there is nothing."""
    with _database(postgres, "template0") as database:
        yield database


@pytest.fixture(scope="session")
def _filled(new_folder: NewPlace) -> Path:
    async def make(folder: Path) -> Path:
        async with await Ledger.open(url_of(folder)) as ledger:
            await fill(ledger, Signer.of(folder))
        return folder

    with new_folder() as folder:
        return asyncio.run(make(folder))


@pytest.fixture
def filled_folder(_filled: Path, tmp_path: Path) -> Path:
    """The folder of a ledger with everything in it, that nobody has open."""
    return Path(shutil.copytree(_filled, tmp_path, dirs_exist_ok=True))


@pytest.fixture
async def ledger(place: Path | Database) -> AsyncIterator[Ledger]:
    async with await Ledger.open(url_of(place), wait=0.2) as opened:
        yield opened
