"""Who is told what: the settings of alerts.yaml as the alert role uses them, checked, complete, frozen.

How they are written is in ``alerting_schema``. Spans are seconds, shares 0 to 1, times of day minutes after
midnight, dates the site's own. No repr shows a secret: those are in the credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from monitor.config.settings import Credential

KINDS: Final = (
    "outage",
    "offline",
    "suspected",
    "blind",
    "degraded",
    "flapping",
    "crowd",
    "burn",
    "budget",
    "certificate",
    "pipeline",
)
"""The kinds of rules, in the order in which they are asked: an outage is told by the first that takes it."""


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """A way to somebody. ``login`` is what its ``credential`` names; ``limit`` None: that of its type.

    ``limit``: so many messages within so many seconds. ``proxy``: a URL.
    """

    name: str
    login: Credential | None = field(default=None, repr=False)
    limit: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True)
class RobotSettings(ChannelSettings):
    """A robot of a chat platform; ``type`` is dingtalk, wecom or feishu. ``base`` None: its own."""

    type: str = "dingtalk"
    base: str | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WebhookSettings(ChannelSettings):
    url: str = field(default="", repr=False)
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AlertmanagerSettings(ChannelSettings):
    urls: tuple[str, ...] = field(default=(), repr=False)
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MailSettings(ChannelSettings):
    """``port`` None: that of ``security``. ``authority``: a file with certificates to trust beside."""

    host: str = ""
    sender: str = ""
    port: int | None = None
    security: str = "starttls"
    to: tuple[str, ...] = ()
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class SmsSettings(ChannelSettings):
    """``length`` None: as the channel has it."""

    url: str = field(default="", repr=False)
    template: str = field(default="", repr=False)
    method: str = "post"
    content_type: str | None = None
    success: str = ""
    refused: str = ""
    length: int | None = None
    to: tuple[str, ...] = ()
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MqttChannelSettings(ChannelSettings):
    url: str = ""
    topic: str = ""
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class CommandSettings(ChannelSettings):
    command: tuple[str, ...] = ()
    within: float = 20.0


@dataclass(frozen=True, slots=True)
class AppriseSettings(ChannelSettings):
    urls: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """``addresses``: by the type of a channel, what it calls this person by (a phone number, an address)."""

    id: str
    name: str
    phone: str = field(default="", repr=False)
    mail: str = field(default="", repr=False)
    addresses: Mapping[str, str] = field(default_factory=dict, repr=False)

    def address(self, kind: str) -> str:
        """How a channel of this type reaches the person; empty when nobody said."""
        if kind in self.addresses:
            return self.addresses[kind]
        if kind == "mail":
            return self.mail
        # A number in Feishu's place would call nobody, and show it to all.
        return "" if kind == "feishu" else self.phone


@dataclass(frozen=True, slots=True)
class Shift:
    """On these weekdays (0 is Monday) from one time of day to another; past midnight if that is not later.

    ``who``: people, or with ``weeks`` those of one week after the other.
    """

    days: frozenset[int]
    start: int
    end: int
    who: tuple[str, ...] = ()
    weeks: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """Instead of all else: from one moment to another, wall clock of the schedule's zone."""

    start: datetime
    end: datetime
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """``first``: a day of the week in which the first of ``weeks`` is on call."""

    name: str
    rota: tuple[Shift, ...]
    overrides: tuple[Override, ...] = ()
    holidays: frozenset[date] = frozenset()
    holiday_rota: tuple[Shift, ...] = ()
    first: date = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Match:
    """Which alerts: all that meet every part that is not empty, by any of its entries.

    ``regions`` include what lies in them. ``rules``: names or kinds of rules.
    """

    networks: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    classes: tuple[int, ...] = ()
    contractors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """Who is to be called by name: whoever is on duty in these schedules, and these people."""

    schedules: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Nobody has acknowledged for ``after`` seconds: these are told."""

    after: float
    to: tuple[str, ...]
    called: Called = field(default_factory=Called)


@dataclass(frozen=True, slots=True)
class FallbackSettings:
    """A channel has not delivered for ``after`` seconds: these take it on."""

    to: tuple[str, ...]
    after: float


@dataclass(frozen=True, slots=True)
class Route:
    """Where alerts go. ``repeat`` None: said once."""

    name: str
    match: Match
    to: tuple[str, ...]
    called: Called = field(default_factory=Called)
    group_wait: float = 0.0
    group_interval: float = 300.0
    repeat: float | None = 14_400.0
    escalate: tuple[Step, ...] = ()
    fallback: FallbackSettings | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Burn:
    """Too quick when the budget burns so many times as fast as it may, over both of these windows."""

    times: float
    over: str
    also: str
    severity: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``name`` is its kind, or what tells it from others of its kind.

    ``span``: true for so long before it is told; ``settle``: gone for so long before it is over. ``severity``
    empty: as the rule itself has it. The rest only some kinds use: ``least``: so many watches; ``share`` of a
    group; ``groups``: what makes one (city, network, region, class); ``days`` before a certificate ends;
    ``burns``: windows; ``limits`` of the pipeline, by name.
    """

    kind: str
    name: str
    match: Match = field(default_factory=Match)
    span: float = 0.0
    settle: float = 0.0
    severity: str = ""
    least: int = 1
    share: float = 0.0
    groups: tuple[str, ...] = ()
    days: int = 30
    burns: tuple[Burn, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeadManSettings:
    url: str = field(repr=False)
    every: float = 60.0


@dataclass(frozen=True, slots=True)
class Alerting:
    """All of it. ``contractors``: the phone of each, by the name that the inventory has."""

    language: str = "zh"
    link: str = ""
    channels: Mapping[str, ChannelSettings] = field(default_factory=lambda: MappingProxyType({}))
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    contractors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    schedules: Mapping[str, Schedule] = field(default_factory=lambda: MappingProxyType({}))
    routes: tuple[Route, ...] = ()
    rules: tuple[Rule, ...] = ()
    dead_man: DeadManSettings | None = None


def type_name(channel: ChannelSettings) -> str:
    """What alerts.yaml calls the type of this channel."""
    return channel.type if isinstance(channel, RobotSettings) else _TYPES[type(channel)]


_TYPES: Final[Mapping[type[ChannelSettings], str]] = {
    WebhookSettings: "webhook",
    AlertmanagerSettings: "alertmanager",
    MailSettings: "mail",
    SmsSettings: "sms",
    MqttChannelSettings: "mqtt",
    CommandSettings: "command",
    AppriseSettings: "apprise",
}
