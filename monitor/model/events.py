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
from dataclasses import dataclass
from typing import Any, Final, Self

from monitor.model.changes import Change, Evidence, Judged
from monitor.model.deeds import Deed, Did
from monitor.model.orders import Order
from monitor.model.outages import Outage, Phase
from monitor.model.sights import ObserverTurned, Sight, Snapshot, Standing
from monitor.model.times import format_time, parse_time

__all__ = [
    "ALERT",
    "MONITOR",
    "PAYLOADS",
    "SPECVERSION",
    "Change",
    "Event",
    "EventError",
    "EventId",
    "Evidence",
    "Judged",
    "ObserverTurned",
    "Payload",
    "Sight",
    "Snapshot",
    "Standing",
    "type_of",
]

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
