"""Outages: watches that are down for one common reason, with its root. And whose fault a change was. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any, ClassVar, Final, Self

from monitor.model.observations import Cause
from monitor.model.times import format_time, parse_time

NAMED_NODES: Final = 20
"""How many of the affected nodes an outage names; all of them are found by their attributions."""


class Attribution(StrEnum):
    """Whose fault it is that a watch is not up."""

    OWN = "own"
    UPSTREAM = "upstream"  # something above it that is asked itself
    SUSPECTED = "suspected"  # something that it has in common with others, and that nobody can ask
    OBSERVER = "observer"  # nobody looked, or could


class OutageKind(StrEnum):
    """What the root of an outage is."""

    NODE = "node"
    SUSPECTED = "suspected"
    OBSERVER = "observer"


class Phase(StrEnum):
    OPENED = "opened"
    CHANGED = "changed"
    CLOSED = "closed"


class Ending(StrEnum):
    """How an outage ended."""

    RECOVERED = "recovered"
    MERGED = "merged"  # it turned out to be a part of another
    RETIRED = "retired"  # its root is watched no longer


class Common(StrEnum):
    """What a suspected root may be, beside a node that cannot be asked: its id is ``region:440983``."""

    REGION = "region"
    CONTRACTOR = "contractor"
    NETWORK = "network"

    def root(self, name: str) -> str:
        return f"{self.value}:{name}"


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage as it is told: opened, changed, closed. Moments as in a change, milliseconds.

    ``root``: the id of the node, of what is suspected (see :class:`Common`), or the name of the collector
    that does not see. ``name``, ``region`` and ``contractor`` are the root's, as the inventory had them.

    ``affected``: the watches that are down (or unseen) for it, its root among them; in a closed one, how
    many they were at most. ``behind``: how many are reached through the root alone, so that the size is known
    before all of them are. ``classes``: of these, how many of each point class. ``nodes`` names some.
    ``excluded``: the approved maintenance that covers the root now. ``merged_into``: the outage that it
    became a part of.
    """

    PREFIX: ClassVar[str] = "quanshi.outage."

    id: str
    phase: Phase
    kind: OutageKind
    network: str
    root: str
    name: str
    region: str
    contractor: str
    at: int
    not_before: int | None
    detected_at: int
    cause: Cause
    affected: int = 1
    behind: int = 1
    classes: Mapping[int, int] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()
    excluded: str = ""
    ended_at: int | None = None
    ending: Ending | None = None
    merged_into: str = ""

    @property
    def type(self) -> str:
        return self.PREFIX + self.phase.value

    @property
    def subject(self) -> str:
        return f"{self.network}/{self.id}"

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind.value,
            "network": self.network,
            "root": self.root,
            "name": self.name,
            "region": self.region,
            "contractor": self.contractor,
            "at": format_time(self.at),
            "not_before": _moment(self.not_before),
            "detected_at": format_time(self.detected_at),
            "cause": self.cause.value,
            "affected": self.affected,
            "behind": self.behind,
            "classes": {str(number): count for number, count in sorted(self.classes.items())},
            "nodes": list(self.nodes),
            "excluded": self.excluded,
            "phase": self.phase.value,
            "ended_at": _moment(self.ended_at),
            "ending": None if self.ending is None else self.ending.value,
            "merged_into": self.merged_into,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            id=data["id"],
            phase=Phase(data["phase"]),
            kind=OutageKind(data["kind"]),
            network=data["network"],
            root=data["root"],
            name=data["name"],
            region=data["region"],
            contractor=data["contractor"],
            at=parse_time(data["at"]),
            not_before=_parsed(data["not_before"]),
            detected_at=parse_time(data["detected_at"]),
            cause=Cause(data["cause"]),
            affected=data["affected"],
            behind=data.get("behind", data["affected"]),
            classes={int(number): count for number, count in data["classes"].items()},
            nodes=tuple(data["nodes"]),
            excluded=data["excluded"],
            ended_at=_parsed(data["ended_at"]),
            ending=None if data["ending"] is None else Ending(data["ending"]),
            merged_into=data["merged_into"],
        )


@dataclass(frozen=True, slots=True)
class Blame:
    """Whose fault it is, from ``at`` (milliseconds) on, that a watch is not up.

    ``change_id``: the change in the ledger that is judged so; None when only what is known of its cause has
    changed. ``attribution`` None: nothing is to be blamed any more. ``outage_id``: what it belongs to.
    """

    change_id: int | None
    node: str
    network: str
    at: int
    attribution: Attribution | None
    outage_id: str = ""


Verdict = Blame | Outage
"""What follows from the facts, in the order in which it is to be recorded and told."""


def outage_id(network: str, root: str, at: int) -> str:
    """Ten hex digits, the same whenever the same outage is found again."""
    return blake2b(f"{network}/{root}/{at}".encode(), digest_size=5).hexdigest()


def _moment(millis: int | None) -> str | None:
    return None if millis is None else format_time(millis)


def _parsed(text: str | None) -> int | None:
    return None if text is None else parse_time(text)
