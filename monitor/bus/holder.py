"""Which process holds something, so that another on the same machine can tell whether it still lives."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Holder:
    """A process and what it holds. ``text`` is different for each call of :meth:`me`.

    ``machine`` is one boot of one machine, and in it one space of process ids; ``started`` tells a process
    from a later one with its id.
    """

    name: str
    pid: int = 0
    machine: str = ""
    started: str = ""
    token: str = ""

    @classmethod
    def me(cls) -> Self:
        pid = os.getpid()
        name = f"{socket.gethostname() or 'unnamed'}:{pid}"
        return cls(name, pid, _machine(), _started(pid), secrets.token_hex(8))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Who wrote this; for a text of anybody else's, somebody of that name of whom nothing is known."""
        name, *rest = text.split(" ")
        if len(rest) != 3:
            return cls(text)
        pid = name.rpartition(":")[2]
        return cls(name, int(pid) if pid.isdecimal() and pid.isascii() else 0, *rest)

    @property
    def text(self) -> str:
        return f"{self.name} {self.machine} {self.started} {self.token}"

    def is_dead(self) -> bool:
        """Whether it certainly lives no more. False whenever there is doubt: it may be elsewhere."""
        known = self.pid and self.machine and self.started
        return bool(known) and self.machine == _machine() and _started(self.pid) != self.started


def _machine() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When it started, in the kernel's ticks; empty when there is no such process, or only its remains."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    # The name of the program, in brackets, may hold anything.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in ("Z", "X") else fields[19]
