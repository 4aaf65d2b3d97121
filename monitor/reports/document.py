"""A report as plain facts and figures: what every format shows, in no language and with no look.

Everything here follows from the ledger, the rules and what was asked for; nothing from when or by whom the
report was made. So its digest is the same whenever it is made again from the same facts; what is not
reproducible (moment, revision, signature) stands in the :class:`Proof` beside it.

Moments are milliseconds UTC, spans are milliseconds, rates 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from monitor.model.decisions import Correction, Exclusion
from monitor.model.observations import Cause
from monitor.model.timeline import Parts, Rate, Verdict
from monitor.model.times import format_time
from monitor.reports.codec import SPARSE

SCHEMA: Final = "quanshi.report/1"

SIGNED_FORM: Final = 3
"""Of the text that is signed today."""

TABLES: Final = ("city", "county", "town", "network", "class", "kind", "contractor")
"""By what the watches of a report are grouped; each report holds all of these tables."""

BY_NODE: Final = "node"
"""The table that was asked for may also be that of the watches themselves."""

WatchKey = tuple[str, str]
"""Node and network."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By what the figures were judged. ``targets`` and ``repair_limits`` (milliseconds) are by class.

    ``inspections``: times of day (minutes after midnight) of the online-rate snapshots. ``digest``: 16 hex
    digits that change with any of them.
    """

    targets: Mapping[int, float]
    repair_limits: Mapping[int, int]
    inspections: tuple[int, ...]
    degrades: tuple[Cause, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Online rate at inspection times: how many were online, known and expected, over all inspections."""

    online: int = 0
    known: int = 0
    expected: int = 0

    @property
    def rate(self) -> float | None:
        return self.online / self.known if self.known else None


@dataclass(frozen=True, slots=True)
class Repairs:
    """Faults, by the clock of repairs. ``within`` of ``closed`` were repaired inside their class's limit.

    ``took`` adds up the repairs of closed faults; ``late`` counts open ones that are past the limit.
    """

    faults: int = 0
    closed: int = 0
    limited: int = 0
    within: int = 0
    late: int = 0
    took: int = 0
    longest: int = 0

    @property
    def mean(self) -> float | None:
        """MTTR, mean time to repair, in milliseconds."""
        return self.took / self.closed if self.closed else None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said of a group of watches, or of one.

    ``target`` is None where the group has no single one. ``between``: mean time between failures.
    """

    watches: int
    parts: Parts
    repairs: Repairs
    snapshots: Snapshots
    target: float | None

    @property
    def intact(self) -> Rate:
        return self.parts.intact

    @property
    def verdict(self) -> Verdict:
        return self.intact.verdict(self.target)

    @property
    def between(self) -> float | None:
        """MTBF: time not down, per fault, in milliseconds."""
        working = self.parts.up + self.parts.degraded
        return working / self.repairs.faults if self.repairs.faults else None


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a table: a code, a class or an id, and its name for people (empty where there is none).

    A watch that moved from one group to another counts in each for as long as it was there. ``within``:
    of a town the name of its county.
    """

    key: str
    name: str
    figures: Figures
    within: str = ""


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One watch. What it was at the end of the window, or when it left service.

    ``region`` is a code, ``county`` and ``town`` are names, or codes where there are no names. ``flapping``
    counts how often it began to flap.
    """

    node: str
    name: str
    network: str
    kind: str
    point_class: int | None
    region: str
    county: str
    town: str
    contractor: str
    figures: Figures
    changes: int
    flapping: int

    @property
    def key(self) -> WatchKey:
        return (self.node, self.network)


@dataclass(frozen=True, slots=True)
class OutageRow:
    """One fault of one watch, with where the watch belonged when it began.

    ``end`` None: it lasted when the window ended. ``lasted``: from ``start`` to its end or the window's,
    whether or not anybody looked. ``down``: what of it lies in the window, was seen and counts.
    ``repair``: ``lasted`` less the time for which the clock of repairs stands still (exclusions).
    ``limit``: what the repair may take in this class. ``over_30_days``: in the list of long faults, that
    it lasted longer than that; reports of the first versions never say so.
    """

    node: str
    name: str
    network: str
    county: str
    town: str
    contractor: str
    start: int
    not_before: int
    end: int | None
    cause: Cause
    lasted: int
    down: int
    repair: int
    limit: int | None
    over_30_days: bool = field(default=False, metadata=SPARSE)


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """An approved exclusion that left out something: of how many watches, and how much of their time.

    ``time`` (milliseconds) counts what overlaps another exclusion in each of them.
    """

    exclusion: Exclusion
    watches: int
    time: int


@dataclass(frozen=True, slots=True)
class UnseenRow:
    """A time in which nobody looked at part of a network. ``blind``: the collector itself said so.

    ``shard`` is ``0/1``; ``watches``: how many of the report's watches were in service and not seen.
    """

    network: str
    shard: str
    start: int
    end: int
    blind: bool
    watches: int


@dataclass(frozen=True, slots=True)
class Budget:
    """The error budget of a class, in milliseconds of watches: what its target allows to be not intact.

    ``whole`` is for all of the period, as far as it is not excluded; ``used`` what was not intact until
    the window was cut, ``used_at_most`` with all doubt and unknown time. ``gone_at``: when it is gone at
    the rate of the window so far (past or future); None: it lasts for the period.
    """

    point_class: int
    target: float
    whole: int
    used: int
    used_at_most: int
    gone_at: int | None

    @property
    def left(self) -> float:
        """What share is left; negative when more was used than there was."""
        return 1 - self.used / self.whole if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class InventoryUse:
    """From ``start`` on this version of the node list was the valid one."""

    start: int
    digest: str
    nodes: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """The online rate at one inspection time."""

    at: int
    online: int
    known: int
    expected: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the site's calendar (ISO date) within the window."""

    date: str
    parts: Parts


