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
        alerts = tuple(_alert(each) for each in data["alerts"])
        return Message(**{**data, "happening": Happening(data["happening"]), "alerts": alerts})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PackingError(f"no message of this version: {error!r}") from error


def _alert(data: Mapping[str, Any]) -> Alert:
    finding = data["finding"]
    return Alert(**{**data, "finding": Finding(**{**finding, "severity": Severity(finding["severity"])})})
