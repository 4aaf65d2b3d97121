"""A watch that answers, and not as it should; and one that comes and goes."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.model import Finding, Severity
from alerts.rules.world import World, above_of, is_about, severity_of
from monitor.config.alerting import Rule
from monitor.model.events import Change
from monitor.model.observations import Cause


def degraded(rule: Rule, world: World) -> Iterator[Finding]:
    return _of(rule, world, flaps=False)


def flapping(rule: Rule, world: World) -> Iterator[Finding]:
    """Not of a watch that only comes and goes with what it hangs on: that is told of the latter."""
    restless = {(change.node, change.network) for change in world.degraded.values() if _flaps(change)}
    restless |= {(one.root, one.network) for one in world.outages.values()}
    for found in _of(rule, world, flaps=True):
        above = above_of(world.site, found.node, found.network)
        if not any((node, found.network) in restless for node in above):
            yield found


def _of(rule: Rule, world: World, *, flaps: bool) -> Iterator[Finding]:
    for change in world.degraded.values():
        if _flaps(change) is flaps and change.subject not in world.maintained:
            found = _finding(rule, change, world)
            if is_about(rule.match, found, world.site):
                yield found


def _flaps(change: Change) -> bool:
    return change.cause is Cause.FLAPPING


def _finding(rule: Rule, change: Change, world: World) -> Finding:
    node = world.site.inventory.nodes.get(change.node)
    return Finding(
        rule=rule.name,
        subject=f"{change.network}/{change.node}",
        severity=severity_of(rule, Severity.WARNING),
        since=change.at,
        detected_at=change.detected_at,
        not_before=change.not_before,
        network=change.network,
        region="" if node is None else node.region,
        kind="" if node is None else node.kind.value,
        point_class=None if node is None else node.point_class,
        contractor="" if node is None else node.contractor,
        node=change.node,
        facts={
            "what": rule.kind,
            "name": change.node if node is None else node.label,
            "cause": change.cause.value,
        },
    )
