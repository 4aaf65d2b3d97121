"""A webhook receiver for tests: keeps all that it was told and when, and refuses on command."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Told:
    """One message: when it came (milliseconds), its headers in small letters, and its JSON."""

    at: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def ends(self) -> bool:
        return bool(self.body["status"] == "resolved")

    @property
    def text(self) -> str:
        """All that a person might read of it."""
        return json.dumps(self.body, ensure_ascii=False)


@dataclass
class Receiver:
    """``refusing``: it answers 503 and keeps nothing."""

    port: int
    told: list[Told] = field(default_factory=list)
    refusing: bool = False
    refused: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def starts(self) -> list[Told]:
        return [each for each in self.told if not each.ends]

    def ends(self) -> list[Told]:
        return [each for each in self.told if each.ends]


@contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    """A receiver on loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if made.refusing:
                made.refused += 1
            else:
                headers = {name.lower(): value for name, value in self.headers.items()}
                made.told.append(Told(time.time_ns() // 1_000_000, headers, json.loads(body)))
            self.send_response(503 if made.refusing else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    made = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
