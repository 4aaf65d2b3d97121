"""The table that was asked for as CSV: the names of programs, times in milliseconds, rates as decimals."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from monitor.model.times import format_time
from monitor.reports.document import Figures, Group, Proof, Report
from monitor.reports.jsonform import millionths

_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_FIGURES: Final[Mapping[str, Callable[[Figures], Any]]] = {
    "watches": lambda one: one.watches,
    "target": lambda one: share(one.target),
    "verdict": lambda one: one.verdict.value,
    "intact": lambda one: share(one.intact.value),
    "intact_low": lambda one: share(one.intact.low),
    "intact_high": lambda one: share(one.intact.high),
    "online": lambda one: share(one.parts.online.value),
    "online_low": lambda one: share(one.parts.online.low),
    "online_high": lambda one: share(one.parts.online.high),
    "own_fault": lambda one: share(one.parts.own_fault.value),
    "own_fault_low": lambda one: share(one.parts.own_fault.low),
    "own_fault_high": lambda one: share(one.parts.own_fault.high),
    "inspected_online": lambda one: one.snapshots.online,
    "inspected_known": lambda one: one.snapshots.known,
    "inspected_expected": lambda one: one.snapshots.expected,
    "inspected_rate": lambda one: share(one.snapshots.rate),
    "coverage": lambda one: share(one.parts.coverage),
    "up_ms": lambda one: one.parts.up,
    "degraded_ms": lambda one: one.parts.degraded,
    "down_own_ms": lambda one: one.parts.down_own,
    "down_upstream_ms": lambda one: one.parts.down_upstream,
    "excluded_ms": lambda one: one.parts.excluded,
    "unknown_ms": lambda one: one.parts.unknown,
    "faults": lambda one: one.repairs.faults,
    "faults_closed": lambda one: one.repairs.closed,
    "faults_limited": lambda one: one.repairs.limited,
    "faults_in_time": lambda one: one.repairs.within,
    "faults_late": lambda one: one.repairs.late,
    "longest_ms": lambda one: one.repairs.longest,
    "mean_repair_ms": lambda one: _whole(one.repairs.mean),
    "mean_between_faults_ms": lambda one: _whole(one.between),
}


def write_csv(report: Report, proof: Proof, _language: str, path: Path) -> None:
    """Write the table, UTF-8, one row a group. Raises OSError where that cannot be done.

    Each row says to which report it belongs, so that rows of several can be put together.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        about = _about(report, proof)
        table.writerow(["by", "key", "name", "within", *_FIGURES, *about])
        for group in report.groups:
            table.writerow([*_named(report, group), *_cells(group.figures), *about.values()])


def _about(report: Report, proof: Proof) -> dict[str, Any]:
    return {
        "site": text(report.site),
        "invented": str(report.invented).lower(),
        "from": format_time(report.start),
        "to": format_time(report.end),
        "complete": str(report.complete).lower(),
        "digest": proof.digest,
        "revision": proof.revision,
    }


def _named(report: Report, group: Group) -> list[str]:
    return [report.by, text(group.key), text(group.name), text(group.within)]


def _cells(figures: Figures) -> list[Any]:
    return [read(figures) for read in _FIGURES.values()]


def share(value: float | None) -> str:
    """Six decimals, cut off; empty where there is nothing to say."""
    whole = millionths(value)
    return "" if whole is None else f"{whole // 1_000_000}.{whole % 1_000_000:06}"


def text(value: str) -> str:
    """What people named, so that no spreadsheet takes it for a formula."""
    return f"'{value}" if value.startswith(_FORMULAS) else value


def _whole(span: float | None) -> int | str:
    return "" if span is None else round(span)
