"""Events as CloudEvents 1.0, binary mode: attributes are stream fields, ``data`` is JSON.

One entry of a Redis stream is one event with the fields ``specversion, id, source, type, subject,
time, data`` and the extension ``oldest``. The id is ``collector/epoch/sequence``: within one epoch (the life
of one outbox file) the sequence runs 1, 2, 3, …, so a repeat is recognised and a hole is noticed.
``oldest`` is the lowest sequence that the writer can still send again; a reader that finds a hole
waits for the repeat unless ``oldest`` says that it can never come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, Self

from monitor.model.deeds import Deed, Did
from monitor.model.observations import Cause, Observation, State
from monitor.model.orders import Order
from monitor.model.outages import Attribution, Outage, Phase
from monitor.model.times import format_time, parse_time

SPECVERSION: Final = "1.0"
MONITOR: Final = "monitor"
"""The collector in the ids of the monitor's own events: judgements are its alone, and facts never its."""
ALERT: Final = "alert"
"""The collector in the ids of what the alert role says that it did, in the stream of alerts alone."""


class EventError(ValueError):
    """An entry that is no event of ours: names the field and what was found there."""


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """Who said it, in which life of its outbox, and the how-manieth word it was."""

    collector: str
    epoch: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.collector}/{self.epoch}/{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises EventError for anything but ``collector/epoch/sequence``."""
        collector, *numbers = text.split("/")
        if not collector or len(numbers) != 2 or not all(n.isascii() and n.isdigit() for n in numbers):
            raise EventError(f"event id {text!r} is not collector/epoch/sequence")
        return cls(collector, int(numbers[0]), int(numbers[1]))


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


Payload = Change | Judged | Sight | Snapshot | ObserverTurned | Outage | Order | Deed

PAYLOADS: Final[Mapping[str, type[Any]]] = {
    Change.TYPE: Change,
    Judged.TYPE: Judged,
    Sight.TYPE: Sight,
    Snapshot.TYPE: Snapshot,
    ObserverTurned.BLIND: ObserverTurned,
    ObserverTurned.SEES: ObserverTurned,
    **{Outage.PREFIX + phase.value: Outage for phase in Phase},
    Order.TYPE: Order,
    **{Deed.PREFIX + did.value: Deed for did in Did},
}


def type_of(payload: Payload) -> str:
    """The event type under which this payload travels."""
    return payload.type if isinstance(payload, ObserverTurned | Outage | Deed) else payload.TYPE


@dataclass(frozen=True, slots=True)
class Event:
    """A payload with its envelope. ``time`` is when it was said, in milliseconds."""

    id: EventId
    site: str
    time: int
    payload: Payload
    oldest: int = 1

    def encode(self) -> dict[str, str]:
        """The fields of a stream entry, ready for XADD."""
        return {
            "specversion": SPECVERSION,
            "id": str(self.id),
            "source": f"/quanshi/{self.site}/{self.id.collector}",
            "type": type_of(self.payload),
            "subject": self.payload.subject,
            "time": format_time(self.time),
            "oldest": str(self.oldest),
            "data": json.dumps(self.payload.to_json(), ensure_ascii=False, separators=(",", ":")),
        }

    @classmethod
    def decode(cls, fields: Mapping[str, str]) -> Self:
        """The event in these stream fields. Raises EventError that names the field."""
        missing = [name for name in ("id", "source", "type", "time", "data") if name not in fields]
        if missing:
            raise EventError(f"fields missing: {', '.join(missing)}")
        payload_type = PAYLOADS.get(fields["type"])
        if payload_type is None:
            raise EventError(f"type {fields['type']!r} is not known")
        event_id = EventId.parse(fields["id"])
        try:
            payload = payload_type.from_json(json.loads(fields["data"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # json and from_json see text from outside: whatever is wrong with it is one kind of error.
            raise EventError(f"data of {event_id}: {type(error).__name__}: {error}") from error
        try:
            time, oldest = parse_time(fields["time"]), int(fields.get("oldest", "1"))
        except ValueError as error:
            raise EventError(f"envelope of {event_id}: {error}") from error
        return cls(event_id, _site(fields["source"]), time, payload, oldest)


def _site(source: str) -> str:
    """The site in ``/quanshi/{site}/{collector}``. Raises EventError."""
    parts = source.split("/")
    if len(parts) != 4 or parts[:2] != ["", "quanshi"]:
        raise EventError(f"source {source!r} is not /quanshi/site/collector")
    return parts[2]


def _shard(text: str) -> tuple[int, int]:
    """``2/4`` as numbers. Raises ValueError."""
    shard, _, shards = text.partition("/")
    return int(shard), int(shards)
