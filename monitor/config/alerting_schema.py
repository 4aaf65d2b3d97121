"""What may stand in alerts.yaml.

As in ``schema``: the description of each field is what a mistake there prints. Channels, routes and rules are
read one by one (see ``alerting_read``), each by the section of its type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints

from monitor.config.written import (
    Clock,
    FileName,
    Flag,
    Label,
    Section,
    Share,
    Span,
    Whole,
    _broker,
    _number,
    _or_empty,
    _reads,
    _said,
    _span,
    _url,
)
from monitor.model.measured import WINDOWS
from monitor.model.times import parse_span

_T = TypeVar("_T")

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LIMIT: Final = re.compile(r"([1-9][0-9]{0,4})\s*/\s*(\S+)", re.ASCII)
_TIMES: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?", re.ASCII)
_MONTH: Final = 31 * 86400.0


def _limit(text: str) -> tuple[int, float]:
    match = _LIMIT.fullmatch(text)
    if match is None or not 0.1 <= parse_span(match[2]) <= 86400:
        raise ValueError("not a limit")
    return int(match[1]), parse_span(match[2])


def _times(text: str) -> float:
    if not _TIMES.fullmatch(text) or not 0 < float(text) <= 1000:
        raise ValueError("not so many times")
    return float(text)


def _never(text: str) -> float | None:
    return None if text in ("off", "never", "no") else parse_span(text)


def _days(text: str) -> frozenset[int]:
    """``mon-fri``, ``mon,wed``, ``daily``; ``fri-mon`` goes over the weekend."""
    if text == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(found)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("a zone is not needed")
    return moment


def _many(value: Any) -> Any:
    """One is a list of one, and days may be a list."""
    return [value] if isinstance(value, str) else value


def _joined(value: Any) -> Any:
    return ",".join(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value


def _people_lists(value: Any) -> Any:
    return [_many(each) for each in value] if isinstance(value, list) else value


Many = Annotated[list[_T], BeforeValidator(_many)]
Web = Annotated[str, _reads(_url("http", "https"))]
Limit = Annotated[tuple[int, float], _reads(_limit)]
Days = Annotated[frozenset[int], _reads(_days), BeforeValidator(_joined)]
Day = Annotated[date, _reads(date.fromisoformat)]
Moment = Annotated[datetime, _reads(_moment)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Severity = Literal["critical", "warning", "info"]

_CREDENTIAL: Final = "the name of an entry in the credentials file is needed"
_WEB: Final = "a URL is needed, such as http://127.0.0.1:9000/alert"
_CHANNELS: Final = "the names of channels are needed, such as [duty-group]"
_PEOPLE: Final = "the names of schedules or people are needed"
_SEVERITY: Final = "critical, warning or info is allowed"
_NAMES: Final = "a list of names is needed"


class ChannelSection(Section):
    type: str = _said(..., "the type of a channel is needed")
    credential: Label | None = _said(None, _CREDENTIAL)
    limit: Limit | None = _said(
        None, "so many messages within a span of time are allowed to be said, such as 20/1m"
    )


class RobotSection(ChannelSection):
    url: Web | None = _said(None, "the platform's own URL is needed, such as https://oapi.dingtalk.com")
    proxy: Web | None = _said(None, _WEB)


class WebhookSection(ChannelSection):
    url: Web | None = _said(None, _WEB)
    proxy: Web | None = _said(None, _WEB)


class AlertmanagerSection(ChannelSection):
    url: Many[Web] = Field(
        min_length=1, description="a URL or a list of them is needed, such as http://127.0.0.1:9093"
    )
    proxy: Web | None = _said(None, _WEB)


class MailSection(ChannelSection):
    host: Label = _said(..., "the name of a mail server is needed")
    port: Whole | None = _number(None, 1, 65535)
    security: Literal["starttls", "tls", "none"] = _said("starttls", "starttls, tls or none is allowed")
    sender: Label = Field(alias="from", description="the address that mails come from is needed")
    to: Many[Label] = _said([], "a list of mail addresses is needed")
    authority: FileName | None = _said(None, "a file with certificates is needed")


class SmsSection(ChannelSection):
    url: Web | None = _said(None, _WEB)
    template: Text = _said("", "the body of the request is needed, with {phone} and {text} in it")
    method: Literal["post", "get", "put"] = _said("post", "post, get or put is allowed")
    content_type: Label | None = _said(None, "a content type is needed, such as application/json")
    success: Text = _said("", "a pattern that the answer of success shows is needed")
    refused: Text = _said("", "a pattern that the answer shows when another try is in vain is needed")
    length: Whole | None = _number(None, 20, 10_000)
    to: Many[Label] = _said([], "a list of phone numbers is needed")
    proxy: Web | None = _said(None, _WEB)


class MqttChannelSection(ChannelSection):
    url: Annotated[str, _reads(_broker)] = _said(
        ..., "a URL without a login is needed, such as mqtt://127.0.0.1:1883 or mqtts://broker"
    )
    topic: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^+#\x00]+$")] = _said(
        ..., "a topic without + and # is needed, such as quanshi/alerts"
    )
    authority: FileName | None = _said(None, "a file with certificates is needed")


class CommandSection(ChannelSection):
    command: Many[Text] = Field(
        min_length=1, description='a list is needed, such as [/usr/local/bin/page, "{title}"]'
    )
    within: Span = _span(20.0, 0.1, 300)


class AppriseSection(ChannelSection):
    """Its URL holds tokens: it stands in the credentials."""


CHANNELS: Final[Mapping[str, type[ChannelSection]]] = {
    "dingtalk": RobotSection,
    "wecom": RobotSection,
    "feishu": RobotSection,
    "webhook": WebhookSection,
    "alertmanager": AlertmanagerSection,
    "mail": MailSection,
    "sms": SmsSection,
    "mqtt": MqttChannelSection,
    "command": CommandSection,
    "apprise": AppriseSection,
}


class PersonSection(Section):
    name: Label | None = _said(None, "a name of up to 100 characters is needed")
    phone: Label | None = _said(None, "a phone number is needed")
    mail: Label | None = _said(None, "a mail address is needed")
    dingtalk: Label | None = _said(None, "the phone number known to DingTalk is needed")
    wecom: Label | None = _said(None, "the phone number known to WeCom is needed")
    feishu: Label | None = _said(None, "the open_id or user_id of Feishu is needed")
    sms: Label | None = _said(None, "a phone number is needed")


class ContractorSection(Section):
    phone: Label = _said("", "a phone number is needed")


class ShiftSection(Section):
    days: Days = _said(frozenset(range(7)), "days are needed, such as mon-fri, [sat, sun] or daily")
    start: Clock = Field(0, alias="from", description="a time of day is needed, such as 08:00")
    end: Clock = Field(0, alias="to", description="a time of day is needed, such as 18:00")
    who: Many[Label] = _said([], "the names of people are needed")
    weeks: Annotated[list[list[Label]], BeforeValidator(_people_lists)] = _said(
        [], "a list of people for each week is needed, such as [[zhang], [li]]"
    )


class OverrideSection(Section):
    start: Moment = Field(alias="from", description="a moment is needed, such as 2026-10-01 08:00")
    end: Moment = Field(alias="to", description="a moment is needed, such as 2026-10-03 08:00")
    who: Many[Label] = Field(min_length=1, description="the names of people are needed")


_SHIFTS: Final = "a list is needed, such as  - {days: mon-fri, from: 08:00, to: 18:00, who: [zhang]}"


class ScheduleSection(Section):
    rota: list[ShiftSection] = _said([], _SHIFTS)
    first: Day = _said(date(2024, 1, 1), "a day of the first week is needed, such as 2026-01-05")
    overrides: list[OverrideSection] = _said(
        [], "a list is needed, such as  - {from: 2026-10-01 08:00, to: 2026-10-02 08:00, who: [li]}"
    )
    holidays: Many[Day] = _said([], "a list of days is needed, such as [2026-10-01]")
    holiday_rota: list[ShiftSection] = _said([], _SHIFTS)


class MatchSection(Section):
    network: Many[Label] = _said([], "the names of networks are needed")
    region: Many[Label] = _said([], "the codes of regions are needed")
    rules: Many[Label] = _said([], "the names of rules are needed")
    severity: Many[Severity] = _said([], "a list of these is needed: critical, warning, info")
    kinds: Many[Label] = _said([], "a list of kinds of nodes is needed")
    classes: Many[Whole] = _said([], "a list of classes is needed: 1, 2, 3, 9")
    contractors: Many[Label] = _said([], _NAMES)


class StepSection(Section):
    after: Span = Field(ge=1, le=_MONTH, description="a span of time is needed, such as 15m")
    to: Many[Label] = Field(min_length=1, description=_CHANNELS)
    people: Many[Label] = _said([], _PEOPLE)


class FallbackSection(Section):
    to: Many[Label] = Field(min_length=1, description=_CHANNELS)
    after: Span = _span(600.0, 0, _MONTH)


class RouteSection(Section):
    name: Label | None = _said(None, "a name of up to 100 characters is needed")
    match: MatchSection = _said(
        MatchSection(), "keys are needed: network, region, rules, severity, kinds, classes, contractors"
    )
    to: Many[Label] = Field(min_length=1, description=_CHANNELS)
    people: Many[Label] = _said([], _PEOPLE)
    group_wait: Span = _span(0.0, 0, 86400)
    group_interval: Span = _span(300.0, 0, 86400)
    repeat: Annotated[float | None, _reads(_never)] = Field(
        14_400.0, ge=10, le=_MONTH, description="a span of time from 10s on or off is allowed, such as 4h"
    )
    escalate: list[StepSection] = _said([], "a list is needed, such as  - {after: 15m, to: [sms]}")
    fallback: FallbackSection | None = _said(None, "keys are needed: to, after")
    language: Literal["zh", "en"] | None = _said(None, "zh or en is allowed")


class RuleSection(Section):
    """What every rule may say. ``for`` and ``settle`` None: as its kind has it."""

    name: Label | None = _said(None, "a name of up to 100 characters is needed")
    span: Span | None = Field(
        None, alias="for", ge=0, le=_MONTH, description="a span of time is allowed, such as 10m"
    )
    settle: Span | None = _span(None, 0, _MONTH)
    severity: Severity | None = _said(None, _SEVERITY)
    networks: Many[Label] = _said([], "the names of networks are needed")
    regions: Many[Label] = _said([], "the codes of regions are needed")


class WatchRuleSection(RuleSection):
    kinds: Many[Label] = _said([], "a list of kinds of nodes is needed")
    classes: Many[Whole] = _said([], "a list of classes is needed: 1, 2, 3, 9")
    contractors: Many[Label] = _said([], _NAMES)


class OutageRuleSection(WatchRuleSection):
    least: Whole | None = _number(None, 1, 1_000_000)


Grouping = Literal["city", "network", "region", "class"]
_GROUPS: Final = "a list of these is needed: city, network, region, class"


class GroupRuleSection(RuleSection):
    groups: Many[Grouping] = _said([], _GROUPS)
    classes: Many[Whole] = _said([], "a list of classes is needed: 1, 2, 3, 9")
    least: Whole | None = _number(None, 1, 1_000_000)


class CrowdSection(GroupRuleSection):
    share: Share | None = _said(None, "a share above 0% and up to 100% is allowed, such as 10%")


Window = Literal["5m", "1h", "6h", "3d"]
_WINDOW: Final = f"one of these is allowed: {', '.join(WINDOWS)}"


class BurnSection(Section):
    times: Annotated[float, _reads(_times)] = _said(..., "a number up to 1000 is needed, such as 14.4")
    over: Window = _said(..., _WINDOW)
    also: Window = _said(..., _WINDOW)
    severity: Severity = _said("warning", _SEVERITY)


class BurnRuleSection(GroupRuleSection):
    windows: list[BurnSection] = _said(
        [], "a list is needed, such as  - {times: 14.4, over: 1h, also: 5m, severity: critical}"
    )


class BudgetSection(GroupRuleSection):
    forecast: Flag = _said(True, "true or false is allowed")


class CertificateSection(WatchRuleSection):
    days: Whole | None = _number(None, 1, 365)


class PipelineSection(RuleSection):
    silent: Span = _span(60.0, 10, 86400)
    sight: Span = _span(60.0, 15, 86400)
    lag: Whole = _number(10_000, 1, 100_000_000)
    outbox: Whole = _number(10_000, 1, 100_000_000)
    delivery: Span = _span(300.0, 10, _MONTH)


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


class DeadManSection(Section):
    url: Web | None = _said(None, _WEB)
    credential: Label | None = _said(None, _CREDENTIAL)
    every: Span = _span(60.0, 5, 86400)


class AlertsFile(Section):
    language: Literal["zh", "en"] | None = _said(None, "zh or en is allowed")
    link: Web | None = _said(None, "the URL of the pages is needed, such as https://quanshi.example/")
    channels: Annotated[dict[Label, Any], BeforeValidator(_or_empty)] = _said(
        {}, "channels by name are needed, such as  duty-group: {type: dingtalk, credential: dingtalk}"
    )
    people: Annotated[dict[Label, PersonSection], BeforeValidator(_or_empty)] = _said(
        {}, 'people by name are needed, such as  zhang: {name: 张三, phone: "138…"}'
    )
    contractors: Annotated[dict[Label, ContractorSection], BeforeValidator(_or_empty)] = _said(
        {}, 'contractors by name are needed, such as  甲公司: {phone: "0668-…"}'
    )
    schedules: Annotated[dict[Label, ScheduleSection], BeforeValidator(_or_empty)] = _said(
        {}, "schedules by name are needed, such as  duty: {rota: […]}"
    )
    routes: Annotated[list[Any], BeforeValidator(lambda value: [] if value is None else value)] = _said(
        [], "a list is needed, such as  - {match: {network: video}, to: [duty-group]}"
    )
    rules: RulesSection = _said(RulesSection(), "rules by kind are needed, such as  degraded: off")
    dead_man: DeadManSection | None = _said(None, "keys are needed: url, every")
