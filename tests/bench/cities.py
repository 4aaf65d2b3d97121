"""Whole sites under measurement: ``quanshi run`` on a generated inventory, as people run it."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import measure
from addresses import FIRST, hosts
from measure import NotMeasuredError
from peers import REPOSITORY
from servers import free_port

SEEN_WITHIN: Final = 300.0
STOPS_WITHIN: Final = 20.0

SITE: Final = """\
site: bench
timezone: Asia/Shanghai
language: en
data: ./data
redis: embedded
ledger: sqlite
listen: 127.0.0.1:{listen}
web: {{anonymous: viewer}}
nodes: nodes.csv
regions: regions.csv
networks:
  video: {{name: video}}
  police: {{name: police}}
"""


@dataclass(frozen=True)
class Plan:
    """``count`` cameras in one network and ``platforms`` in the other, all asked by ``probes``.

    Each probe with the seconds between two; ``usual``: these are not written, but awaited of the defaults.
    """

    count: int
    probes: Mapping[str, float]
    platforms: int = 1
    usual: bool = False

    @property
    def nodes(self) -> int:
        return self.count + self.platforms

    @property
    def rate(self) -> float:
        """Probes a second."""
        return self.nodes * sum(1 / every for every in self.probes.values())

    def write(self, folder: Path, listen: int) -> Path:
        """The files of the site; returns its ``site.yaml``."""
        with (folder / "nodes.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["id", "kind", "class", "network", "region", "address", "probes"])
            table.writerows(self._rows())
        with (folder / "regions.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["code", "name", "parent"])
            table.writerows([f"44090{last}", f"county {last}", ""] for last in range(2, 7))
        path = folder / "site.yaml"
        path.write_text(SITE.format(listen=listen), encoding="utf-8")
        return path

    def _rows(self) -> Iterator[list[object]]:
        cell = ";".join(name if self.usual else f"{name}@{every:.0f}s" for name, every in self.probes.items())
        for number, host in enumerate(hosts(FIRST, self.nodes)):
            what = ["camera", 1, "video"] if number < self.count else ["platform", "", "police"]
            yield [f"node-{number}", *what, f"44090{2 + number % 5}", host, cell]


@dataclass
class City:
    """A running site. What it used is read from outside: its processes are those of the first look."""

    pid: int
    listen: int
    plan: Plan
    _roles: dict[str, list[int]] = field(default_factory=dict)

    def roles(self) -> dict[str, list[int]]:
        """Process ids by role: ``collect``, ``monitor``, ``alert``, ``redis``, ``supervisor``."""
        if not self._roles:
            self._roles = self._found()
        return self._roles

    def _found(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for pid in measure.family(self.pid, lambda pid: _role(pid) == "redis"):
            found.setdefault(_role(pid), []).append(pid)
        return found

    def confirm(self) -> None:
        """Raises NotMeasuredError unless all processes are those that were measured, and all nodes are up."""
        was, now = self.roles(), self._found()
        if was != now:
            raise NotMeasuredError(f"the processes were {was} and are {now}")
        if (seen := self.up()) != self.plan.nodes:
            raise NotMeasuredError(f"{seen} of {self.plan.nodes} nodes are up")

    def cpu(self, *roles: str) -> float:
        """CPU seconds of these roles so far; of all when none is named."""
        wanted = roles or tuple(self.roles())
        return measure.cpu_of(pid for role in wanted for pid in self.roles().get(role, ()))

    def pss(self, role: str) -> int:
        return sum(measure.memory_of(pid)[0] for pid in self.roles().get(role, ()))

    def scrape(self) -> bytes:
        """One whole scrape, as Prometheus asks for it: packed, as it came."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.listen}/metrics", headers={"Accept-Encoding": "gzip"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            page: bytes = answer.read()
        return page

    def metrics(self) -> str:
        return gzip.decompress(self.scrape()).decode()

    def up(self) -> int:
        """How many watches are up by its own account; 0 while it does not answer."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.listen}/api/v1/status", timeout=60
            ) as answer:
                networks = json.load(answer)["networks"]
        except OSError:
            return 0
        return sum(network["states"]["up"] for network in networks.values())


def _role(pid: int) -> str:
    # Below Redis lives for a moment who rewrites its file: what that one used is Redis's own when it is done.
    return role_of(measure.command_of(pid))


def role_of(command: str) -> str:
    words = command.split()
    if any("valkey" in word or "redis-server" in word for word in words[:1]):
        return "redis"
    after_run = words[words.index("run") + 1 :] if "run" in words else []
    return next((word for word in after_run[:1] if not word.startswith("-")), "supervisor")


@contextmanager
def running(site: Path, listen: int, plan: Plan) -> Iterator[City]:
    """A site that was started, has seen all its nodes up, and is stopped at the end."""
    log = site.with_name("run.log")
    command = [Path(sys.executable).with_name("quanshi"), "run", "--site", site]
    with log.open("wb") as output:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        city = City(process.pid, listen, plan)
        deadline = time.monotonic() + SEEN_WITHIN
        while (seen := city.up()) < plan.nodes:
            if process.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-2000:]
                raise NotMeasuredError(f"{seen} of {plan.nodes} nodes were up, then this happened:\n{tail}")
            time.sleep(1.0)
        yield city
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def city(folder: Path, plan: Plan) -> Iterator[City]:
    """A city by plan, running in ``folder`` on a free port."""
    listen = free_port()
    folder.mkdir()
    with running(plan.write(folder, listen), listen, plan) as found:
        yield found
