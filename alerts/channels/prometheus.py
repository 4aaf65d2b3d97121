"""Alerts as Alertmanager and those who listen to it know them: labels, annotations, fingerprints. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alerts.model import Alert, Message
from monitor.model.times import format_time

VERSION: Final = "4"
_NEVER: Final = "0001-01-01T00:00:00Z"
"""Go's zero time: how Alertmanager's webhook writes the end of what goes on."""
_FNV_OFFSET: Final = 14_695_981_039_346_656_037
_FNV_PRIME: Final = 1_099_511_628_211


def labels(alert: Alert) -> dict[str, str]:
    """What makes it this alert: the same for all its lives, and for its whole life."""
    finding = alert.finding
    found = {
        "alertname": finding.rule,
        "subject": finding.subject,
        "severity": finding.severity.value,
        "network": finding.network,
        "region": finding.region,
        "county": county(finding.region),
        "kind": finding.kind,
        "class": "" if finding.point_class is None else str(finding.point_class),
        "contractor": finding.contractor,
        "node": finding.node,
    }
    return {name: value for name, value in found.items() if value}  # an empty label is none


def county(region: str) -> str:
    """The first six digits of a region's code (GB/T 2260); empty for a region that has no such code.

    Alertmanager compares labels only whole: without it, what is told of a county does not meet what is told
    of a town in it, and a route to the county's people would need an expression.
    """
    code = region[:6]
    return code if len(code) == 6 and code.isascii() and code.isdigit() else ""


def notes(alert: Alert, message: Message | None = None) -> dict[str, str]:
    """What may change while it goes on: its id, its facts, and the words of the message that tells it."""
    facts = alert.finding.facts
    found = {
        str(name): str(value)
        for name, value in facts.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value)
    }
    found["alert_id"] = alert.id
    if message is not None:
        found |= {"summary": message.title, "description": message.text}
    return found


def fingerprint(named: Mapping[str, str]) -> str:
    """As Prometheus makes it: 64-bit FNV-1a over names and values in order, 0xff behind each."""
    total = _FNV_OFFSET
    for name in sorted(named):
        for byte in b"".join((name.encode(), b"\xff", named[name].encode(), b"\xff")):
            total = ((total ^ byte) * _FNV_PRIME) & 0xFFFF_FFFF_FFFF_FFFF
    return f"{total:016x}"


def webhook(message: Message, receiver: str) -> dict[str, Any]:
    """The body of Alertmanager's webhook, version 4."""
    alone = len(message.alerts) == 1
    alerts = [_told(alert, message, alone=alone) for alert in message.alerts]
    firing = any(alert.resolved_at is None for alert in message.alerts)
    common = _common([alert["labels"] for alert in alerts])
    return {
        "version": VERSION,
        "groupKey": message.group,
        "truncatedAlerts": 0,
        "status": "firing" if firing and not message.happening.is_end else "resolved",
        "receiver": receiver,
        "groupLabels": {"route": message.route},
        "commonLabels": common,
        "commonAnnotations": _common([alert["annotations"] for alert in alerts])
        | {"summary": message.title, "description": message.text},
        "externalURL": message.link,
        "alerts": alerts,
    }


def _told(alert: Alert, message: Message, *, alone: bool) -> dict[str, Any]:
    named = labels(alert)
    over = alert.resolved_at
    if over is None and message.happening.is_end:
        over = message.made_at
    return {
        "status": "firing" if over is None else "resolved",
        "labels": named,
        "annotations": notes(alert, message if alone else None),
        "startsAt": format_time(alert.finding.since),
        "endsAt": _NEVER if over is None else format_time(over),
        "generatorURL": message.link,
        "fingerprint": fingerprint(named),
    }


def _common(each: list[dict[str, str]]) -> dict[str, str]:
    """What all of them say alike."""
    if not each:
        return {}
    return {name: value for name, value in each[0].items() if all(one.get(name) == value for one in each)}
