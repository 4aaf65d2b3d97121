"""The control of a fleet: one JSON object a line on a unix socket, one answer a line.

``{"nodes": [...], "fault": "hang", "from": t, "to": t, "delay": 2.0}`` books a fault; ``addresses`` may
stand instead of ``nodes``, ``"behind": true`` takes all that hangs behind them too, a moment is RFC
3339 text or null (now; until cleared). ``{"list": true}``, ``{"clear": true}`` or ``{"clear": [nodes]}``,
``{"truth": true}``, ``{"stats": true}``. Answers: ``{"ok": true, …}`` or ``{"ok": false, "error": …}``.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from monitor.demo.board import Board, FaultError
from monitor.demo.endpoint import Traffic
from monitor.demo.faults import Fault, FaultKind
from monitor.demo.loop import READ, WRITE, Loop
from monitor.demo.plan import Plan
from monitor.model.times import parse_time, wall_clock

MAX_LINE: Final = 16 * 1024 * 1024

_KEYS: Final = {"nodes", "addresses", "behind", "fault", "from", "to", "delay", "root", "state", "cause"}


class Control:
    """Understands requests and answers them."""

    def __init__(self, board: Board, plan: Plan, stats: Callable[[], dict[str, Any]]) -> None:
        self._board = board
        self._stats = stats
        self._nodes = {host: device.node for device in plan.devices for host in device.hosts.values()}
        self._children: dict[str, list[str]] = {}
        for device in plan.devices:
            if len(device.parents) == 1:
                self._children.setdefault(device.parents[0], []).append(device.node)

    def answer(self, line: bytes) -> bytes:
        try:
            reply = {"ok": True, **self._do(json.loads(line))}
        except (FaultError, ValueError, TypeError) as error:
            # Whatever is wrong with a request is told to whoever sent it.
            reply = {"ok": False, "error": str(error)}
        return json.dumps(reply, ensure_ascii=False).encode() + b"\n"

    def _do(self, request: Any) -> dict[str, Any]:
        match request:
            case {"list": True}:
                return {"faults": [_listed(*entry) for entry in self._board.faults()]}
            case {"clear": True}:
                return {"cleared": self._board.clear()}
            case {"clear": list(nodes)}:
                return {"cleared": self._board.clear(nodes)}
            case {"truth": True}:
                return {"truth": [row.to_json() for row in self._board.truth()]}
            case {"stats": True}:
                return self._stats()
            case {"fault": str()}:
                fault = self._fault(request)
                return {"number": self._board.add(fault), "nodes": len(fault.nodes)}
        raise FaultError('not understood: a request has one of "fault", "list", "clear", "truth", "stats"')

    def _fault(self, request: dict[str, Any]) -> Fault:
        if unknown := request.keys() - _KEYS:
            raise FaultError(f"unknown key {min(unknown)!r}; known are {', '.join(sorted(_KEYS))}")
        if request["fault"] not in set(FaultKind):
            raise FaultError(f"unknown fault {request['fault']!r}; known are {', '.join(FaultKind)}")
        nodes = self._named(request)
        root = str(request.get("root") or "")
        if request.get("behind"):
            root = root or nodes[0]
            nodes = self._behind(nodes)
        end = request.get("to")
        return Fault(
            nodes=tuple(nodes),
            kind=FaultKind(request["fault"]),
            start=wall_clock() if request.get("from") is None else parse_time(request["from"]),
            end=None if end is None else parse_time(end),
            delay=float(request.get("delay") or 0.0),
            root=root,
        )

    def _named(self, request: dict[str, Any]) -> list[str]:
        nodes = [str(node) for node in request.get("nodes") or ()]
        for host in request.get("addresses") or ():
            if host not in self._nodes:
                raise FaultError(f"no address {host!r} in this fleet")
            nodes.append(self._nodes[host])
        if not nodes:
            raise FaultError('a fault needs "nodes" or "addresses"')
        return list(dict.fromkeys(nodes))

    def _behind(self, nodes: list[str]) -> list[str]:
        found = list(nodes)
        for node in found:
            found += [child for child in self._children.get(node, ()) if child not in found]
        return found


def _listed(number: int, active: bool, fault: Fault) -> dict[str, Any]:
    return {"number": number, "active": active, **fault.to_json()}


class ControlServer:
    """Serves a :class:`Control` on a unix socket that only this user may open."""

    def __init__(self, loop: Loop, traffic: Traffic, path: Path, control: Control) -> None:
        self._loop = loop
        self._traffic = traffic
        self._path = path
        self._control = control
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(16)
        loop.watch(self._listener.fileno(), self._accept)

    def close(self) -> None:
        self._listener.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    def _accept(self, _: int) -> None:
        sock = self._traffic.accept(self._listener)
        if sock is not None:
            _Client(self._loop, sock, self._control)


class _Client:
    def __init__(self, loop: Loop, sock: socket.socket, control: Control) -> None:
        self._loop = loop
        self._sock = sock
        self._control = control
        self._received = b""
        self._unsent = b""
        sock.setblocking(False)
        loop.watch(sock.fileno(), self._ready)

    def _ready(self, _: int) -> None:
        try:
            if self._unsent:
                self._flush()
            else:
                self._read()
        except BlockingIOError:
            return
        except OSError:
            # Whoever asked has gone; what was booked stays booked.
            self._close()

    def _read(self) -> None:
        data = self._sock.recv(1 << 20)
        *lines, self._received = (self._received + data).split(b"\n")
        self._unsent = b"".join(self._control.answer(line) for line in lines if line.strip())
        if not data or len(self._received) > MAX_LINE:
            self._close()
        elif self._unsent:
            self._flush()

    def _flush(self) -> None:
        self._unsent = self._unsent[self._sock.send(self._unsent) :]
        self._loop.change(self._sock.fileno(), WRITE if self._unsent else READ)

    def _close(self) -> None:
        self._loop.forget(self._sock.fileno())
        self._sock.close()
