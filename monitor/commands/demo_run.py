"""``quanshi demo``: an invented city, everything that watches it, a script of faults, and the truth.

Runs the same processes as ``quanshi run`` does on a real site. What they wrote into the ledger is held
against what the simulated devices know to have happened.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from monitor.commands.demo_past import Past
from monitor.commands.demo_verdict import Summary, judge_ledger, states_of
from monitor.config import Site, load_site
from monitor.demo.broker import BrokerProcess
from monitor.demo.chronicle import write_history
from monitor.demo.city import Intervals, make_city
from monitor.demo.client import FleetProcess, free_port
from monitor.demo.comparison import Comparison
from monitor.demo.heartbeat import Broker
from monitor.demo.history import History, invent
from monitor.demo.netns import OUR_ADDRESS, enter_command, own_network
from monitor.demo.plan import plan_of
from monitor.demo.process import die_with
from monitor.demo.script import Pace, script
from monitor.demo.site_files import TOPIC, WILL_TOPIC, SiteOptions, write_site
from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.model.times import format_span, wall_clock
from monitor.web.client import ask_status, is_ready, monitor_url

READY_WITHIN: Final = 90.0
SCRIPT_SECONDS: Final = 600.0
"""Length of one script when the demo runs until it is stopped; another follows."""

ROUND: Final = Pace(lasting=0.0, quiet=140.0)
"""The pace of such a script. All is long over, and what flapped has settled, when the next one may choose
the same nodes: faults that meet on a node could not be told apart."""

_STOP_WITHIN: Final = 10.0
_KEPT_BEYOND: Final = 40 * 86_400.0
_KEPT_AT_LEAST: Final = 190 * 86_400.0
"""Seconds for which an invented past stays in the ledger, beyond its own age."""


class DemoError(Exception):
    """The demo cannot go on: what happened, and where its log is."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for. ``seconds`` None: until stopped."""

    points: int = 3352
    seconds: float | None = None
    seed: int = 1
    language: str = "zh"
    netns: bool = False
    delay: float = 0.0
    loss: float = 0.0
    """Seconds and per cent, on the link to the devices: in a network namespace only."""
    heartbeats: bool = True
    intervals: Intervals | None = None
    history: float | None = None
    """Seconds of an invented past in the ledger."""
    page_port: int | None = None
    """None: 8080 if it is free; 0: whichever the kernel gives."""


Tell = Callable[[str], None]
"""Called with each step, for people who wait."""


