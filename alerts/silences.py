"""Silences: what nobody wants to hear of, for a while. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from alerts.model import Finding
from alerts.rules.world import above_of, around
from monitor.config import Site
from monitor.model.decisions import Scope
from monitor.model.orders import Order


def silenced_by(silences: Iterable[Order], finding: Finding, site: Site) -> str:
    """The id of a silence that covers this; empty when none does."""
    kinds = {rule.kind for rule in site.alerting.rules if rule.name == finding.rule} | {finding.rule}
    return next((one.id for one in silences if _covers(one, finding, kinds, site)), "")


def _covers(silence: Order, finding: Finding, kinds: Collection[str], site: Site) -> bool:
    return (not silence.rules or any(rule in kinds for rule in silence.rules)) and _holds(
        silence.scope, finding, site
    )


def _holds(scope: Scope, finding: Finding, site: Site) -> bool:
    """As a scope holds a watch. What has no node (a region, a collector) goes by what it says of itself."""
    node = site.inventory.nodes.get(finding.node)
    regions = around(site, finding.region)
    if node is not None and finding.network:
        return scope.holds(node, finding.network, regions, above_of(site, finding.node, finding.network))
    return (
        (not scope.nodes or finding.node in scope.nodes)
        and (not scope.regions or bool(regions.intersection(scope.regions)))
        and (not scope.contractors or finding.contractor in scope.contractors)
        and not scope.parents
        and (not scope.networks or finding.network in scope.networks)
    )
