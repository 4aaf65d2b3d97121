"""What processes use, read from /proc; and the table that the figures are printed in."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
MIB: Final = 1 << 20


@dataclass(frozen=True)
class Budget:
    """A promise of design.md §10: the figure may be at most this much."""

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


def at_most(most: float, show: Callable[[float], str]) -> Budget:
    return Budget(most, f"≤ {show(most)}".replace(".0 ", " "))


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it, at this moment."""
    yield pid
    for task in (PROC / str(pid) / "task").glob("*/children"):
        for child in _read(task).split():
            yield from family(int(child))


def cpu_of(pids: Iterable[int]) -> float:
    """CPU seconds, user and system, that these processes and their reaped children have used so far."""
    return sum(_cpu(pid) for pid in pids)


def _cpu(pid: int) -> float:
    # After the name in brackets, which may hold anything: state is field 3, utime to cstime are 14 to 17.
    fields = _read(PROC / str(pid) / "stat").rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS_PER_SECOND


def memory_of(pid: int) -> tuple[int, int]:
    """Bytes of (PSS, RSS): PSS counts what processes share once, divided among them."""
    rows = (line.split() for line in _read(PROC / str(pid) / "smaps_rollup").splitlines())
    sizes = {row[0]: int(row[1]) * 1024 for row in rows if row[0] in ("Pss:", "Rss:")}
    return sizes.get("Pss:", 0), sizes.get("Rss:", 0)


def command_of(pid: int) -> str:
    return _read(PROC / str(pid) / "cmdline").replace("\0", " ").strip()


def _read(path: Path) -> str:
    """Empty when the process ended in the meantime."""
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
