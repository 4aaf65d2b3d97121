"""Outages: of several watches, of one, suspected ones, and collectors that do not see.

Each open outage is told by one rule alone: the first that takes it, in the order of the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from alerts.model import Finding, Severity
from alerts.rules.world import World, is_about, severity_of
from monitor.config.alerting import Rule
from monitor.model.nodes import Kind
from monitor.model.outages import Outage, OutageKind

_USUAL: Final = {
    "outage": Severity.CRITICAL,
    "suspected": Severity.CRITICAL,
    "blind": Severity.CRITICAL,
    "offline": Severity.WARNING,
}


def outage(rule: Rule, world: World) -> Iterator[Finding]:
    """Of what ``least`` watches at least are reached through, or of anything that is no camera."""
    return _of(rule, world, lambda one: one.kind is OutageKind.NODE and _is_wide(one, rule, world))


def offline(rule: Rule, world: World) -> Iterator[Finding]:
    """Of a watch that is down by itself, whatever it is."""
    return _of(rule, world, lambda one: one.kind is OutageKind.NODE)


def suspected(rule: Rule, world: World) -> Iterator[Finding]:
    """Of something that many have in common, and that nobody can ask."""
    return _of(rule, world, lambda one: one.kind is OutageKind.SUSPECTED)


def blind(rule: Rule, world: World) -> Iterator[Finding]:
    """Nobody looks: what a collector watches is unknown."""
    return _of(rule, world, lambda one: one.kind is OutageKind.OBSERVER)


def _is_wide(one: Outage, rule: Rule, world: World) -> bool:
    node = world.site.inventory.nodes.get(one.root)
    return max(one.affected, one.behind) >= rule.least or (node is not None and node.kind is not Kind.CAMERA)


def _of(rule: Rule, world: World, takes: Callable[[Outage], bool]) -> Iterator[Finding]:
    for one in world.outages.values():
        if one.excluded or not takes(one):
            continue
        found = _finding(rule, one, world)
        if is_about(rule.match, found, world.site):
            yield found


def _finding(rule: Rule, one: Outage, world: World) -> Finding:
    node = world.site.inventory.nodes.get(one.root)
    return Finding(
        rule=rule.name,
        subject=one.id,
        severity=severity_of(rule, _USUAL[rule.kind]),
        since=one.at,
        detected_at=one.detected_at,
        not_before=one.not_before,
        network=one.network,
        region=one.region,
        kind="" if node is None else node.kind.value,
        point_class=None if node is None else node.point_class,
        contractor=one.contractor,
        node="" if node is None else node.id,
        facts={
            "what": one.kind.value,
            "outage": one.id,
            "root": one.root,
            "name": one.name,
            "cause": one.cause.value,
            "affected": one.affected,
            "behind": one.behind,
            "classes": {str(number): count for number, count in one.classes.items()},
            "nodes": list(one.nodes),
        },
    )