@dataclass(frozen=True, slots=True)
class Archived:
    """What was recorded before ``end`` has left the database; what is of the window is in these ``files``."""

    end: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """See the module. ``end`` is where the window was cut: the period's end, or the last known moment.

    ``period`` is what was asked for (``2026``, ``2026-10``, ``2026-W44``, ``2026-10-05``), empty for a
    window from one moment to another. ``networks`` pairs keys with names for people. ``scope`` are pairs
    such as ("class", "1"); empty: all watches. ``by`` names the table that was asked for. ``uncorrected``
    is ``total`` as it would be without the corrections; None where there are none. ``outages`` are faults
    that lasted an hour or more (of very many the longest), ``long_offline`` those of more than 72 hours;
    ``outages_in_all`` counts all faults, however short. ``worst`` and ``flappers``: at most 20 each, the
    worst first. ``archived``: facts that the report would need are no longer in the database; it takes that
    time as unknown.
    """

    site: str
    invented: bool
    zone: str
    period: str
    start: int
    end: int
    period_end: int
    networks: tuple[tuple[str, str], ...]
    scope: tuple[tuple[str, str], ...]
    by: str
    rules: Rules
    inventories: tuple[InventoryUse, ...]
    total: Figures
    tables: Mapping[str, tuple[Group, ...]]
    nodes: tuple[NodeRow, ...]
    days: tuple[Day, ...]
    inspections: tuple[Inspection, ...]
    outages: tuple[OutageRow, ...]
    outages_in_all: int
    exclusions: tuple[ExclusionRow, ...]
    corrections: tuple[Correction, ...]
    uncorrected: Figures | None
    unseen: tuple[UnseenRow, ...]
    budgets: tuple[Budget, ...]
    worst: tuple[WatchKey, ...]
    long_offline: tuple[OutageRow, ...]
    flappers: tuple[WatchKey, ...]
    schema: str = field(default=SCHEMA)
    archived: Archived | None = field(default=None, metadata=SPARSE)

    @property
    def complete(self) -> bool:
        """Whether the period was over when the window was cut."""
        return self.end >= self.period_end

    @property
    def classes(self) -> tuple[Group, ...]:
        """The table by class, in the order of classes; what has none is called ``none``."""
        return self.tables["class"]

    @property
    def groups(self) -> tuple[Group, ...]:
        """The table that was asked for. By node: each watch, called ``node@network``."""
        if self.by == BY_NODE:
            return tuple(Group(f"{row.node}@{row.network}", row.name, row.figures) for row in self.nodes)
        return self.tables[self.by]


@dataclass(frozen=True, slots=True)
class Proof:
    """What makes a report checkable: which facts it rests on, and who vouches for it.

    ``links``/``head``: length and last hash (hex) of the ledger's chain. ``signature`` (Ed25519, hex) is
    that of the text that docs/ledger.md names, made with the ledger's key, of which ``key`` is the public
    half (hex). ``revision`` counts the different reports of the same question. ``software``: the program
    that made it; ``wording``: 16 hex digits that change with anything that could change a cell that people
    see. Both are empty in reports of the first versions. ``form``: which text is signed, see :meth:`text`;
    0 in reports of versions that did not say it.
    """

    digest: str
    revision: int
    made_at: int
    links: int
    head: str
    key: str
    signature: str
    software: str = field(default="", metadata=SPARSE)
    wording: str = field(default="", metadata=SPARSE)
    form: int = field(default=0, metadata=SPARSE)

    def text(self) -> bytes:
        """What is signed: eight lines, each ended by a line feed; in earlier versions six, in the first four.

        By what it was made is signed too: who edits a cell must not be able to say that it cannot be checked.
        So is which revision it is, and of when: nobody passes an old one off as the newest.
        """
        digest, chain = f"digest {self.digest}", (f"links {self.links}", f"hash {self.head}")
        by = (f"software {self.software}", f"wording {self.wording}")
        lines = ["quanshi report 1", digest, *chain]
        if self.form == SIGNED_FORM:
            made = (f"revision {self.revision}", f"made {format_time(self.made_at)}")
            lines = ["quanshi report 3", digest, *made, *chain, *by]
        elif self.software or self.wording:
            lines = ["quanshi report 2", digest, *chain, *by]
        return "".join(f"{line}\n" for line in lines).encode()
