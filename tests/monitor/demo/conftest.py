"""A fleet that runs as a process of its own, and simple ways to ask its devices."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from monitor.demo.city import City, make_city
from monitor.demo.client import FleetProcess, free_port
from monitor.demo.plan import plan_of
from monitor.model.nodes import Kind, Node

OPTIONS = b"OPTIONS rtsp://127.1.1.1/ RTSP/1.0\r\nCSeq: 7\r\n\r\n"


class People:
    """The city of a fleet, and whoever asks it."""

    def __init__(self, city: City, fleet: FleetProcess) -> None:
        self.city = city
        self.fleet = fleet
        self._cameras = iter([node for node in city.nodes if node.kind is Kind.CAMERA])

    def camera(self) -> Node:
        """A camera that no other test has touched."""
        return next(self._cameras)

    def connect(self, node: Node, timeout: float = 0.4) -> socket.socket:
        return socket.create_connection((node.addresses[0].host, self.city.port), timeout)

    def ask(self, node: Node, request: bytes = OPTIONS, timeout: float = 0.4) -> bytes:
        with self.connect(node, timeout) as sock:
            sock.sendall(request)
            return sock.recv(4096)


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    city = make_city(300, seed=11, port=free_port(11))
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
