"""What the alert role did, told onwards so that the ledger has it: who was told what, and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Self

from monitor.model.times import format_time, parse_time


class Did(StrEnum):
    FIRED = "fired"
    ACKED = "acked"
    ESCALATED = "escalated"
    REPEATED = "repeated"
    RESOLVED = "resolved"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done about an alert, at a moment in milliseconds.

    ``alert``: the id of its life. ``key``: its rule and subject, the same in all its lives. ``facts``: what
    else is worth keeping (channel, message key, who acknowledged …): JSON, no credential.
    """

    PREFIX: ClassVar[str] = "quanshi.alert."

    what: Did
    alert: str
    key: str
    at: int
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return self.PREFIX + self.what.value

    @property
    def subject(self) -> str:
        return self.alert

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what.value,
            "alert": self.alert,
            "key": self.key,
            "at": format_time(self.at),
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(Did(data["what"]), data["alert"], data["key"], parse_time(data["at"]), dict(data["facts"]))
