"""Outages that are open, with the watches that are down for them: the records of the outage engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from monitor.live.topology import Topology, Watch
from monitor.model.observations import Cause
from monitor.model.outages import NAMED_NODES, Ending, Outage, OutageKind, Phase


@dataclass(slots=True, eq=False)
class Down:
    """A watch that is down, by its change. Moments in milliseconds.

    ``number``: of the change, as long as it is not judged. ``since``: from when on what is said of its cause
    holds. ``case``: the outage that it belongs to; None while it is held. ``cleared``: something right above
    it answered after it fell. ``waits``: how often it waited for the cause of its parent's fall.
    """

    watch: Watch
    at: int
    not_before: int | None
    detected_at: int
    cause: Cause
    number: int | None
    since: int
    case: Case | None = None
    cleared: bool = False
    waits: int = 0


@dataclass(frozen=True, slots=True)
class Back:
    """A watch that answers again since ``at``, milliseconds; what hung on it may still be down."""

    watch: Watch
    at: int


@dataclass(slots=True, eq=False)
class Case:
    """An open outage. ``told``: what was last said of it; ``told_at``: when.

    ``returned_at``: since when its root is well again, while others are still down for it.
    """

    told: Outage
    told_at: int
    members: dict[Watch, Down] = field(default_factory=dict)
    most: int = 1
    returned_at: int | None = None
    recheck_until: int = 0
    joined_at: int = 0
    is_dirty: bool = False

    @property
    def id(self) -> str:
        return self.told.id

    @property
    def root(self) -> Watch:
        return (self.told.root, self.told.network)

    @property
    def is_common(self) -> bool:
        """Whether its root is only suspected."""
        return self.told.kind is OutageKind.SUSPECTED

    def add(self, down: Down) -> None:
        down.case = self
        self.members[down.watch] = down
        self.most = max(self.most, len(self.members))

    def outage(self, topology: Topology, phase: Phase, **other: object) -> Outage:
        """How it is now, for telling. An observer's outage has no members: those are unseen."""
        if self.told.kind is OutageKind.OBSERVER:
            return replace(self.told, phase=phase, **other)  # type: ignore[arg-type]
        count = self.most if phase is Phase.CLOSED else len(self.members)
        return replace(
            self.told,
            phase=phase,
            affected=max(1, count),
            classes=self._classes(phase, topology),
            nodes=self.told.nodes if phase is Phase.CLOSED else names(self.members),
            **other,  # type: ignore[arg-type]
        )

    def _classes(self, phase: Phase, topology: Topology) -> dict[int, int]:
        """The opening word counted all behind the root, of which nothing may have failed since."""
        told = dict(self.told.classes)
        is_first = self.told.kind is OutageKind.NODE and self.told.phase is Phase.OPENED
        if phase is Phase.CLOSED:
            return classes([self.root], topology) if is_first and self.most < self.told.behind else told
        return told if is_first and len(self.members) <= 1 else classes(self.members, topology)

    def closed(self, topology: Topology, ended_at: int, ending: Ending, into: str = "") -> Outage:
        at = max(ended_at, self.told.at)
        return self.outage(topology, Phase.CLOSED, ended_at=at, ending=ending, merged_into=into)


def classes(watches: Iterable[Watch], topology: Topology) -> dict[int, int]:
    """How many points of each class."""
    counted = Counter(topology.point_class(watch) for watch in watches)
    return {number: count for number, count in sorted(counted.items(), key=str) if number is not None}


def names(watches: Iterable[Watch]) -> tuple[str, ...]:
    """Some of them, always the same."""
    return tuple(sorted(node for node, _ in watches)[:NAMED_NODES])
