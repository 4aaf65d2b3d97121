"""Fixtures that tests of several folders share: real servers, each stopped by its own process id."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import servers

from monitor.ledger import Ledger

# A shell starts what runs in the background with SIGINT ignored, and children inherit that: the tests that
# send one to a child would wait for ever. With a handler of our own, children have the default again.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A shell may forbid bytecode, as many containers do. Then each of the many interpreters that the tests start
# would compile every module anew, which takes longer than what it is started for.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests, some in each worker, lest one of them runs on when all else is done.

    Long are those with a time limit of their own. Each worker gets an equal share, in order, to begin with.
    """
    long = [item for item in items if item.get_closest_marker("timeout")]
    rest = [item for item in items if not item.get_closest_marker("timeout")]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    left, ordered = len(items), list[pytest.Item]()
    for worker in range(workers):
        share = left // (workers - worker)
        first = long[worker::workers]
        ordered += first + [rest.pop(0) for _ in range(min(len(rest), share - len(first)))]
        left -= share
    items[:] = ordered + rest


@pytest.fixture
def free_port() -> int:
    return servers.free_port()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[servers.Mosquitto]:
    with servers.mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Callable[..., servers.Prometheus]]:
    """Call it with the target to scrape: ``prometheus("127.0.0.1:8080", interval="1s")``."""
    with ExitStack() as stack:

        def start(target: str, path: str = "/metrics", interval: str = "1s") -> servers.Prometheus:
            return stack.enter_context(servers.prometheus(tmp_path, target, path, interval))

        yield start


@pytest.fixture
def rtsp_server() -> Iterator[Callable[..., servers.RtspServer]]:
    """Call it, with ``user`` and ``password`` if the stream shall want a login."""
    with ExitStack() as stack:

        def start(user: str = "", password: str = "") -> servers.RtspServer:
            return stack.enter_context(servers.rtsp_server(user, password))

        yield start


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty ledger, to be copied: to make one takes twenty times as long as to open it."""
    file = tmp_path_factory.mktemp("ledger") / "ledger.db"

    async def make() -> None:
        await (await Ledger.open(f"sqlite+aiosqlite:///{file}")).close()

    asyncio.run(make())
    return file


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """One server for all tests of this process; each makes databases of its own."""
    with servers.postgres() as server:
        yield server
