"""Drives a fleet that runs as a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Final, Self

from monitor.demo.faults import Fault
from monitor.demo.plan import Plan
from monitor.demo.process import FleetError, end
from monitor.demo.truth import TruthRow

_ANSWER_LIMIT: Final = 30.0
_STOP_LIMIT: Final = 10.0


def free_port(seed: int | None = None) -> int:
    """A port below the ephemeral ones on which nobody listens, on any address of this machine."""
    candidates = [8554, *Random(seed).sample(range(20_000, 32_000), 200)]
    for port in candidates if seed is None else candidates[1:]:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("", port))
            except OSError:
                # Taken; the wildcard address finds a listener on any single one, too.
                continue
            return port
    raise FleetError("no free port for the fleet between 20000 and 32000")


class FleetProcess:
    """Starts the fleet of a plan, talks to its control, and stops it. Also a context manager.

    The process ends with us, however we end.
    """

    def __init__(
        self,
        plan: Plan,
        directory: Path,
        *,
        truth: Path | None = None,
        wildcard: bool = False,
        netns: str | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._plan_path = directory / "fleet.json"
        plan.write(self._plan_path)
        self.truth_path = truth or directory / "truth.csv"
        self._extra = (["--wildcard"] if wildcard else []) + (["--netns", netns] if netns else [])
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets: tempfile.TemporaryDirectory[str] | None = None
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def control_path(self) -> Path:
        """The unix socket. It lies in a short path of its own: 107 bytes are all that one may have."""
        if self._sockets is None:
            self._sockets = tempfile.TemporaryDirectory(prefix="quanshi-")
        return Path(self._sockets.name) / "fleet.sock"

    def start(self) -> None:
        """Returns when every device answers. Raises FleetError with the fleet's own reason."""
        command = [sys.executable, "-m", "monitor.demo.fleet", "--parent", str(os.getpid())]
        command += ["--plan", str(self._plan_path), "--truth", str(self.truth_path)]
        command += ["--control", str(self.control_path), *self._extra]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        line = self._process.stdout.readline() if self._process.stdout else b""
        self.ready = json.loads(line) if line else {"ready": False, "error": "the fleet died at its start"}
        if not self.ready["ready"]:
            self.stop()
            raise FleetError(self.ready["error"])

    def stop(self) -> None:
        """Ask it to end and wait; its truth file is then complete."""
        if self._process is not None:
            end(self._process, _STOP_LIMIT)
            self._process = None
        if self._sockets is not None:
            self._sockets.cleanup()
            self._sockets = None

    def poll(self) -> int | None:
        """The exit status if the fleet has ended by itself."""
        return self._running().poll()

    def fail(self, nodes: Sequence[str] = (), fault: str = "refuse", **more: Any) -> int:
        """Book a fault and return its number; ``more`` as in :mod:`monitor.demo.control`."""
        return int(self._ask({"nodes": list(nodes), "fault": fault, **more})["number"])

    def play(self, script: Iterable[Fault]) -> None:
        """Book a whole script."""
        with self._connection() as sock, sock.makefile("rwb") as stream:
            for fault in script:
                _exchange(stream, fault.to_json())

    def clear(self, nodes: Sequence[str] | None = None) -> int:
        """End the faults of these nodes, or all; how many there were."""
        return int(self._ask({"clear": True if nodes is None else list(nodes)})["cleared"])

    def faults(self) -> list[dict[str, Any]]:
        return list(self._ask({"list": True})["faults"])

    def truth(self) -> list[TruthRow]:
        """What has happened so far, with what still lasts."""
        return [TruthRow.from_json(row) for row in self._ask({"truth": True})["truth"]]

    def stats(self) -> dict[str, Any]:
        return self._ask({"stats": True})

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise FleetError("the fleet is not running")
        return self._process

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._connection() as sock, sock.makefile("rwb") as stream:
            return _exchange(stream, request)

    def _connection(self) -> socket.socket:
        self._running()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(_ANSWER_LIMIT)
        try:
            sock.connect(str(self.control_path))
        except OSError as error:
            sock.close()
            raise FleetError(f"the fleet does not answer: {error.strerror}") from error
        return sock


def _exchange(stream: Any, request: dict[str, Any]) -> dict[str, Any]:
    stream.write(json.dumps(request, ensure_ascii=False).encode() + b"\n")
    stream.flush()
    line = stream.readline()
    if not line:
        raise FleetError("the fleet ended before it answered")
    reply: dict[str, Any] = json.loads(line)
    if not reply["ok"]:
        raise FleetError(reply["error"])
    return reply
