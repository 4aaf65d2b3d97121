"""A fleet under test, and simple ways to ask its devices."""

from __future__ import annotations

import os
import socket

from monitor.demo.city import City
from monitor.demo.client import FleetProcess, free_port
from monitor.model.nodes import Kind, Node

OPTIONS = b"OPTIONS rtsp://127.1.1.1/ RTSP/1.0\r\nCSeq: 7\r\n\r\n"


def own_port(number: int) -> int:
    """A free port that tests in other processes will not try at the same moment."""
    return free_port(1000 * os.getpid() + number)


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
