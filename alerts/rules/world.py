"""What is true now, as the rules see it; and which alerts a rule or a route is about. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.model import Finding, Severity
from monitor.config import Site
from monitor.config.alerting import Match, Rule
from monitor.model.events import Change
from monitor.model.measured import Measured
from monitor.model.outages import Outage


@dataclass(frozen=True, slots=True)
class Trouble:
    """A channel that has delivered nothing since then (milliseconds), and the newest reason."""

    since: int
    text: str


@dataclass(frozen=True, slots=True)
class World:
    """``outages``: those open, by id. ``degraded``: the newest change of each watch that is degraded.

    ``maintained``: those of them under approved maintenance. ``measured``: the newest word of the monitor;
    ``silent_since``: since when (milliseconds) it has said nothing, None while it speaks. ``failing``:
    channels that deliver nothing.
    """

    now: int
    site: Site
    outages: Mapping[str, Outage] = field(default_factory=dict)
    degraded: Mapping[Any, Change] = field(default_factory=dict)
    maintained: Collection[str] = frozenset()
    measured: Measured | None = None
    silent_since: int | None = None
    failing: Mapping[str, Trouble] = field(default_factory=dict)


Find = Callable[[Rule, World], Iterator[Finding]]
"""How a kind of rule finds what is wrong. How long it must last is for the engine to see to."""


def severity_of(rule: Rule, usual: Severity) -> Severity:
    """The rule's own, or the usual one of its kind."""
    return Severity(rule.severity) if rule.severity else usual


def around(site: Site, region: str) -> set[str]:
    """A region and all that it lies in."""
    found: set[str] = set()
    while region and region not in found:
        found.add(region)
        known = site.regions.get(region)
        region = "" if known is None else known.parent
    return found


def above_of(site: Site, node: str, network: str) -> set[str]:
    """The ids of all that a node hangs on in this network, however far above."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        known = site.inventory.nodes.get(waiting.pop())
        for parent in () if known is None else known.parents:
            above = site.inventory.nodes.get(parent)
            if above is not None and network in above.networks and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def is_about(match: Match, finding: Finding, site: Site) -> bool:
    """Whether a finding meets every part of ``match`` that is not empty."""
    return (
        (not match.networks or finding.network in match.networks)
        and (not match.regions or bool(around(site, finding.region) & set(match.regions)))
        and (not match.rules or finding.rule in match.rules or _kind(finding, site) in match.rules)
        and (not match.severities or finding.severity.value in match.severities)
        and (not match.kinds or finding.kind in match.kinds)
        and (not match.classes or finding.point_class in match.classes)
        and (not match.contractors or finding.contractor in match.contractors)
    )


def _kind(finding: Finding, site: Site) -> str:
    """The kind of the rule that found it, which several rules may share."""
    return next((rule.kind for rule in site.alerting.rules if rule.name == finding.rule), finding.rule)
