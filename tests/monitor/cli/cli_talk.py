"""The commands as people and programs use them: real processes, real output."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from small_site import camera, write_site

from monitor.cli import main

COMMAND = (sys.executable, "-m", "monitor.cli")
REPOSITORY = Path(__file__).resolve().parents[3]
JUDGE = {"confirm": 1, "recover": 1, "retry": ["200ms"]}
PATIENCE = 60.0
"""Machines that test are busy: a start takes seconds there."""


def environment(**more: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if name != "QUANSHI_SITE"}
    return {**known, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80", **more}


def quanshi(*arguments: object, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """One command, run to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=cwd,
        env=environment(**more),
    )


@dataclass(frozen=True)
class Answer:
    returncode: int
    stdout: str
    stderr: str


def quanshi_here(*arguments: object) -> Answer:
    """The same in this process, which saves the start of another: for what only reads and writes files."""
    said = CliRunner().invoke(main, [str(argument) for argument in arguments], env={"COLUMNS": "80"})
    if said.exception is not None and not isinstance(said.exception, SystemExit):
        raise said.exception
    return Answer(said.exit_code, said.stdout, said.stderr)


def on_terminal(*arguments: object) -> tuple[int, str]:
    """The same with a terminal for its output: (exit status, what it showed)."""
    ours, theirs = pty.openpty()
    command = [*COMMAND, *map(str, arguments)]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment()) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        os.close(ours)
        return process.wait(PATIENCE), shown.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed
        return b""


def wait_until(condition: Callable[[], object], within: float = PATIENCE, what: str = "") -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {what or condition}"
        time.sleep(0.05)


@dataclass
class Running:
    """A ``quanshi run …`` with its log, which is JSON lines here."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """The log's lines about this event."""
        return [
            line
            for line in self.lines()
            if event in line["event"] and all(line.get(key) == value for key, value in fields.items())
        ]

    def lines(self) -> list[dict[str, Any]]:
        """All lines so far. Whatever is no JSON (a traceback, say) fails the test."""
        return [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if "\n" in line]

    def wait_for(self, event: str, count: int = 1, **fields: object) -> None:
        wait_until(lambda: len(self.said(event, **fields)) >= count or self._ended(), what=event)
        assert len(self.said(event, **fields)) >= count, self.log.read_text()

    def children(self) -> dict[str, int]:
        """Process ids of the living children by role (``collect``, ``monitor``, ``alert``, ``server``)."""
        return {_role_of(words): pid for pid, words in family(self.process.pid)}

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ask it to end; the seconds that this took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - begun

    def _ended(self) -> bool:
        return self.process.poll() is not None


@contextmanager
def running(log: Path, *arguments: object, **more: str) -> Iterator[Running]:
    """``quanshi run`` with these arguments, in the background."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*COMMAND, "run", *map(str, arguments)], stdout=output, stderr=output, env=environment(**more)
        )
    found = Running(process, log)
    try:
        yield found
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def family(parent: int) -> list[tuple[int, list[str]]]:
    """The living children of a process with their command lines."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            state, ppid = (directory / "stat").read_text().rpartition(")")[2].split()[:2]
            words = (directory / "cmdline").read_text().split("\0")
        except OSError:  # it has just ended
            continue
        if int(ppid) == parent and state not in "ZX":
            found.append((int(directory.name), words))
    return found


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def _role_of(words: list[str]) -> str:
    return words[words.index("run") + 1] if "run" in words else "server"


def unsent(data: Path) -> int:
    """How many events nobody has confirmed: those in outboxes, and the judgements of the ledger."""
    boxes = [(box, "SELECT count(*) FROM events") for box in (data / "collect").glob("*.db")]
    ledgers = [(data / "ledger.db", "SELECT judgements - confirmed FROM head")]
    return sum(_number(database, query) for database, query in boxes + ledgers)


def heard(data: Path) -> int:
    """How many events the alert role of this data directory ever heard."""
    return _number(data / "alerts.db", "SELECT coalesce(sum(count), 0) FROM heard")


def _number(path: Path, query: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        found: int = database.execute(query).fetchone()[0]
    return found


def plain(text: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def two_cameras(folder: Path, open_port: int, closed_port: int = 9, /, **settings: object) -> Path:
    """The site.yaml of a site with one camera that is up and one that is down."""
    nodes = [
        camera("cam-1", name="河西路口", address=f"127.0.0.1:{open_port}", probes="tcp@1s"),
        camera("cam-2", name="河东路口", address=f"127.0.0.2:{closed_port}", probes="tcp@1s"),
    ]
    return write_site(folder, nodes, judge=JUDGE, **settings)
