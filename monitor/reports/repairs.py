"""Faults held against what the repair of one may take."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.model.faults import Fault
from monitor.model.nodes import Node
from monitor.reports.document import Repairs, Rules


def limit_of(node: Node, rules: Rules) -> int | None:
    """Milliseconds that a repair may take there, by its class; None: nothing is said of it."""
    return None if node.point_class is None else rules.repair_limits.get(node.point_class)


def repairs(faults: Iterable[Fault], limit: int | None) -> Repairs:
    """What these faults come to, by the clock of repairs. ``limit`` None: there is none."""
    found = list(faults)
    closed = [fault.repair for fault in found if fault.end is not None]
    still_open = [fault.repair for fault in found if fault.end is None]
    return Repairs(
        faults=len(found),
        closed=len(closed),
        limited=0 if limit is None else len(closed),
        within=0 if limit is None else sum(repair <= limit for repair in closed),
        late=0 if limit is None else sum(repair > limit for repair in still_open),
        took=sum(closed),
        longest=max((fault.repair for fault in found), default=0),
    )
