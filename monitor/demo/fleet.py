"""The fleet: one process that answers for every device of a plan.

``python -m monitor.demo.fleet --plan fleet.json --truth truth.csv --control fleet.sock`` prints one JSON
line when all devices answer (or when they cannot), and ends on SIGTERM or with its parent.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from monitor.demo.board import Board
from monitor.demo.control import Control, ControlServer
from monitor.demo.device import SimulatedDevice
from monitor.demo.endpoint import Endpoint, Traffic
from monitor.demo.heartbeat import Heartbeat
from monitor.demo.loop import Loop
from monitor.demo.netns import Curtain, NetworkError, join_network
from monitor.demo.plan import Device, Plan
from monitor.demo.process import FleetError, die_with, raise_descriptor_limit
from monitor.demo.truth import TruthFile

CONNECTIONS: Final = 8192
"""Descriptors that are kept for connections, beside one per listening address."""

_WILDCARD_BACKLOG: Final = 4096
_ACCEPT_BURST: Final = 64


class Fleet:
    """All devices of a plan on one loop. Call :meth:`open` before :meth:`run`."""

    def __init__(
        self, plan: Plan, truth: Path, control: Path, *, wildcard: bool, curtain: Curtain | None
    ) -> None:
        self._plan = plan
        self._wildcard = wildcard
        self._loop = Loop()
        self._traffic = Traffic()
        self._curtain = curtain
        self._endpoints: dict[str, Endpoint] = {}
        self._devices = {device.node: self._device(device) for device in plan.devices}
        self._truth = TruthFile(truth)
        self._board = Board(self._loop, self._devices, self._truth.write)
        self._control = ControlServer(
            self._loop, self._traffic, control, Control(self._board, plan, self.stats)
        )

    def open(self) -> int:
        """Listen everywhere; returns the number of listening sockets. Raises FleetError."""
        self._stop_on_signals()
        if self._wildcard:
            _Wildcard(self._loop, self._traffic, self._plan.port, self._endpoints)
        else:
            self._check_descriptors()
            for endpoint in self._endpoints.values():
                self._listen(endpoint)
        for device in self._devices.values():
            if device.heartbeat is not None:
                device.heartbeat.start()
        return 1 if self._wildcard else len(self._endpoints)

    def run(self) -> None:
        """Until SIGTERM, or SIGINT where nobody has chosen to ignore it."""
        # Nothing built so far will ever be garbage, and a full collection would stop all devices at once.
        gc.collect()
        gc.freeze()
        self._loop.run()

    def close(self) -> None:
        self._board.close()
        self._truth.close()
        self._control.close()
        for device in self._devices.values():
            if device.heartbeat is not None:
                device.heartbeat.stop()

    def stats(self) -> dict[str, Any]:
        """Counts since the start, and what they cost."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        traffic = self._traffic
        return {
            "devices": len(self._devices),
            "addresses": len(self._endpoints),
            "accepted": traffic.accepted,
            "answered": traffic.answered,
            "open": traffic.open,
            "shed": traffic.shed,
            "cpu_seconds": round(used.ru_utime + used.ru_stime, 3),
            "rss_kib": used.ru_maxrss,
        }

    def _device(self, device: Device) -> SimulatedDevice:
        endpoints = {
            network: Endpoint(
                self._loop,
                self._traffic,
                host,
                self._plan.port,
                login=self._plan.login,
                curtain=self._curtain,
            )
            for network, host in device.hosts.items()
        }
        self._endpoints |= {endpoint.host: endpoint for endpoint in endpoints.values()}
        heartbeat = None
        if device.beat is not None and self._plan.broker is not None:
            heartbeat = Heartbeat(self._loop, self._plan.broker, device.node, device.beat)
        return SimulatedDevice(self._loop, device.node, endpoints, heartbeat)

    def _stop_on_signals(self) -> None:
        heard = [signal.SIGTERM]
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            heard.append(signal.SIGINT)
        self._loop.stop_on_signals(*heard)

    def _check_descriptors(self) -> None:
        wanted = len(self._endpoints) + CONNECTIONS
        limit = raise_descriptor_limit(wanted)
        if limit < len(self._endpoints) + CONNECTIONS // 8:
            raise FleetError(
                f"{len(self._endpoints)} addresses need {wanted} descriptors, and the limit is {limit}: "
                f"raise it (ulimit -n {wanted}) or use the wildcard fleet, which has fewer faults"
            )

    def _listen(self, endpoint: Endpoint) -> None:
        try:
            endpoint.listen()
        except OSError as error:
            raise FleetError(f"cannot listen on {endpoint.host}:{endpoint.port}: {error.strerror}") from error


class _Wildcard:
    """One listening socket for every loopback address, closed to all other interfaces."""

    def __init__(self, loop: Loop, traffic: Traffic, port: int, endpoints: dict[str, Endpoint]) -> None:
        self._traffic = traffic
        self._endpoints = endpoints
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
            self._listener.bind(("", port))
        except OSError as error:
            raise FleetError(f"cannot answer on port {port} of the loopback: {error.strerror}") from error
        self._listener.listen(_WILDCARD_BACKLOG)
        raise_descriptor_limit(2 * CONNECTIONS)
        loop.watch(self._listener.fileno(), self._knocked, select.EPOLLIN)

    def _knocked(self, _: int) -> None:
        for _number in range(_ACCEPT_BURST):
            sock = self._traffic.accept(self._listener)
            if sock is None:
                return
            endpoint = self._endpoints.get(sock.getsockname()[0])
            if endpoint is None:
                sock.close()
            else:
                endpoint.greet(sock)


def run_fleet(
    plan: Path, truth: Path, control: Path, *, wildcard: bool = False, netns: str | None = None
) -> int:
    """Be the fleet until SIGTERM or SIGINT; the exit status. Says on stdout when it is ready."""
    started = time.monotonic()
    try:
        with _open(plan, truth, control, wildcard, netns) as fleet:
            listeners = fleet.open()
            took = round(time.monotonic() - started, 3)
            _say({"ready": True, "pid": os.getpid(), "listeners": listeners, "took": took, **fleet.stats()})
            fleet.run()
    except (FleetError, NetworkError, OSError, ValueError) as error:
        _say({"ready": False, "error": str(error)})
        return 1
    return 0


@contextlib.contextmanager
def _open(plan: Path, truth: Path, control: Path, wildcard: bool, netns: str | None) -> Iterator[Fleet]:
    curtain = None
    if netns:
        join_network(netns)
        curtain = Curtain()
    fleet = Fleet(Plan.read(plan), truth, control, wildcard=wildcard, curtain=curtain)
    try:
        yield fleet
    finally:
        fleet.close()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="monitor.demo.fleet", description=__doc__)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--control", type=Path, required=True)
    parser.add_argument("--wildcard", action="store_true", help="a few sockets answer for all addresses")
    parser.add_argument("--netns", help="path of the network namespace to live in")
    parser.add_argument("--parent", type=int, default=0, help="end with this process")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    die_with(options.parent)
    if options.parent:
        # Ctrl-C goes to everybody at once; the parent ends us when it needs us no more.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return run_fleet(
        options.plan, options.truth, options.control, wildcard=options.wildcard, netns=options.netns
    )


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
