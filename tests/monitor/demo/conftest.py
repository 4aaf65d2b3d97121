"""A fleet that runs as a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from demo_people import People, own_port

from monitor.demo.city import make_city
from monitor.demo.client import FleetProcess
from monitor.demo.plan import plan_of


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    city = make_city(300, seed=11, port=own_port(11))
    with FleetProcess(plan_of(city), tmp_path_factory.mktemp("fleet")) as fleet:
        yield People(city, fleet)


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Waits up to 5 s until the given question is answered with yes."""

    def wait(question: Callable[[], object], limit: float = 5.0) -> None:
        end = time.monotonic() + limit
        while not question():
            assert time.monotonic() < end, "it never came true"
            time.sleep(0.02)

    return wait
