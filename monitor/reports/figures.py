"""Adds up what watches come to: sums of time and of faults, never averages of averages."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from monitor.model.timeline import Parts
from monitor.reports.document import Budget, Figures, Repairs, Rules, Snapshots, WatchKey
from monitor.reports.measure import Piece

_MILLION = 1_000_000


class Sum:
    """The figures of a group, as its pieces are added."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._watches: set[WatchKey] = set()
        self._classes: set[int | None] = set()
        self._parts: list[Parts] = []
        self._repairs: list[Repairs] = []
        self._snapshots: list[Snapshots] = []

    def add(self, piece: Piece) -> None:
        self._watches.add(piece.stay.key)
        self._classes.add(piece.stay.node.point_class)
        self._parts.append(piece.parts)
        self._repairs.append(piece.repairs)
        self._snapshots.append(piece.snapshots)

    def figures(self) -> Figures:
        """The target is that of the class, where all pieces are of one."""
        one_class = next(iter(self._classes)) if len(self._classes) == 1 else None
        alone = len(self._parts) == 1
        if not self._parts:
            return Figures(0, Parts(), Repairs(), Snapshots(), None)
        return Figures(
            watches=len(self._watches),
            parts=self._parts[0] if alone else Parts.total(self._parts),
            repairs=self._repairs[0] if alone else _repairs(self._repairs),
            snapshots=self._snapshots[0] if alone else _snapshots(self._snapshots),
            target=None if one_class is None else self._rules.targets.get(one_class),
        )


def _repairs(found: Sequence[Repairs]) -> Repairs:
    *columns, longest = zip(*map(_all_of_repairs, found), strict=True)
    faults, closed, limited, within, late, took = map(sum, columns)
    return Repairs(faults, closed, limited, within, late, took, max(longest))


def _snapshots(found: Sequence[Snapshots]) -> Snapshots:
    return Snapshots(*map(sum, zip(*map(_all_of_snapshots, found), strict=True)))


_all_of_repairs: Final = attrgetter("faults", "closed", "limited", "within", "late", "took", "longest")
_all_of_snapshots: Final = attrgetter("online", "known", "expected")


def budget(point_class: int, figures: Figures, serving: int, window: tuple[int, int, int]) -> Budget | None:
    """The error budget of a class; None without a target.

    ``window``: start, cut and end of the period. After the cut the ``serving`` watches, those in service
    then, are taken to stay until the end.
    """
    if figures.target is None:
        return None
    start, cut, end = window
    parts = figures.parts
    # In whole numbers: what is allowed must be the same on every machine.
    allowed = _MILLION - round(figures.target * _MILLION)
    whole = (parts.stated + serving * (end - cut)) * allowed // _MILLION
    used = parts.degraded + parts.down
    most = used + parts.up_doubted + parts.unknown
    gone_at = start + whole * (cut - start) // used if used else end
    return Budget(point_class, figures.target, whole, used, most, gone_at if gone_at < end else None)
