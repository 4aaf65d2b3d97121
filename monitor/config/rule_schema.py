"""What a rule of alerts.yaml may say, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from monitor.config.alerting_written import (
    CLASSES,
    KINDS,
    MONTH,
    NAMES,
    NETWORKS,
    REGIONS,
    SEVERITY,
    Many,
    Severity,
    _times,
)
from monitor.config.written import (
    NAME,
    TRUTH,
    Flag,
    Label,
    Section,
    Share,
    Span,
    Whole,
    _number,
    _percent,
    _reads,
    _said,
    _span,
)
from monitor.model.measured import WINDOWS
from monitor.model.said import Said


class RuleSection(Section):
    """What every rule may say. ``for`` and ``settle`` None: as its kind has it."""

    name: Label | None = _said(None, NAME)
    span: Span | None = _said(
        None, Said("应为时长，如 10m", "a span of time is allowed, such as 10m"), alias="for", ge=0, le=MONTH
    )
    settle: Span | None = _span(None, 0, MONTH)
    severity: Severity | None = _said(None, SEVERITY)
    networks: Many[Label] = _said([], NETWORKS)
    regions: Many[Label] = _said([], REGIONS)


class WatchRuleSection(RuleSection):
    kinds: Many[Label] = _said([], KINDS)
    classes: Many[Whole] = _said([], CLASSES)
    contractors: Many[Label] = _said([], NAMES)


class OutageRuleSection(WatchRuleSection):
    least: Whole | None = _number(None, 1, 1_000_000)


Grouping = Literal["city", "network", "region", "class"]
_GROUPS: Final = Said(
    "应为列表，可用：city、network、region、class", "a list of these is needed: city, network, region, class"
)


class GroupRuleSection(RuleSection):
    groups: Many[Grouping] = _said([], _GROUPS)
    classes: Many[Whole] = _said([], CLASSES)
    least: Whole | None = _number(None, 1, 1_000_000)


class CrowdSection(GroupRuleSection):
    share: Share | None = _said(None, _percent("10%"))


Window = Literal["5m", "1h", "6h", "3d"]
_SOME: Final = Said.listed(WINDOWS)
_WINDOW: Final = Said(f"可用：{_SOME.zh}", f"one of these is allowed: {_SOME.en}")


class BurnSection(Section):
    times: Annotated[float, _reads(_times)] = _said(
        ..., Said("应为至多 1000 的数，如 14.4", "a number up to 1000 is needed, such as 14.4")
    )
    over: Window = _said(..., _WINDOW)
    also: Window = _said(..., _WINDOW)
    severity: Severity = _said("warning", SEVERITY)


class BurnRuleSection(GroupRuleSection):
    windows: list[BurnSection] = _said(
        [],
        Said(
            "应为列表，如  - {times: 14.4, over: 1h, also: 5m, severity: critical}",
            "a list is needed, such as  - {times: 14.4, over: 1h, also: 5m, severity: critical}",
        ),
    )


class BudgetSection(GroupRuleSection):
    forecast: Flag = _said(True, TRUTH)


class CertificateSection(WatchRuleSection):
    days: Whole | None = _number(None, 1, 365)


class PipelineSection(RuleSection):
    silent: Span = _span(60.0, 10, 86400)
    sight: Span = _span(60.0, 15, 86400)
    lag: Whole = _number(10_000, 1, 100_000_000)
    outbox: Whole = _number(10_000, 1, 100_000_000)
    delivery: Span = _span(300.0, 10, MONTH)


RULES: Final[Mapping[str, type[RuleSection]]] = {
    "outage": OutageRuleSection,
    "offline": WatchRuleSection,
    "suspected": OutageRuleSection,
    "blind": RuleSection,
    "degraded": WatchRuleSection,
    "flapping": WatchRuleSection,
    "crowd": CrowdSection,
    "burn": BurnRuleSection,
    "budget": BudgetSection,
    "certificate": CertificateSection,
    "pipeline": PipelineSection,
}


class RulesSection(Section):
    """Each is read by itself: off, one, or a list."""

    outage: Any = None
    offline: Any = None
    suspected: Any = None
    blind: Any = None
    degraded: Any = None
    flapping: Any = None
    crowd: Any = None
    burn: Any = None
    budget: Any = None
    certificate: Any = None
    pipeline: Any = None
