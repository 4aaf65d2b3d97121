"""The rules as they ship: what each kind says where alerts.yaml says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from monitor.config.alerting import Burn, Match, Rule
from monitor.config.rule_schema import BudgetSection, BurnRuleSection, PipelineSection, RuleSection

BURNS: Final = (
    Burn(14.4, "1h", "5m", "critical"),
    Burn(6.0, "6h", "1h", "critical"),
    Burn(1.0, "3d", "6h", "warning"),
)
"""Each fires when 2 %, 5 % or 10 % of a month's budget went within its window (see docs/alerts.md)."""

_SHIPPED: Final[Mapping[str, Mapping[str, Any]]] = {
    "outage": {"severity": "critical", "least": 2},
    "offline": {"severity": "warning"},
    "suspected": {"severity": "critical"},
    "blind": {"severity": "critical"},
    "degraded": {"severity": "warning", "span": 600.0},
    "flapping": {"severity": "warning", "span": 30.0},
    "crowd": {
        "severity": "critical",
        "share": 0.1,
        "least": 10,
        "groups": ("network", "region"),
        "span": 30.0,  # what falls for an outage is known to do so by then
        "settle": 120.0,
    },
    "burn": {"groups": ("class",), "least": 100, "settle": 300.0, "burns": BURNS},
    "budget": {"groups": ("class",), "span": 3600.0, "settle": 3600.0},
    "certificate": {"days": 30},
    "pipeline": {"settle": 15.0},
}


def rule_of(kind: str, section: RuleSection, name: str) -> Rule:
    """The rule that is written so; what is not written is as it ships."""
    values = dict(_SHIPPED[kind])
    for key in ("span", "settle", "severity", "least", "share", "days"):
        if getattr(section, key, None) is not None:
            values[key] = getattr(section, key)
    if getattr(section, "groups", None):
        values["groups"] = tuple(dict.fromkeys(getattr(section, "groups", ())))
    if isinstance(section, BurnRuleSection) and section.windows:
        values["burns"] = tuple(Burn(one.times, one.over, one.also, one.severity) for one in section.windows)
    return Rule(kind=kind, name=name, match=_match(section), limits=_limits(section), **values)


def _match(section: RuleSection) -> Match:
    return Match(
        networks=tuple(section.networks),
        regions=tuple(section.regions),
        kinds=tuple(getattr(section, "kinds", ())),
        classes=tuple(getattr(section, "classes", ())),
        contractors=tuple(getattr(section, "contractors", ())),
    )


def _limits(section: RuleSection) -> Mapping[str, float]:
    found: dict[str, float] = {}
    if isinstance(section, PipelineSection):
        names = ("silent", "sight", "lag", "outbox", "delivery")
        found = {name: float(getattr(section, name)) for name in names}
    if isinstance(section, BudgetSection):
        found = {"forecast": float(section.forecast)}
    return MappingProxyType(found)
