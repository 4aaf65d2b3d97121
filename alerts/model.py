"""The words of telling: what a rule finds, the alert that it becomes, the message that goes out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    def is_above(self, other: Severity) -> bool:
        order = list(Severity)
        return order.index(self) < order.index(other)


class Happening(StrEnum):
    """Why a message is sent."""

    FIRED = "fired"
    WORSE = "worse"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    RESOLVED = "resolved"

    @property
    def is_end(self) -> bool:
        return self is Happening.RESOLVED


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a rule finds wrong now.

    ``subject`` says what it is about (an outage's id, ``video/cam-17``, ``video/440983/1``, a collector…):
    while rule and subject are the same, it is the same alert. ``since``, ``not_before`` and ``detected_at``
    in milliseconds as in a change. ``facts`` is all that a message needs beside: JSON, no credential.
    """

    rule: str
    subject: str
    severity: Severity
    since: int
    detected_at: int
    not_before: int | None = None
    network: str = ""
    region: str = ""
    kind: str = ""
    point_class: int | None = None
    contractor: str = ""
    node: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.rule}/{self.subject}"


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding with its life, from the moment it fired. Moments in milliseconds.

    ``id``: eight hex digits, another one for each life of the same key. ``told``: its start was handed to a
    channel's outbox, so its end must be too. ``former``: how severe it was when it was told, before it became
    worse: to receivers that know an alert by its labels those are other alerts, of which this is the end.
    """

    id: str
    finding: Finding
    fired_at: int
    told: bool = False
    acked_by: str = ""
    acked_at: int | None = None
    escalated: int = 0
    resolved_at: int | None = None
    ending: str = ""
    former: tuple[Severity, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What is delivered, ready to be sent. Several alerts in one are a digest of leftovers.

    ``key`` stays the same over every attempt, restart and channel: a receiver that hears it twice knows.
    ``group``: what Alertmanager calls groupKey. ``title`` and ``text`` are in the language of the route.
    ``detected_at``: when the oldest of its news was known, for the latency.
    """

    key: str
    happening: Happening
    route: str
    group: str
    alerts: tuple[Alert, ...]
    title: str
    text: str
    language: str
    detected_at: int
    made_at: int
    link: str = ""
