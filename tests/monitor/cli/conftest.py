"""What the commands find on the machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def open_port() -> Iterator[int]:
    """A port of 127.0.0.1 that takes connections."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield listener.getsockname()[1]
