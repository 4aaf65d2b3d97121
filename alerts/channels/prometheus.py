"""Alerts as Alertmanager and those who listen to it know them: labels, annotations, fingerprints. Pure.

An alert is known by its labels there. All of them stay the same for its whole life but one, the severity,
which decides on routes and inhibition and so has to be one. As with Prometheus an alert that becomes worse is
another one to them: hence with each word after that comes the end of what it was (:func:`outgrown`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from alerts.model import Alert, Message, Severity
from monitor.model.times import format_time

VERSION: Final = "4"
_NEVER: Final = "0001-01-01T00:00:00Z"
"""Go's zero time: how Alertmanager's webhook writes the end of what goes on."""
_FNV_OFFSET: Final = 14_695_981_039_346_656_037
_FNV_PRIME: Final = 1_099_511_628_211


def labels(alert: Alert, severity: Severity | None = None) -> dict[str, str]:
    """What makes it this alert, the same for all its lives: as severe as it is, or as it was once."""
    finding = alert.finding
    found = {
        "alertname": finding.rule,
        "subject": finding.subject,
        "severity": (severity or finding.severity).value,
        "network": finding.network,
        "region": finding.region,
        "county": county(finding.region),
        "kind": finding.kind,
        "class": "" if finding.point_class is None else str(finding.point_class),
        "contractor": finding.contractor,
        "node": finding.node,
    }
    return {name: value for name, value in found.items() if value}  # an empty label is none


def outgrown(alert: Alert) -> list[dict[str, str]]:
    """The labels under which it was told before it became worse.

    Whoever was told of those hears that they are over with whatever comes next, at the latest with its own
    end: the route of what is worse may be another, and never reach who heard of it first.
    """
    return [labels(alert, severity) for severity in dict.fromkeys(alert.former)]


def ended_at(alert: Alert, message: Message) -> int | None:
    """When it ended, milliseconds; None while it goes on."""
    over = alert.resolved_at
    return message.made_at if over is None and message.happening.is_end else over


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
    over = [_ended(named, alert, message) for alert in message.alerts for named in outgrown(alert)]
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
        "alerts": alerts + over,
    }


def _told(alert: Alert, message: Message, *, alone: bool) -> dict[str, Any]:
    annotations = notes(alert, message if alone else None)
    return _as_known(labels(alert), annotations, alert, message, ended_at(alert, message))


def _ended(named: Mapping[str, str], alert: Alert, message: Message) -> dict[str, Any]:
    """What it was before it became worse, as something that is over."""
    over = ended_at(alert, message)
    return _as_known(named, notes(alert), alert, message, message.made_at if over is None else over)


def _as_known(
    named: Mapping[str, str], annotations: Mapping[str, str], alert: Alert, message: Message, over: int | None
) -> dict[str, Any]:
    return {
        "status": "firing" if over is None else "resolved",
        "labels": named,
        "annotations": annotations,
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
