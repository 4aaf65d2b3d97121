"""A certificate that ends soon, or has ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from alerts.model import Finding, Severity
from alerts.rules.world import World, is_about, severity_of
from monitor.config.alerting import Rule

_DAY: Final = 86_400_000


def certificate(rule: Rule, world: World) -> Iterator[Finding]:
    for one in () if world.measured is None else world.measured.certificates:
        left = one.expires - world.now
        if left > rule.days * _DAY:
            continue
        node = world.site.inventory.nodes.get(one.node)
        found = Finding(
            rule=rule.name,
            subject=f"{one.network}/{one.node}",
            severity=severity_of(rule, Severity.CRITICAL if left <= 0 else Severity.WARNING),
            since=min(world.now, one.expires - rule.days * _DAY),
            detected_at=world.now,
            network=one.network,
            region="" if node is None else node.region,
            kind="" if node is None else node.kind.value,
            point_class=None if node is None else node.point_class,
            contractor="" if node is None else node.contractor,
            node=one.node,
            facts={
                "what": "certificate",
                "name": one.node if node is None else node.label,
                "expires": one.expires,
            },
        )
        if is_about(rule.match, found, world.site):
            yield found
