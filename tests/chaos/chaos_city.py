"""A small invented city with everything that watches it, for tests that hurt it."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sqlite3
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import redis

from monitor.bus.embedded import socket_path
from monitor.commands.demo_run import Demo, Wish
from monitor.demo.city import Intervals
from monitor.ledger.ledger import Ledger
from monitor.ledger.rows import ChangeRow, GapRow, Origin, RefusalRow, SightRow, SnapshotRow
from monitor.model.sequences import Mark

QUICK = Intervals(rtsp=4.0, tcp=4.0, http=4.0)
CONFIRMED = 17.0
"""Seconds in which such a city's faults are surely confirmed, see ``confirm_window``."""

SERVER = "server"


def new_seed() -> int:
    return int(os.environ.get("QUANSHI_SEED") or secrets.randbelow(1_000_000))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def wait_until(condition: Callable[[], object], within: float, what: str) -> float:
    """Return once the condition holds, with the seconds it took; fail when it does not come."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < within, f"not within {within:.0f} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - begun


class ChaosCity(Demo):
    """A demo whose processes can be found and hurt one by one."""

    def __init__(self, folder: Path, points: int = 12) -> None:
        self.seed = new_seed()
        wish = Wish(points=points, seed=self.seed, heartbeats=False, intervals=QUICK, page_port=0)
        super().__init__(wish, folder, tell=lambda _: None)

    def pids(self) -> dict[str, int]:
        """The living children of the supervisor by role."""
        return {name: pid for pid in children(self.pid) if is_alive(pid) and (name := role_of(pid))}

    def signal(self, role: str, number: signal.Signals) -> int:
        pid = self.pids()[role]
        os.kill(pid, number)
        return pid

    def kill(self, role: str) -> int:
        """kill -9; returns the pid when it is dead."""
        pid = self.signal(role, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid), 5, f"{role} is dead")
        return pid

    def wait_for_role(self, role: str, within: float = 20) -> None:
        wait_until(lambda: role in self.pids(), within, f"{role} runs again")

    @contextmanager
    def unsupervised(self) -> Iterator[None]:
        """While nobody restarts what dies."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def flush(self) -> None:
        """FLUSHALL, and nothing else: the server forgets everything while it runs."""
        with redis.Redis(unix_socket_path=str(socket_path(self.site.data))) as server:
            server.flushall()

    def network(self, name: str) -> dict[str, Any]:
        """What ``quanshi status`` says of a network; empty while the monitor does not answer."""
        status = self.status()
        return {} if status is None else dict(status["networks"][name])

    def metrics(self) -> str:
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def down(self) -> dict[str, str]:
        """Node → cause, of all that are down in some network, also of those behind another that is."""
        return dict(self.recorded("SELECT node, cause FROM standings WHERE state = 'down'"))

    def recorded(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the ledger as it stands, the monitor running or not."""
        return read_only(self.site.data / "ledger.db", query, *values)

    def facts(self) -> Facts:
        """The whole ledger. To be asked when the roles have stopped."""
        return asyncio.run(_facts(self.site.ledger_url))


@dataclass(frozen=True)
class Facts:
    changes: list[ChangeRow]
    sights: list[SightRow]
    snapshots: list[SnapshotRow]
    gaps: list[GapRow]
    refusals: list[RefusalRow]
    committed: dict[str, Mark]

    def seen(self, network: str, moment: int) -> bool:
        """Whether somebody claims to have looked at the network then."""
        return any(
            row.network == network and not row.blind and row.start <= moment <= row.end for row in self.sights
        )

    def changes_of(self, node: str) -> list[ChangeRow]:
        return [row for row in self.changes if row.change.node == node]


async def _facts(url: str) -> Facts:
    async with await Ledger.open(url) as ledger:
        return Facts(
            await ledger.changes(),
            await ledger.sights(0, now_ms() + 3_600_000),
            await ledger.snapshots(limit=10_000),
            await ledger.gaps(),
            await ledger.refusals(),
            await ledger.committed(),
        )


def read_only(path: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return database.execute(query, values).fetchall()
    finally:
        database.close()


def assert_everything_once(facts: Facts) -> None:
    """Each event one row, no number missing, and each watch's changes a chain without repeats."""
    ids = [(row.event, row.change.node) for row in facts.changes]
    assert len(ids) == len(set(ids))
    assert facts.gaps == []
    assert facts.refusals == []
    chains: dict[tuple[str, str], list[ChangeRow]] = defaultdict(list)
    for row in facts.changes:
        assert row.origin is Origin.EVENT, f"a snapshot had to mend {row}"
        chains[row.change.node, row.change.network].append(row)
    for watch, rows in chains.items():
        for former, latter in pairwise(rows):
            told = (watch, former.change, latter.change)
            assert latter.change.old is former.change.new, told
            assert latter.change.new is not former.change.new, told
            assert latter.change.at >= former.change.at, told
    assert [row.disagreements for row in facts.snapshots if row.disagreements] == []


def assert_nothing_crashed(city: ChaosCity) -> None:
    """Whatever is in a role's way is told in a line of its log; a traceback is a fault of ours."""
    log = city.log.read_text(errors="replace")
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


def assert_outboxes_are_empty(city: ChaosCity, facts: Facts) -> None:
    """Nothing is left to say, and the ledger has the last number that each collector gave."""
    boxes = sorted((city.site.data / "collect").glob("*.db"))
    assert len(boxes) == len(city.site.networks)
    for box in boxes:
        assert read_only(box, "SELECT count(*) FROM events") == [(0,)], box
        ((collector, epoch, last),) = read_only(box, "SELECT collector, epoch, last FROM box")
        assert facts.committed[collector] == (epoch, last)


# -- processes


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended
        return []


def role_of(pid: int) -> str:
    """Which role a process plays; empty for none, or while it is still becoming one."""
    words = command_of(pid)
    if any("valkey" in word or "redis-server" in word for word in words[:1]):
        return SERVER
    if "run" not in words or "--site" not in words:
        return ""
    role = words[words.index("run") + 1]
    return f"collect {words[words.index('--network') + 1]}" if role == "collect" else role


def command_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:  # it has ended
        return []


def is_alive(pid: int) -> bool:
    """Whether it still runs or could run again: a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:  # it has ended
        return False


def processes_of(folder: Path) -> list[str]:
    """Everything alive that was started for this folder or works in it, whoever its parent is now."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid() or not is_alive(int(entry.name)):
            continue
        command = " ".join(command_of(int(entry.name)))
        if str(folder) in command or _works_in(entry, folder):
            found.append(f"{entry.name} {command}")
    return found


def _works_in(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").readlink().is_relative_to(folder)
    except OSError:  # it has ended, or is not ours
        return False
