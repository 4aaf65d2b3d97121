"""Messages as they lie in the outbox: JSON, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from alerts.model import Alert, Finding, Happening, Message, Severity


class PackingError(ValueError):
    """What was kept is no message of this version."""


def pack(message: Message) -> str:
    """The message as JSON."""
    return json.dumps(asdict(message), ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> Message:
    """What :func:`pack` made. Raises PackingError for anything else."""
    try:
        data = json.loads(text)
        alerts = tuple(alert_of(each) for each in data["alerts"])
        return Message(**{**data, "happening": Happening(data["happening"]), "alerts": alerts})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PackingError(f"no message of this version: {error!r}") from error


def finding_of(data: Mapping[str, Any]) -> Finding:
    """What was kept of a finding."""
    return Finding(**{**data, "severity": Severity(data["severity"])})


def alert_of(data: Mapping[str, Any]) -> Alert:
    """What was kept of an alert; what an earlier version did not know is as it was then."""
    former = tuple(map(Severity, data.get("former", ())))
    return Alert(**{**data, "finding": finding_of(data["finding"]), "former": former})
