"""What processes use, read from /proc; and the table that the figures are printed in."""

from __future__ import annotations

import ctypes
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
MIB: Final = 1 << 20

_LIBC: Final = ctypes.CDLL(None)


class NotMeasuredError(Exception):
    """What was measured is not what the figure would say; the text tells why."""


@dataclass(frozen=True)
class Budget:
    """The figure may be at most this much. Its text names where that is said, unless it is design.md §10."""

    most: float
    text: str

    def keeps(self, figure: float) -> bool:
        return figure <= self.most


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``values`` are the rounds; their median counts."""

    what: str
    values: tuple[float, ...]
    show: Callable[[float], str]
    budget: Budget | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def ok(self) -> bool:
        return self.budget is None or self.budget.keeps(self.median)

    def line(self) -> str:
        verdict = "" if self.budget is None else "ok" if self.ok else "OVER"
        budget = self.budget.text if self.budget else ""
        return f"{self.what:<46} {self.show(self.median):>12} {budget:>13} {verdict:>5}".rstrip()


HEADING: Final = f"{'what':<46} {'median':>12} {'budget':>13}"


def micros(value: float) -> str:
    return f"{value * 1e6:.1f} µs"


def millis(value: float) -> str:
    return f"{value * 1e3:.1f} ms"


def seconds(value: float) -> str:
    return f"{value:.2f} s"


def times(value: float) -> str:
    return f"{value:.2f} ×"


def share(value: float) -> str:
    return f"{value * 100:.1f} %"


def mebibytes(value: float) -> str:
    return f"{value / MIB:.0f} MiB"


def at_most(most: float, show: Callable[[float], str], section: str = "") -> Budget:
    """A budget of design.md §10, or of another ``section`` of it."""
    origin = f" ({section})" if section else ""
    return Budget(most, f"≤ {show(most)}".replace(".0 ", " ") + origin)


def family(pid: int, childless: Callable[[int], bool] = lambda pid: False) -> Iterator[int]:
    """A process and all that descend from it, at this moment; not below those that count as childless."""
    yield pid
    for task in () if childless(pid) else (PROC / str(pid) / "task").glob("*/children"):
        for child in _read(task).split():
            yield from family(int(child), childless)


def cpu_of(pids: Iterable[int]) -> float:
    """CPU seconds, user and system, that these processes and their reaped children have used so far.

    Counted by the nanosecond, with the threads that ended; the children by the clock tick, 10 ms.
    Raises NotMeasuredError for a process that is gone: it used more than nothing.
    """
    return sum(_own_cpu(pid) + _children_cpu(pid) for pid in pids)


def _own_cpu(pid: int) -> float:
    # Of /proc, schedstat knows only living threads and stat only ticks: POSIX has a clock for it.
    clock = ctypes.c_int()
    if _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise _gone(pid)
    try:
        return time.clock_gettime(clock.value)
    except OSError:
        raise _gone(pid) from None


def _children_cpu(pid: int) -> float:
    # After the name in brackets, which may hold anything: state is field 3, cutime and cstime are 16 and 17.
    fields = _read(PROC / str(pid) / "stat").rpartition(")")[2].split()
    if not fields:
        raise _gone(pid)
    return sum(int(ticks) for ticks in fields[13:15]) / TICKS_PER_SECOND


def memory_of(pid: int) -> tuple[int, int]:
    """Bytes of (PSS, RSS): PSS counts what processes share once, divided among them.

    Raises NotMeasuredError for a process that is gone.
    """
    rows = (line.split() for line in _read(PROC / str(pid) / "smaps_rollup").splitlines())
    sizes = {row[0]: int(row[1]) * 1024 for row in rows if row[0] in ("Pss:", "Rss:")}
    if len(sizes) < 2:
        raise _gone(pid)
    return sizes["Pss:"], sizes["Rss:"]


def _gone(pid: int) -> NotMeasuredError:
    return NotMeasuredError(f"process {pid} ended while it was measured")


def command_of(pid: int) -> str:
    return _read(PROC / str(pid) / "cmdline").replace("\0", " ").strip()


def _read(path: Path) -> str:
    """Empty when the process ended in the meantime."""
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
