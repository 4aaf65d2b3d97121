"""From sections of alerts.yaml as they are written to settings as they are used: channels, routes, rotas."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from monitor.config.alerting import (
    AlertmanagerSettings,
    AppriseSettings,
    Called,
    ChannelSettings,
    CommandSettings,
    FallbackSettings,
    MailSettings,
    Match,
    MqttChannelSettings,
    Override,
    RobotSettings,
    Route,
    Schedule,
    Shift,
    SmsSettings,
    Step,
    WebhookSettings,
)
from monitor.config.alerting_schema import (
    MatchSection,
    RouteSection,
    ScheduleSection,
    ShiftSection,
)
from monitor.config.channel_schema import ChannelSection
from monitor.config.settings import Credential

_SETTINGS: Final[Mapping[str, type[ChannelSettings]]] = {
    "webhook": WebhookSettings,
    "alertmanager": AlertmanagerSettings,
    "mail": MailSettings,
    "sms": SmsSettings,
    "mqtt": MqttChannelSettings,
    "command": CommandSettings,
    "apprise": AppriseSettings,
}


def channel_of(name: str, section: ChannelSection, login: Credential | None, folder: Path) -> ChannelSettings:
    """``folder``: where names of files are seen from."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in section
        if key not in ("type", "credential") and value is not None
    }
    if "authority" in values:
        values["authority"] = folder / values["authority"]
    if section.type not in _SETTINGS:
        values["base"] = values.pop("url", None)
        return RobotSettings(name, login, type=section.type, **values)
    if section.type == "alertmanager":
        values["urls"] = values.pop("url")
    return _SETTINGS[section.type](name, login, **values)


def route_of(place: int, section: RouteSection, language: str, schedules: Collection[str]) -> Route:
    """A route without a name is called by its place, from 1 on."""
    steps = [Step(one.after, tuple(one.to), called_of(one.people, schedules)) for one in section.escalate]
    fallback = section.fallback
    return Route(
        name=section.name or f"route-{place + 1}",
        match=match_of(section.match),
        to=tuple(section.to),
        called=called_of(section.people, schedules),
        group_wait=section.group_wait,
        group_interval=section.group_interval,
        repeat=section.repeat,
        escalate=tuple(sorted(steps, key=lambda step: step.after)),
        fallback=None if fallback is None else FallbackSettings(tuple(fallback.to), fallback.after),
        language=section.language or language,
    )


def match_of(section: MatchSection) -> Match:
    return Match(
        networks=tuple(section.network),
        regions=tuple(section.region),
        rules=tuple(section.rules),
        severities=tuple(section.severity),
        kinds=tuple(section.kinds),
        classes=tuple(section.classes),
        contractors=tuple(section.contractors),
    )


def called_of(names: list[str], schedules: Collection[str]) -> Called:
    return Called(
        schedules=tuple(name for name in names if name in schedules),
        people=tuple(name for name in names if name not in schedules),
    )


def schedule_of(name: str, section: ScheduleSection) -> Schedule:
    return Schedule(
        name=name,
        rota=tuple(map(_shift, section.rota)),
        overrides=tuple(Override(one.start, one.end, tuple(one.who)) for one in section.overrides),
        holidays=frozenset(section.holidays),
        holiday_rota=tuple(map(_shift, section.holiday_rota)),
        first=section.first,
    )


def _shift(section: ShiftSection) -> Shift:
    weeks = tuple(tuple(who) for who in section.weeks)
    return Shift(section.days, section.start, section.end, tuple(section.who), weeks)
