"""What the ledger's queries answer with, and what an append reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from monitor.model.actions import Action
from monitor.model.events import Change, Event, EventId, Judged, ObserverTurned
from monitor.model.observations import Cause, State
from monitor.model.orders import Order
from monitor.model.outages import Blame, Outage
from monitor.model.sequences import Mark

Judgement = Judged | ObserverTurned | Outage | Order
"""What the monitor tells others."""


class Origin(StrEnum):
    """How a change came into the ledger: said as it happened, or found missing by a snapshot."""

    EVENT = "event"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append made of a batch.

    ``fresh``: the events that are new, in order; the changes by which a snapshot mended the ledger stand
    right behind it under its id. ``committed``: for each collector of the batch the mark that it may
    forget up to. ``waiting``: collectors that must send again from their mark on. ``gaps``: how many
    holes were recorded that nobody can fill. ``refused``: how many entries were refused.
    ``changes``: the fresh changes with their numbers, those that mended among them: they wait to be judged.
    """

    fresh: tuple[Event, ...]
    committed: Mapping[str, Mark]
    waiting: frozenset[str]
    gaps: int
    refused: int
    changes: tuple[tuple[int, Change], ...] = ()


@dataclass(frozen=True, slots=True)
class StandingRow:
    """The latest state of a watch: since ``at``, by the change with this id, which ``probe`` confirmed."""

    node: str
    network: str
    state: State
    cause: Cause
    at: int
    change_id: int
    detected_at: int
    probe: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A recorded change. Those that one snapshot mended share its event id."""

    id: int
    event: EventId
    origin: Origin
    change: Change
    recorded_at: int


@dataclass(frozen=True, slots=True)
class SightRow:
    """An unbroken interval in which a collector looked at a shard, or was blind; at most about an hour.

    ``event`` is the last sight merged into it. While it is not ``sealed``, ``end`` may still grow.
    """

    id: int
    event: EventId
    network: str
    shard: int
    shards: int
    start: int
    end: int
    watches: int
    probes: int
    blind: bool
    inventory: str
    sealed: bool


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A recorded snapshot with what it and the ledger disagreed on (JSON objects, one a watch)."""

    id: int
    event: EventId
    network: str
    shard: int
    shards: int
    at: int
    inventory: str
    body: Mapping[str, Any]
    disagreements: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ObserverRow:
    """A collector went blind or saw again, at the start of the first sight that says so."""

    id: int
    event: EventId
    network: str
    at: int
    blind: bool
    recorded_at: int


@dataclass(frozen=True, slots=True)
class JudgementRow:
    """The n-th thing that the monitor tells others, and when it was recorded."""

    sequence: int
    time: int
    payload: Judgement


@dataclass(frozen=True, slots=True)
class JudgementMarks:
    """The highest sequence of judgements given, and confirmed; both count within the epoch."""

    epoch: int
    last: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class OpenOutage:
    """An outage as it was told last, and the watches that are down (or unseen) for it now."""

    outage: Outage
    members: tuple[Blame, ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A node that was down for an outage. ``still``: it is so now."""

    node: str
    still: bool


@dataclass(frozen=True, slots=True)
class AlertRecordRow:
    """Something that the alert role said that it did, when it was said and when recorded."""

    event: EventId
    type: str
    subject: str
    time: int
    body: Mapping[str, Any]
    recorded_at: int


@dataclass(frozen=True, slots=True)
class News:
    """What others may have added: how far judgements are, the link of the last decision, and the number of
    the last change.
    """

    marks: JudgementMarks
    decided: int
    changes: int


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """A version of the node list, as it was when it was first recorded."""

    digest: str
    recorded_at: int
    nodes: int
    body: Any


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report that was made: what was asked, which revision it is, and its files as they were then.

    ``key`` is the same for all revisions of one question.
    """

    key: str
    revision: int
    digest: str
    made_at: int
    question: Mapping[str, Any]
    files: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActionRow:
    """A line of the audit trail, and its link in the chain."""

    link: int
    action: Action


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """Links ``first`` to ``last``, all recorded before ``until``, as they left for a file.

    ``hash_before`` is the hash before the first, ``hash_last`` that of the last; ``sha256`` is the file's,
    ``base_sha256`` that of where each watch stood then.
    """

    number: int
    first: int
    last: int
    hash_before: str
    hash_last: str
    until: int
    file: str
    sha256: str
    base_sha256: str
    exported_at: int


@dataclass(frozen=True, slots=True)
class GapRow:
    """Sequences of a collector that were never seen and can never come."""

    collector: str
    epoch: int
    first: int
    last: int
    noticed_at: int


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """An entry of a stream that was no event of ours, and why."""

    stream: str
    entry: str
    error: str
    at: int