class Demo:
    """A running demo. Use as a context manager; leaving it ends every process."""

    def __init__(self, wish: Wish, directory: Path, tell: Tell) -> None:
        self.wish = wish
        self.directory = directory
        self._tell = tell
        self._stack = ExitStack()
        self._run: subprocess.Popen[bytes] | None = None
        self.started = 0
        self.ready: int | None = None
        self.until: int | None = None
        self.booked = 0
        self._played = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    @property
    def log(self) -> Path:
        return self.directory / "quanshi.log"

    def _start(self, stack: ExitStack) -> None:
        wish = self.wish
        netns = stack.enter_context(own_network(wish.delay, wish.loss)) if wish.netns else None
        host = OUR_ADDRESS if wish.netns else "127.0.0.1"
        self._tell(f"building a city of {wish.points:,} points")
        self.city = make_city(
            wish.points,
            seed=wish.seed,
            port=free_port(),
            intervals=wish.intervals,
            own_network=wish.netns,
        )
        broker = self._broker(stack, host)
        self.fleet = FleetProcess(
            plan_of(self.city, broker=broker),
            self.directory / "fleet",
            truth=self.directory / "truth.csv",
            netns=netns,
        )
        self._tell(f"starting {len(self.city.nodes):,} simulated devices")
        stack.enter_context(self.fleet)
        port = _page_port() if wish.page_port is None else wish.page_port
        url = None if broker is None else broker.url
        kept = None if wish.history is None else max(_KEPT_AT_LEAST, wish.history + _KEPT_BEYOND)
        retain = None if kept is None else format_span(kept)
        options = SiteOptions(f"127.0.0.1:{port}", wish.language, broker=url, retain=retain)
        self.site: Site = load_site(write_site(self.city, self.directory, options))
        if wish.history is not None:
            self._fill(wish.history)
        self._tell("starting Quanshi: embedded server, collectors, monitor, alert")
        self.started = wall_clock()
        stack.enter_context(self._roles())

    def _fill(self, seconds: float) -> None:
        """Give the ledger a past. Raises DemoError where it cannot be had."""
        days = round(seconds / 86400)
        self._tell(f"inventing a past of {days:,} days")
        end = wall_clock()
        history = invent(self.city, self.wish.seed, end - round(1000 * seconds), end)
        try:
            asyncio.run(self._write(history))
        except LedgerError as error:
            raise DemoError(str(error)) from error

    async def _write(self, history: History) -> None:
        self.site.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with await Ledger.open(self.site.ledger_url) as ledger:
            if await ledger.inventory_uses():
                raise DemoError(
                    f"{self.site.data}: its ledger has a past already; name a new folder with --dir"
                )
            count = await write_history(ledger, self.site, history, Past(ledger, self.site), lambda _: None)
        self._tell(f"{count:,} events of that past stand in the ledger")

    def _broker(self, stack: ExitStack, host: str) -> Broker | None:
        if not self.wish.heartbeats:
            return None
        self._tell("starting the MQTT broker of the demo")
        port = free_port(self.wish.seed + 1)
        stack.enter_context(BrokerProcess(port, host))
        return Broker(host, port, TOPIC, WILL_TOPIC)

    @contextmanager
    def _roles(self) -> Iterator[None]:
        """``quanshi run`` as a process; Ctrl-C reaches only us, so that things end in order."""
        parent = os.getpid()
        with self.log.open("ab") as log:
            self._run = subprocess.Popen(
                [sys.executable, "-m", "monitor.cli", "run", "--site", str(self.site.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: die_with(parent),  # noqa: PLW1509 - this process has one thread
            )
        try:
            yield
        finally:
            self.stop_roles()

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        if self._run is None:
            raise DemoError("nothing runs")
        return self._run.pid

    def stop_roles(self) -> float:
        """Ask ``quanshi run`` to end; the seconds that it took. A second call does nothing."""
        begun = time.monotonic()
        if self._run is not None and self._run.poll() is None:
            self._run.send_signal(signal.SIGTERM)
            try:
                self._run.wait(_STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self._run.kill()
                self._run.wait()
        return time.monotonic() - begun

    def wait_ready(self) -> None:
        """Until every shard was seen whole. Raises DemoError when that does not come."""
        self._tell("first sweep: asking every point once")
        end = time.monotonic() + READY_WITHIN
        why = ""
        while time.monotonic() < end:
            self.check()
            ready, why = is_ready(self.site.data)
            if ready:
                self.ready = wall_clock()
                return
            time.sleep(0.25)
        raise DemoError(f"not ready after {READY_WITHIN:.0f} s: {why}; see {self.log}")

    def check(self) -> None:
        """Raises DemoError when a process that must run has ended."""
        if self._run is None or self._run.poll() is not None:
            raise DemoError(f"quanshi run has ended; see {self.log}")
        if self.fleet.poll() is not None:
            raise DemoError("the simulated devices have ended")

    def play(self, seconds: float, pace: Pace | None = None) -> int:
        """Let things go wrong for so long, beginning now; otherwise than the time before.

        Returns how many faults were booked. Raises FleetError for one on a node that still has another.
        """
        quiet = min(20.0, seconds / 3)
        pace = pace or Pace(least=min(15.0, seconds / 3), quiet=quiet)
        seed = self.wish.seed + self._played
        faults = script(
            self.city, seed, wall_clock() + 500, seconds, pace=pace, heartbeats=self.wish.heartbeats
        )
        self.fleet.play(faults)
        self._played += 1
        self.booked += len(faults)
        return len(faults)

    def status(self) -> dict[str, Any] | None:
        return ask_status(self.site.data)

    @property
    def url(self) -> str:
        return monitor_url(self.site.data) or ""

    @property
    def way_in(self) -> str:
        """What to write before a URL to fetch it from outside of our network namespace; else empty."""
        return f"{enter_command(os.getpid())} curl " if self.wish.netns else ""

    def conclude(self) -> tuple[Summary, Comparison]:
        """Stop the roles and hold the ledger against the truth: the summary for programs, and the detail.

        What is asked of the ledger ends ``until``, just before they are stopped.
        """
        status = self.status()
        self.until = until = wall_clock()
        stopped_in = self.stop_roles()
        verdict = asyncio.run(judge_ledger(self.site, self.fleet.truth(), self.started, self.ready, until))
        summary: Summary = {
            "points": self.wish.points,
            "watches": sum(len(self.site.inventory.watches(network)) for network in self.site.networks),
            "states": states_of(status),
            "changes": verdict.changes,
            "booked": self.booked,
            **verdict.comparison.to_json(),
            "unseen_seconds": verdict.unseen_seconds,
            "turned_unknown": verdict.turned_unknown,
            "seed": self.wish.seed,
            "seconds": round((until - self.started) / 1000, 1),
            "stopped_in": round(stopped_in, 2),
            "directory": str(self.directory),
        }
        return summary, verdict.comparison


def _page_port() -> int:
    """8080 if it is free, else any."""
    for port in (8080, 0):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:  # somebody else's
                continue
            return int(sock.getsockname()[1])
    raise DemoError("no free port on 127.0.0.1")
