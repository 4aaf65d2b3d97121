"""What may stand in alerts.yaml, but for channels and rules.

As in ``schema``: what each field says is what a mistake there prints. Channels, routes and rules are
read one by one (see ``alerting_read``), each by the section of its type.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator

from monitor.config.alerting_written import (
    CLASSES,
    KINDS,
    MONTH,
    NAMES,
    NETWORKS,
    REGIONS,
    WEB,
    Day,
    Days,
    Many,
    Moment,
    Severity,
    Web,
    _never,
    _people_lists,
)
from monitor.config.rule_schema import RulesSection
from monitor.config.written import (
    CREDENTIAL,
    LANGUAGE,
    NAME,
    Clock,
    Label,
    Section,
    Span,
    Whole,
    _keys,
    _or_empty,
    _reads,
    _said,
    _span,
)
from monitor.model.said import Said

_CHANNELS: Final = Said(
    "应为渠道名，如 [duty-group]", "the names of channels are needed, such as [duty-group]"
)
_PEOPLE: Final = Said("应为值班表名或人员名", "the names of schedules or people are needed")
_PHONE: Final = Said("应为电话号码", "a phone number is needed")
_WHO: Final = Said("应为人员名", "the names of people are needed")


class PersonSection(Section):
    name: Label | None = _said(None, NAME)
    phone: Label | None = _said(None, _PHONE)
    mail: Label | None = _said(None, Said("应为邮件地址", "a mail address is needed"))
    dingtalk: Label | None = _said(
        None, Said("应为钉钉登记的手机号", "the phone number known to DingTalk is needed")
    )
    wecom: Label | None = _said(
        None, Said("应为企业微信登记的手机号", "the phone number known to WeCom is needed")
    )
    feishu: Label | None = _said(
        None, Said("应为飞书的 open_id 或 user_id", "the open_id or user_id of Feishu is needed")
    )
    sms: Label | None = _said(None, _PHONE)


class ContractorSection(Section):
    phone: Label = _said("", _PHONE)


class ShiftSection(Section):
    days: Days = _said(
        frozenset(range(7)),
        Said(
            "应为星期，如 mon-fri、[sat, sun] 或 daily",
            "days are needed, such as mon-fri, [sat, sun] or daily",
        ),
    )
    start: Clock = _said(
        0, Said("应为时刻，如 08:00", "a time of day is needed, such as 08:00"), alias="from"
    )
    end: Clock = _said(0, Said("应为时刻，如 18:00", "a time of day is needed, such as 18:00"), alias="to")
    who: Many[Label] = _said([], _WHO)
    weeks: Annotated[list[list[Label]], BeforeValidator(_people_lists)] = _said(
        [],
        Said(
            "应为每周人员的列表，如 [[zhang], [li]]",
            "a list of people for each week is needed, such as [[zhang], [li]]",
        ),
    )


class OverrideSection(Section):
    start: Moment = _said(
        ...,
        Said("应为日期和时刻，如 2026-10-01 08:00", "a moment is needed, such as 2026-10-01 08:00"),
        alias="from",
    )
    end: Moment = _said(
        ...,
        Said("应为日期和时刻，如 2026-10-03 08:00", "a moment is needed, such as 2026-10-03 08:00"),
        alias="to",
    )
    who: Many[Label] = _said(..., _WHO, min_length=1)


_SHIFTS: Final = Said(
    "应为列表，如  - {days: mon-fri, from: 08:00, to: 18:00, who: [zhang]}",
    "a list is needed, such as  - {days: mon-fri, from: 08:00, to: 18:00, who: [zhang]}",
)


class ScheduleSection(Section):
    rota: list[ShiftSection] = _said([], _SHIFTS)
    first: Day = _said(
        date(2024, 1, 1),
        Said("应为第一周中的一天，如 2026-01-05", "a day of the first week is needed, such as 2026-01-05"),
    )
    overrides: list[OverrideSection] = _said(
        [],
        Said(
            "应为列表，如  - {from: 2026-10-01 08:00, to: 2026-10-02 08:00, who: [li]}",
            "a list is needed, such as  - {from: 2026-10-01 08:00, to: 2026-10-02 08:00, who: [li]}",
        ),
    )
    holidays: Many[Day] = _said(
        [], Said("应为日期列表，如 [2026-10-01]", "a list of days is needed, such as [2026-10-01]")
    )
    holiday_rota: list[ShiftSection] = _said([], _SHIFTS)


class MatchSection(Section):
    network: Many[Label] = _said([], NETWORKS)
    region: Many[Label] = _said([], REGIONS)
    rules: Many[Label] = _said([], Said("应为规则名", "the names of rules are needed"))
    severity: Many[Severity] = _said(
        [],
        Said("应为列表，可用：critical、warning、info", "a list of these is needed: critical, warning, info"),
    )
    kinds: Many[Label] = _said([], KINDS)
    classes: Many[Whole] = _said([], CLASSES)
    contractors: Many[Label] = _said([], NAMES)


class StepSection(Section):
    after: Span = _said(
        ..., Said("应为时长，如 15m", "a span of time is needed, such as 15m"), ge=1, le=MONTH
    )
    to: Many[Label] = _said(..., _CHANNELS, min_length=1)
    people: Many[Label] = _said([], _PEOPLE)


class FallbackSection(Section):
    to: Many[Label] = _said(..., _CHANNELS, min_length=1)
    after: Span = _span(600.0, 0, MONTH)


class RouteSection(Section):
    name: Label | None = _said(None, NAME)
    match: MatchSection = _said(
        MatchSection(), _keys("network", "region", "rules", "severity", "kinds", "classes", "contractors")
    )
    to: Many[Label] = _said(..., _CHANNELS, min_length=1)
    people: Many[Label] = _said([], _PEOPLE)
    group_wait: Span = _span(0.0, 0, 86400)
    group_interval: Span = _span(300.0, 0, 86400)
    repeat: Annotated[float | None, _reads(_never)] = _said(
        14_400.0,
        Said(
            "应为不短于 10s 的时长或 off，如 4h", "a span of time from 10s on or off is allowed, such as 4h"
        ),
        ge=10,
        le=MONTH,
    )
    escalate: list[StepSection] = _said(
        [],
        Said(
            "应为列表，如  - {after: 15m, to: [sms]}", "a list is needed, such as  - {after: 15m, to: [sms]}"
        ),
    )
    fallback: FallbackSection | None = _said(None, _keys("to", "after"))
    language: Literal["zh", "en"] | None = _said(None, LANGUAGE)


class DeadManSection(Section):
    url: Web | None = _said(None, WEB)
    credential: Label | None = _said(None, CREDENTIAL)
    every: Span = _span(60.0, 5, 86400)


class AlertsFile(Section):
    language: Literal["zh", "en"] | None = _said(None, LANGUAGE)
    link: Web | None = _said(
        None,
        Said(
            "应为页面的 URL，如 https://quanshi.example/",
            "the URL of the pages is needed, such as https://quanshi.example/",
        ),
    )
    channels: Annotated[dict[Label, Any], BeforeValidator(_or_empty)] = _said(
        {},
        Said(
            "应按名字写渠道，如  duty-group: {type: dingtalk, credential: dingtalk}",
            "channels by name are needed, such as  duty-group: {type: dingtalk, credential: dingtalk}",
        ),
    )
    people: Annotated[dict[Label, PersonSection], BeforeValidator(_or_empty)] = _said(
        {},
        Said(
            '应按名字写人员，如  zhang: {name: 张三, phone: "138…"}',
            'people by name are needed, such as  zhang: {name: 张三, phone: "138…"}',
        ),
    )
    contractors: Annotated[dict[Label, ContractorSection], BeforeValidator(_or_empty)] = _said(
        {},
        Said(
            '应按名称写运维单位，如  甲公司: {phone: "0668-…"}',
            'contractors by name are needed, such as  甲公司: {phone: "0668-…"}',
        ),
    )
    schedules: Annotated[dict[Label, ScheduleSection], BeforeValidator(_or_empty)] = _said(
        {},
        Said(
            "应按名字写值班表，如  duty: {rota: […]}",
            "schedules by name are needed, such as  duty: {rota: […]}",
        ),
    )
    routes: Annotated[list[Any], BeforeValidator(lambda value: [] if value is None else value)] = _said(
        [],
        Said(
            "应为列表，如  - {match: {network: video}, to: [duty-group]}",
            "a list is needed, such as  - {match: {network: video}, to: [duty-group]}",
        ),
    )
    rules: RulesSection = _said(
        RulesSection(),
        Said("应按种类写规则，如  degraded: off", "rules by kind are needed, such as  degraded: off"),
    )
    dead_man: DeadManSection | None = _said(None, _keys("url", "every"))
