"""What people tell the alert role: "I take care of it", "be silent about this until then". Pure.

An order is recorded in the ledger with who gave it, and published like a judgement. It is never edited:
a silence is ended by another order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Self

from monitor.model.decisions import Scope
from monitor.model.said import SaidError
from monitor.model.times import format_time, parse_time


class OrderKind(StrEnum):
    ACK = "ack"
    SILENCE = "silence"
    END_SILENCE = "end_silence"
    ASSIGN = "assign"
    NOTE = "note"


class OrderError(SaidError):
    """An order that may not be given: says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """One row. ``at`` and ``until`` in milliseconds.

    ``target``: the id of the alert that is acknowledged or assigned, of the silence that is ended, or of the
    alert or outage that is spoken of. A silence has a ``scope`` and perhaps ``rules`` (none: all), an end
    (``until``), and a reason in ``note``. ``to``: who is to take care of it.
    """

    TYPE: ClassVar[str] = "quanshi.order.given"

    id: str
    kind: OrderKind
    person: str
    at: int
    target: str = ""
    scope: Scope = field(default_factory=Scope)
    rules: tuple[str, ...] = ()
    until: int | None = None
    note: str = ""
    to: str = ""

    @property
    def subject(self) -> str:
        return f"{self.kind.value}/{self.target or self.id}"

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind.value,
            "person": self.person,
            "at": format_time(self.at),
            "target": self.target,
            "scope": self.scope.to_json(),
            "rules": list(self.rules),
            "until": None if self.until is None else format_time(self.until),
            "note": self.note,
            **({"to": self.to} if self.to else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            id=data["id"],
            kind=OrderKind(data["kind"]),
            person=data["person"],
            at=parse_time(data["at"]),
            target=data["target"],
            scope=Scope.from_json(data["scope"]),
            rules=tuple(data["rules"]),
            until=None if data["until"] is None else parse_time(data["until"]),
            note=data["note"],
            to=data.get("to", ""),
        )
