"""What a report rests on: facts and decisions as they were read, with nothing worked out yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from monitor.config import Region
from monitor.model.decisions import Correction, Exclusion
from monitor.model.nodes import Kind, Level, Node
from monitor.model.spans import Span
from monitor.model.timeline import Step
from monitor.reports.cover import Looked
from monitor.reports.document import Archived, Rules, WatchKey
from monitor.reports.windows import Window

if TYPE_CHECKING:
    from monitor.ledger.columns import Columns


@dataclass(frozen=True, slots=True)
class Era:
    """From ``start`` to ``end`` this version of the node list was the valid one."""

    start: int
    end: int
    digest: str
    nodes: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the site itself says: its name, its rules, and what things are called."""

    site: str
    invented: bool
    rules: Rules
    networks: Mapping[str, str]
    regions: Mapping[str, Region]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about a window. ``eras`` in order, only those that touch it; ``steps`` in order from the
    first ever on, and some days beyond the window, for the doubt that they throw into it. ``exclusions``
    and ``corrections`` are the approved ones; a later correction outweighs an earlier one. ``upstream``:
    when being down was the fault of something above. ``columns``: the same ``steps`` in columns, where they
    were read so. ``archived``: what of the window is no longer in the database.
    """

    setting: Setting
    window: Window
    eras: Sequence[Era]
    sights: Sequence[Looked]
    steps: Mapping[WatchKey, Sequence[Step]]
    exclusions: Sequence[Exclusion] = ()
    corrections: Sequence[Correction] = ()
    upstream: Mapping[WatchKey, Sequence[Span]] = field(default_factory=dict)
    columns: Columns | None = None
    archived: Archived | None = None


def node_of(entry: Mapping[str, Any]) -> Node:
    """A node as a version of the inventory recorded it, without what only a collector needs.

    One that nobody asks is watched in no network.
    """
    level, commissioned, retired = (entry.get(name) for name in ("level", "commissioned", "retired"))
    return Node(
        id=entry["id"],
        kind=Kind(entry["kind"]),
        networks=tuple(entry["networks"]) if entry.get("asked", True) else (),
        addresses=(),
        probes=(),
        name=entry.get("name", ""),
        point_class=entry.get("class"),
        region=entry.get("region", ""),
        level=Level(level) if level else None,
        parents=tuple(entry.get("parents", ())),
        contractor=entry.get("contractor", ""),
        commissioned=date.fromisoformat(commissioned) if commissioned else None,
        retired=date.fromisoformat(retired) if retired else None,
    )
