"""Our own pipeline: whether what we say can be relied on, and whether anybody hears it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.model import Finding, Severity
from alerts.rules.world import World, is_about, severity_of
from monitor.config.alerting import Rule
from monitor.model.measured import Measured


def pipeline(rule: Rule, world: World) -> Iterator[Finding]:
    for subject, facts, since in _troubles(rule, world):
        found = Finding(
            rule=rule.name,
            subject=subject,
            severity=severity_of(rule, Severity.CRITICAL),
            since=since,
            detected_at=world.now,
            facts={"what": "pipeline", **facts},
        )
        if is_about(rule.match, found, world.site):
            yield found


def _troubles(rule: Rule, world: World) -> Iterator[tuple[str, dict[str, Any], int]]:
    """What it is about, what there is to say of it, since when."""
    limits = rule.limits
    if world.silent_since is not None:
        yield "monitor", {"trouble": "silent"}, world.silent_since
    elif world.measured is not None:
        yield from _of_monitor(limits, world.measured)
    for channel, trouble in world.failing.items():
        if world.now - trouble.since >= 1000 * limits["delivery"]:
            facts = {"trouble": "delivery", "channel": channel, "error": trouble.text}
            yield f"delivery/{channel}", facts, trouble.since


def _of_monitor(limits: Mapping[str, float], measured: Measured) -> Iterator[tuple[str, dict[str, Any], int]]:
    health, at = measured.health, measured.at
    if not health.ledger_takes:
        yield "ledger", {"trouble": "ledger"}, at
    if health.reload_error:
        yield "settings", {"trouble": "settings", "error": health.reload_error}, at
    for trouble, limit, values in (
        ("sight", limits["sight"], health.sight_ages),
        ("outbox", limits["outbox"], health.outboxes),
        ("lag", limits["lag"], health.lags),
    ):
        for name, value in values.items():
            if value >= limit:
                facts = {"trouble": trouble, "name": name, "value": value, "limit": limit}
                yield f"{trouble}/{name}", facts, at
