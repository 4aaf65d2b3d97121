"""What is asked of groups of points: too many offline at once, a budget that burns too quickly or is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alerts.model import Finding, Severity
from alerts.rules.world import World, around, is_about, severity_of
from monitor.config.alerting import Burn, Rule
from monitor.model.measured import WINDOWS, GroupNow, Spent
from monitor.model.observations import State

_HOUR: Final = 3_600_000

SEEN_ENOUGH: Final = 0.5
"""The part of a window that must have been seen: the first minutes of a new site are no hour."""


def crowd(rule: Rule, world: World) -> Iterator[Finding]:
    """Of a group, so many and such a share are down by themselves at once.

    What is down for an outage above it is that outage's, and told once; so is what is told of a wider group.
    What is under maintenance is not told at all.
    """
    crowded = [group for group in _groups(rule, world, with_target=False) if is_crowded(rule, group)]
    for group in crowded:
        if not any(_lies_in(group, other, world) for other in crowded):
            down, known = _down_and_known(group)
            facts = {"down": down, "known": known, "share": down / known}
            yield from _finding(rule, world, group, Severity.CRITICAL, facts)


def is_crowded(rule: Rule, group: GroupNow) -> bool:
    down, known = _down_and_known(group)
    return known > 0 and down >= rule.least and down / known >= rule.share


def _down_and_known(group: GroupNow) -> tuple[int, int]:
    down = group.states.get(State.DOWN.value, 0) - group.suppressed - group.maintained
    return down, sum(group.states.values()) - group.states.get(State.UNKNOWN.value, 0)


def _lies_in(group: GroupNow, other: GroupNow, world: World) -> bool:
    if other is group or other.network not in (None, group.network):
        return False
    return other.region is None or (
        group.region not in (None, other.region) and other.region in around(world.site, group.region or "")
    )


def burn(rule: Rule, world: World) -> Iterator[Finding]:
    """The budget is spent so many times as fast as it may, over a long window and still in a short one.

    Of a group of a few points one that is down would be a fire: ``least`` watches make a population.
    """
    for group in _groups(rule, world, with_target=True):
        allowed = None if group.target is None else 1 - group.target
        if not allowed or group.watches < rule.least:
            continue
        for pair in rule.burns:
            rate = _least_rate(group, pair, allowed)
            if rate is not None and rate >= pair.times:
                facts = {"times": rate, "over": pair.over, "allowed": allowed, "watches": group.watches}
                yield from _finding(rule, world, group, Severity(pair.severity), facts)
                break  # the quickest says it all


def budget(rule: Rule, world: World) -> Iterator[Finding]:
    """The month's budget is gone, or will be before the month is over."""
    for group in _groups(rule, world, with_target=True):
        spent = group.budget
        if spent is None or spent.gone_at is None:
            continue
        gone = spent.used >= spent.total
        if not gone and not rule.limits["forecast"]:
            continue
        facts = {
            "gone": gone,
            "gone_at": spent.gone_at,
            "used_hours": spent.used / _HOUR,
            "total_hours": spent.total / _HOUR,
        }
        yield from _finding(rule, world, group, Severity.CRITICAL if gone else Severity.WARNING, facts)


def can_tell(rule: Rule, group: GroupNow) -> bool:
    """Whether enough was seen in any two windows to say that the budget burns, or that it does not."""
    return any(_least_rate(group, pair, 1.0) is not None for pair in rule.burns)


def _least_rate(group: GroupNow, pair: Burn, allowed: float) -> float | None:
    """How many times as fast as it may the budget burns, by the lesser of two windows."""
    rates = [_bad_share(group, name) for name in (pair.over, pair.also)]
    known = [rate for rate in rates if rate is not None]
    return min(known) / allowed if len(known) == len(rates) else None


def _bad_share(group: GroupNow, window: str) -> float | None:
    """Of what was seen. What nobody saw is neither good nor bad, and of too little nothing can be said."""
    spent = group.windows.get(window, Spent())
    seen = spent.good + spent.bad
    whole = 1000 * WINDOWS.get(window, 0.0) * group.watches
    return spent.bad / seen if seen and seen >= SEEN_ENOUGH * whole else None


def _groups(rule: Rule, world: World, *, with_target: bool) -> Iterator[GroupNow]:
    """Those that the rule names; ``with_target``: of one class each, since only a class has a target."""
    for group in () if world.measured is None else world.measured.groups:
        if (_with_target(group) if with_target else _of_all(group)) in rule.groups:
            yield group


def _of_all(group: GroupNow) -> str:
    """What makes it a group; empty for one that is a part of another by class or network alone."""
    match group.network, group.region, group.point_class:
        case None, None, None:
            return "city"
        case None, None, _:
            return "class"
        case str(), None, None:
            return "network"
        case str(), str(), None:
            return "region"
    return ""


def _with_target(group: GroupNow) -> str:
    match group.network, group.region, group.point_class:
        case None, None, int():
            return "class"
        case str(), None, int():
            return "network"
        case None, str(), int():
            return "region"
    return ""


def _finding(
    rule: Rule, world: World, group: GroupNow, usual: Severity, facts: Mapping[str, Any]
) -> Iterator[Finding]:
    at = world.now if world.measured is None else world.measured.at
    region = world.site.regions.get(group.region or "")
    network = world.site.networks.get(group.network or "")
    names = [
        None if region is None else region.name or region.code,
        None if network is None else network.name,
    ]
    found = Finding(
        rule=rule.name,
        subject="/".join((group.network or "*", group.region or "*", str(group.point_class or "*"))),
        severity=severity_of(rule, usual),
        since=at,
        detected_at=at,
        network=group.network or "",
        region=group.region or "",
        point_class=group.point_class,
        facts={"what": rule.kind, "name": " · ".join(filter(None, names)), "target": group.target, **facts},
    )
    if is_about(rule.match, found, world.site):
        yield found
