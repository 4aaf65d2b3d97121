"""What collectors say of themselves, and of all their watches at once: sights, snapshots, their footing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from monitor.model.observations import Cause, State
from monitor.model.times import format_time, parse_time


@dataclass(frozen=True, slots=True)
class Sight:
    """Proof that a collector was looking at a shard during [from, to], or that it was blind then.

    ``watches`` is how many it watches; ``probes`` how many were asked; ``results`` counts answers by
    probe and cause (``{"rtsp": {"ok": 334, "refused": 1}}``). ``inventory`` is the digest of the node
    list it used.
    """

    TYPE: ClassVar[str] = "quanshi.collector.sight"

    collector: str
    network: str
    shard: int
    shards: int
    start: int
    end: int
    watches: int
    probes: int
    blind: bool = False
    inventory: str = ""
    results: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return f"{self.network}/{self.shard}of{self.shards}"

    def to_json(self) -> dict[str, Any]:
        return {
            "collector": self.collector,
            "network": self.network,
            "shard": f"{self.shard}/{self.shards}",
            "from": format_time(self.start),
            "to": format_time(self.end),
            "watches": self.watches,
            "probes": self.probes,
            "blind": self.blind,
            "inventory": self.inventory,
            "results": {probe: dict(counts) for probe, counts in self.results.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        shard, shards = _shard(data["shard"])
        return cls(
            collector=data["collector"],
            network=data["network"],
            shard=shard,
            shards=shards,
            start=parse_time(data["from"]),
            end=parse_time(data["to"]),
            watches=data["watches"],
            probes=data["probes"],
            blind=data["blind"],
            inventory=data.get("inventory", ""),
            results=data.get("results", {}),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one watch inside a snapshot, with its moment as in :class:`Change`."""

    state: State
    cause: Cause
    at: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The states of all watches of a shard at one moment: heals what was lost, proves agreement.

    Watches that are up stand as bare ids (``up``); all others with state, cause and moment.
    """

    TYPE: ClassVar[str] = "quanshi.collector.snapshot"

    collector: str
    network: str
    shard: int
    shards: int
    at: int
    inventory: str
    up: tuple[str, ...]
    others: Mapping[str, Standing]

    @property
    def subject(self) -> str:
        return f"{self.network}/{self.shard}of{self.shards}"

    def to_json(self) -> dict[str, Any]:
        return {
            "collector": self.collector,
            "network": self.network,
            "shard": f"{self.shard}/{self.shards}",
            "at": format_time(self.at),
            "inventory": self.inventory,
            "up": list(self.up),
            "others": {
                node: [standing.state.value, standing.cause.value, format_time(standing.at)]
                for node, standing in self.others.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        shard, shards = _shard(data["shard"])
        return cls(
            collector=data["collector"],
            network=data["network"],
            shard=shard,
            shards=shards,
            at=parse_time(data["at"]),
            inventory=data["inventory"],
            up=tuple(data["up"]),
            others={
                node: Standing(State(state), Cause(cause), parse_time(at))
                for node, (state, cause, at) in data["others"].items()
            },
        )


@dataclass(frozen=True, slots=True)
class ObserverTurned:
    """A collector lost its footing (``blind``) or found it again (``sees``)."""

    BLIND: ClassVar[str] = "quanshi.observer.blind"
    SEES: ClassVar[str] = "quanshi.observer.sees"

    collector: str
    network: str
    at: int
    blind: bool

    @property
    def type(self) -> str:
        return self.BLIND if self.blind else self.SEES

    @property
    def subject(self) -> str:
        return f"{self.network}/{self.collector}"

    def to_json(self) -> dict[str, Any]:
        return {
            "collector": self.collector,
            "network": self.network,
            "at": format_time(self.at),
            "blind": self.blind,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["collector"], data["network"], parse_time(data["at"]), data["blind"])


def _shard(text: str) -> tuple[int, int]:
    """``2/4`` as numbers. Raises ValueError."""
    shard, _, shards = text.partition("/")
    return int(shard), int(shards)
