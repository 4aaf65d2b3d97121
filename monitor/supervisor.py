"""Starts the roles of one machine and keeps them running. The only module that knows all three packages.

Every role is a process of its own (``quanshi run ROLE``); they speak only through the bus. The
supervisor is always there and does almost nothing, so it is small: what a site says is read in a child
that ends again, and between two deaths or signals it sleeps in one system call.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from monitor.bus.embedded import EmbeddedError, EmbeddedServer, embedded_url

if TYPE_CHECKING:
    from monitor.config import Site
    from monitor.model.nodes import Watch

log = structlog.get_logger(__name__)

ROLES: Final = ("collect", "monitor", "alert")

GRACE: Final = 4.0
"""Seconds that roles have to stop; then they are killed. With the server's share it stays under 5."""

_STEADY: Final = 60.0
"""A child that lived so many seconds is restarted at once when it dies."""

_PR_SET_PDEATHSIG: Final = 1
_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})


def redis_url(site: Site) -> str:
    """Where the roles of this site find Redis."""
    return embedded_url(site.data) if site.redis == "embedded" else site.redis


@dataclass(slots=True)
class Child:
    """A role's process, or the one that will take its place."""

    name: str
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    restart_at: float = 0.0

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "monitor.cli", *self.arguments],
            preexec_fn=partial(_die_with_parent, os.getpid()),  # noqa: PLW1509 - this process has one thread
        )

    def died(self, code: int) -> None:
        """Plan the next start: at once after a long life, later and later after short ones."""
        now = time.monotonic()
        self.process = None
        self.failures = 0 if now - self.started > _STEADY else self.failures + 1
        delay = min(30.0, 0.25 * 2.0**self.failures) if self.failures else 0.0
        self.restart_at = now + delay
        log.error("role died", role=self.name, code=code, again_in=delay)

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


@dataclass(slots=True)
class Supervisor:
    """The children of one site. :meth:`run` returns when all have stopped."""

    path: Path
    children: list[Child] = field(default_factory=list)
    server: EmbeddedServer | None = None

    def run(self) -> int:
        """Start everything, keep it running until SIGTERM or SIGINT, stop it. The exit code."""
        if not self._plan():
            return 1
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            if self.server is not None:
                self.server.start()
            for child in self.children:
                child.start()
            self._watch()
        except EmbeddedError as error:
            log.error("embedded server cannot run", error=str(error))  # noqa: TRY400 - it says why by itself
            return 1
        finally:
            self._stop()
        return 0

    def _plan(self) -> bool:
        """What to start. False for a site with mistakes, which were printed then."""
        answer = subprocess.run(
            [sys.executable, "-m", "monitor.cli", "plan", "--site", str(self.path)],
            stdout=subprocess.PIPE,
            check=False,
        )
        if answer.returncode != 0:
            return False
        plan = json.loads(answer.stdout)
        data = Path(plan["data"])
        data.mkdir(parents=True, exist_ok=True)
        if plan["embedded"]:
            self.server = EmbeddedServer(data)
        common = ("--site", str(self.path))
        self.children = [
            Child("monitor", ("run", "monitor", *common)),
            Child("alert", ("run", "alert", *common)),
        ]
        for network, shards in plan["shards"].items():
            for shard in range(shards):
                part = ("--network", network, "--shard", f"{shard}/{shards}")
                self.children.append(Child(f"collect {network} {shard}", ("run", "collect", *common, *part)))
        return True

    def _watch(self) -> None:
        while True:
            received = signal.sigtimedwait(_SIGNALS, self._patience())
            number = received.si_signo if received is not None else None
            if number in (signal.SIGTERM, signal.SIGINT):
                return
            if number == signal.SIGHUP:
                for child in self.children:
                    child.signal(signal.SIGHUP)
            self._mend()

    def _patience(self) -> float:
        """Seconds until the next planned restart; long when nothing is planned."""
        planned = [child.restart_at for child in self.children if child.process is None]
        return max(0.0, min(planned) - time.monotonic()) if planned else 3600.0

    def _mend(self) -> None:
        """Restart what died."""
        if self.server is not None and self.server.poll() is not None:
            log.error("embedded server died, starting it again")
            self.server.start()
        now = time.monotonic()
        for child in self.children:
            if child.process is not None:
                code = child.process.poll()
                if code is not None:
                    child.died(code)
            if child.process is None and child.restart_at <= now:
                child.start()

    def _stop(self) -> None:
        """Collectors first, so that their last words are heard; then the others; then the server."""
        deadline = time.monotonic() + GRACE
        collectors = [child for child in self.children if child.name.startswith("collect")]
        others = [child for child in self.children if child not in collectors]
        for group in (collectors, others):
            for child in group:
                child.signal(signal.SIGTERM)
            for child in group:
                _wait(child, deadline)
        if self.server is not None:
            self.server.stop()


def become(path: Path) -> None:
    """Replace this process by the supervisor of a site. Does not return."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "monitor.supervisor", str(path)])  # noqa: S606 - our own


def plan_of(site: Site) -> dict[str, Any]:
    """What a supervisor must know of a site: ``shards`` by network, ``data``, ``embedded``."""
    shards = {network: settings.shards for network, settings in site.networks.items()}
    return {"shards": shards, "data": str(site.data), "embedded": site.redis == "embedded"}


def run_role(path: Path, role: str, network: str | None, shard: tuple[int, int]) -> int:
    """Be one role until SIGTERM or SIGINT. The exit code.

    Raises ConfigError for a site with mistakes and ValueError for a network that it does not have.
    """
    site: Site = import_module("monitor.config").load_site(path)
    site.data.mkdir(parents=True, exist_ok=True)
    asyncio.run(_role(site, role, network, shard))
    return 0


async def _role(site: Site, role: str, network: str | None, shard: tuple[int, int]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Imported here and by name: each role pays in memory only for what it uses.
    if role == "collect":
        collect = import_module("collectors.role")
        if network not in site.networks:
            raise ValueError(f"network {network!r} is not one of this site ({', '.join(site.networks)})")
        await collect.run(site, collect.Post(network, *shard), redis_url(site), stop)
    elif role == "monitor":
        await import_module("monitor.role").run(site, redis_url(site), stop)
    else:
        await import_module("alerts.role").run(site, redis_url(site), stop)


def _die_with_parent(parent: int) -> None:
    """Runs in the child before it becomes the role: no orphan, no signal mask of ours.

    A hang-up means "read your files again", also before the role can listen to it.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before it could be followed: no signal will come
        os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _wait(child: Child, deadline: float) -> None:
    process = child.process
    if process is None:
        return
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        log.error("role did not stop in time, killed", role=child.name)  # noqa: TRY400 - a timeout, no fault
        process.kill()
        process.wait()


def explain(site: Site, watch: Watch, *, login: bool) -> list[Any]:
    """Ask one watch once and tell each step: a list of ``collectors.explain.Explanation``.

    Credentials are sent only with ``login``.
    """
    told: list[Any] = asyncio.run(import_module("collectors.explain").explain(site, watch, login=login))
    return told


if __name__ == "__main__":
    sys.exit(Supervisor(Path(sys.argv[1])).run())
