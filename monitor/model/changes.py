"""Changes of watches, with what they rest on, and with whose fault they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from monitor.model.observations import Cause, Observation, State
from monitor.model.outages import Attribution
from monitor.model.times import format_time, parse_time


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation that a change rests on; ``at`` is when its answer was known.

    ``node``: whose answer it was, when not the watch's own: that of a parent, which shows whether it was
    alive when its child fell.
    """

    probe: str
    at: int
    ok: bool
    cause: Cause
    duration: float
    node: str = ""

    @classmethod
    def of(cls, seen: Observation, node: str = "") -> Self:
        return cls(seen.probe, seen.finished, seen.ok, seen.cause, seen.duration, node)

    def to_json(self) -> dict[str, Any]:
        whose = {"node": self.node} if self.node else {}
        return whose | {
            "probe": self.probe,
            "at": format_time(self.at),
            "ok": self.ok,
            "cause": self.cause.value,
            "duration": round(self.duration, 6),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            probe=data["probe"],
            at=parse_time(data["at"]),
            ok=data["ok"],
            cause=Cause(data["cause"]),
            duration=data["duration"],
            node=data.get("node", ""),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A watch went from one state to another.

    ``at``: by then the new state was true (the end of the first observation of the run that confirmed
    it). ``not_before``: until then the old state was proven (the start of the last observation of it);
    None when nothing was ever proven. The true moment lies in [not_before, at]. ``detected_at``: when
    the collector was sure. All in milliseconds.
    """

    TYPE: ClassVar[str] = "quanshi.watch.changed"

    node: str
    network: str
    old: State
    new: State
    at: int
    not_before: int | None
    detected_at: int
    cause: Cause
    probe: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def subject(self) -> str:
        return f"{self.network}/{self.node}"

    def to_json(self) -> dict[str, Any]:
        return {
            "node": self.node,
            "network": self.network,
            "from": self.old.value,
            "to": self.new.value,
            "at": format_time(self.at),
            "not_before": None if self.not_before is None else format_time(self.not_before),
            "detected_at": format_time(self.detected_at),
            "cause": self.cause.value,
            "probe": self.probe,
            "evidence": [piece.to_json() for piece in self.evidence],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        bound = data["not_before"]
        return cls(
            node=data["node"],
            network=data["network"],
            old=State(data["from"]),
            new=State(data["to"]),
            at=parse_time(data["at"]),
            not_before=None if bound is None else parse_time(bound),
            detected_at=parse_time(data["detected_at"]),
            cause=Cause(data["cause"]),
            probe=data["probe"],
            evidence=tuple(Evidence.from_json(piece) for piece in data["evidence"]),
        )


@dataclass(frozen=True, slots=True)
class Judged(Change):
    """A change with its attribution, and the outage that it belongs to.

    ``attribution`` is None for a watch that came up or only degraded: nothing is to be blamed.
    """

    TYPE: ClassVar[str] = "quanshi.watch.judged"

    attribution: Attribution | None = None
    outage: str = ""

    @classmethod
    def of(cls, change: Change, attribution: Attribution | None, outage: str = "") -> Self:
        """The change with its attribution."""
        told = {part.name: getattr(change, part.name) for part in fields(Change)}
        return cls(**told, attribution=attribution, outage=outage)

    def to_json(self) -> dict[str, Any]:
        # Not super(): a slotted dataclass is a new class, and zero-argument super() keeps the old one.
        blamed = None if self.attribution is None else self.attribution.value
        return Change.to_json(self) | {"attribution": blamed, "outage": self.outage}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        blamed = data["attribution"]
        attribution = None if blamed is None else Attribution(blamed)
        return cls.of(Change.from_json(data), attribution, data.get("outage", ""))
