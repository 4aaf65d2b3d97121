"""What may stand in site.yaml.

The description of each field is what a mistake there prints, and the only place where it is said.
Every value arrives as the text that was written (see ``yamlfile``) and is read by its own field.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import PurePath
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from monitor.config.addresses import parse_address
from monitor.model.nodes import Address
from monitor.model.observations import Cause, Weight
from monitor.model.times import format_span, parse_span

SOFTENABLE: Final = tuple(cause for cause in Cause if cause.weight in (Weight.SOFT, Weight.HARD))
"""Causes that may be said to only degrade: no good news, and nothing that means we did not see."""

_WHOLE: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_SHARE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%", re.ASCII)
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _reads(parse: Callable[[str], Any]) -> BeforeValidator:
    """Reads a single value from the text that was written. ``parse`` raises ValueError."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("not a single value")  # noqa: TRY004 - pydantic wants ValueError
        return parse(value)

    return BeforeValidator(read)


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def _share(text: str) -> float:
    """``98%`` as 0.98. The sign is required: ``98`` and ``0.98`` leave room for doubt."""
    match = _SHARE.fullmatch(text)
    if match is None or not 0 < float(match[1]) <= 100:
        raise ValueError("not a share")
    # By way of decimals: a rate of exactly 98.7 % must reach a target of 98.7 %.
    return float(Decimal(match[1]).scaleb(-2))


def _clock(text: str) -> int:
    """``09:00`` as minutes after midnight."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError("not a time of day")
    return 60 * int(match[1]) + int(match[2])


def _in_order(moments: list[int]) -> list[int]:
    if len(set(moments)) < len(moments):
        raise ValueError("the same stands here twice")
    return sorted(moments)


def _flag(text: str) -> bool:
    if text.casefold() not in _FLAGS:
        raise ValueError("neither true nor false")
    return _FLAGS[text.casefold()]


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as error:  # OSError: "Asia" is a folder of the database
        raise ValueError("not a time zone") from error
    return text


def _listen(text: str) -> Address:
    """Any own address may be listened on, 0.0.0.0 too, and port 0 asks the system for a free one."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535 or not host:
        raise ValueError("not host:port")
    if host in ("0.0.0.0", "[::]"):
        return Address(host.strip("[]"), int(port))
    return Address(parse_address(host).host, int(port))


def _url(*schemes: str) -> Callable[[str], str]:
    """A check for URLs of these schemes that name a host (or a path, where the scheme is local)."""

    def check(text: str) -> str:
        parts = urlsplit(text)
        local = parts.scheme in ("unix", "sqlite", "sqlite+aiosqlite")
        if parts.scheme not in schemes or not (parts.path if local else parts.hostname):
            raise ValueError("not such a URL")
        if not local:
            parse_address(parts.hostname or "")  # a host that cannot be must not wait for its first look-up
        if parts.port == 0:  # reading it raises ValueError for all else that is no port
            raise ValueError("not a port")
        return text

    return check


def _redis(text: str) -> str:
    return text if text == "embedded" else _url("redis", "rediss", "unix")(text)


def _ledger(text: str) -> str:
    if text == "sqlite":
        return text
    parts = urlsplit(text)
    if parts.scheme == "postgresql":
        return _postgres(text)
    return _url("sqlite+aiosqlite")(text)


def _postgres(text: str) -> str:
    """With a database, and a host unless ``?host=`` names the folder of a socket."""
    parts = urlsplit(text)
    by_socket = "host" in parse_qs(parts.query)
    if not parts.path.strip("/") or not (parts.hostname or by_socket) or parts.port == 0:
        raise ValueError("not such a URL")
    return text


def _not_yet(_: object) -> None:
    """A key that the design knows and nothing reads yet: silence would be taken for consent."""
    raise ValueError("not there yet")


def _broker(text: str) -> str:
    """A URL without a login: that one belongs into the credentials."""
    if "@" in text:
        raise ValueError("holds a login")
    return _url("mqtt", "mqtts")(text)


def _topic(text: str) -> str:
    levels = text.split("/")
    wild = [level for level in levels if "+" in level or "#" in level]
    if any(level not in ("+", "#") for level in wild) or "#" in levels[:-1] or not text.isprintable():
        raise ValueError("not a topic pattern")
    return text


def _softenable(cause: Cause) -> Cause:
    if cause not in SOFTENABLE:
        raise ValueError("cannot be softened")
    return cause


def _file_name(text: str) -> str:
    if not text.isprintable() or not PurePath(text).name:
        raise ValueError("not a file name")
    return text


Whole = Annotated[int, _reads(_whole)]
Span = Annotated[float, _reads(parse_span)]
Clock = Annotated[int, _reads(_clock)]
Share = Annotated[float, _reads(_share)]
Flag = Annotated[bool, _reads(_flag)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
FileName = Annotated[str, _reads(_file_name)]
Topic = Annotated[str, _reads(_topic), StringConstraints(min_length=1, max_length=200)]
SiteName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]


def _number(default: Any, least: int, most: int) -> Any:
    return Field(
        default=default, ge=least, le=most, description=f"a whole number from {least} to {most} is allowed"
    )


def _span(default: Any, least: float, most: float) -> Any:
    bounds = f"from {format_span(least)} to {format_span(most)}"
    return Field(
        default, ge=least, le=most, description=f"a span of time {bounds} is allowed, such as 30s or 5m"
    )


def _file(default: str) -> Any:
    return Field(
        default=default, description="the name of a file is needed, seen from the folder of this one"
    )


def _said(default: Any, description: str) -> Any:
    return Field(default=default, description=description)


def _or_empty(value: Any) -> Any:
    """A key with nothing behind it is an empty section."""
    return {} if value is None else value


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _may_be_empty(cls, data: Any) -> Any:
        return _or_empty(data)


class NetworkSection(Section):
    name: Label | None = _said(None, "a name of up to 100 characters is needed")
    shards: Whole = _number(1, 1, 1024)
    witnesses: list[Label] = _said([], "a list of node ids is needed, such as [gw-video]")


class ProfileSection(Section):
    """A profile says only what differs from its protocol's defaults."""

    protocol: str | None = _said(None, "the name of a protocol is needed")
    every: Span | None = _span(None, 0.1, 86400)
    timeout: Span | None = _span(None, 0.05, 7 * 86400)
    port: Whole | None = _number(None, 1, 65535)
    slow: Span | None = _span(None, 0.001, 300)
    path: str | None = Field(
        default=None,
        pattern=r"^/[!-~]{0,500}$",
        description="a path is needed, such as /Streaming/Channels/101",
    )
    ask: Literal["options", "describe"] | None = _said(None, "options or describe is allowed")
    tls: Flag | None = _said(None, "true or false is allowed")
    hold: Flag | None = _said(None, "true or false is allowed")
    credential: Label | None = _said(None, "the name of an entry in the credentials file is needed")


class FlapSection(Section):
    changes: Whole = _number(6, 2, 1000)
    within: Span = _span(300.0, 1, 86400)
    settle: Span = _span(120.0, 1, 86400)


class BlindSection(Section):
    share: Share = _said(0.5, "a share above 0% and up to 100% is allowed, such as 50%")
    least: Whole = _number(5, 1, 1_000_000)


class OutageSection(Section):
    share: Share = _said(0.6, "a share above 0% and up to 100% is allowed, such as 60%")
    least: Whole = _number(3, 2, 1_000_000)
    within: Span = _span(30.0, 1, 3600)
    hold: Span = _span(5.0, 0.1, 300)
    recheck: Span = _span(60.0, 1, 3600)


class JudgeSection(Section):
    confirm: Whole = _number(3, 1, 100)
    recover: Whole = _number(2, 1, 100)
    retry: list[Annotated[Span, Field(ge=0.1, le=600)]] = Field(
        default=[1.0, 2.0, 4.0],
        max_length=10,
        description="a list of up to 10 spans is needed, such as [1s, 2s, 4s]",
    )
    degrades: list[Annotated[Cause, AfterValidator(_softenable)]] | None = _said(
        None, f"a list of causes is needed, from: {', '.join(SOFTENABLE)}"
    )
    flap: FlapSection = _said(FlapSection(), "keys are needed: changes, within, settle")
    blind: BlindSection = _said(BlindSection(), "keys are needed: share, least")


_TARGET: Final = "a share above 0% and up to 100% is allowed, such as 98%"


class TargetsSection(Section):
    class1: Share | None = _said(0.98, _TARGET)
    class2: Share | None = _said(0.95, _TARGET)
    class3: Share | None = _said(0.90, _TARGET)
    class9: Share | None = _said(None, _TARGET)


class RepairSection(Section):
    class1: Span | None = _span(86400.0, 60, 365 * 86400)
    class2: Span | None = _span(2 * 86400.0, 60, 365 * 86400)
    class3: Span | None = _span(3 * 86400.0, 60, 365 * 86400)
    class9: Span | None = _span(None, 60, 365 * 86400)


class MqttSection(Section):
    url: Annotated[str, _reads(_broker)] = _said(
        ..., "a URL without a login is needed, such as mqtt://127.0.0.1:1883 or mqtts://broker"
    )
    topic: Topic = _said("quanshi/+/heartbeat", "a topic pattern is needed, such as quanshi/+/heartbeat")
    will_topic: Topic | None = _said("quanshi/+/will", "a topic pattern is needed, such as quanshi/+/will")
    id: Label = _said("topic", "topic (the id stands at the +) or the name of a JSON field is needed")
    network: str | None = _said(None, "the name of one of the networks is needed")
    credential: Label | None = _said(None, "the name of an entry in the credentials file is needed")


Secret = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00-\x1f\x7f]+$")]


class CredentialSection(Section):
    """A login of two parts, or what a channel of alerts needs; no mistake shows any of it."""

    user: Label | None = None
    password: Label | None = None
    token: Secret | None = None
    secret: Secret | None = None
    url: Secret | None = None

    @model_validator(mode="after")
    def _is_something(self) -> CredentialSection:
        if (self.user is None) != (self.password is None) or not (self.user or self.token or self.url):
            raise ValueError("not enough")
        return self


class SiteFile(Section):
    site: SiteName = _said(..., "a short name is needed: letters, digits and . _ - (used in stream keys)")
    timezone: Annotated[str, _reads(_zone)] = _said(
        "Asia/Shanghai", "a time zone of the IANA database is needed, such as Asia/Shanghai"
    )
    language: Literal["zh", "en"] = _said("zh", "zh or en is allowed")
    data: FileName = _said("data", "the name of a folder is needed, seen from the folder of this file")
    redis: Annotated[str, _reads(_redis)] = _said(
        "embedded", "embedded or a URL is allowed: redis://host:6379, rediss://host:6379, unix:///path"
    )
    ledger: Annotated[str, _reads(_ledger)] = _said(
        "sqlite", "sqlite or a URL is allowed: postgresql://user@host/database"
    )
    listen: Annotated[Address, _reads(_listen)] = _said(
        Address("127.0.0.1", 8080), "an own address and a port are needed, such as 127.0.0.1:8080"
    )
    nodes: FileName = _file("nodes.csv")
    regions: FileName = _file("regions.csv")
    credentials: FileName = _file("credentials.yaml")
    alerts: FileName = _file("alerts.yaml")
    networks: dict[Key, NetworkSection] = Field(
        min_length=1, description="at least one network is needed, such as  video: {name: 视频专网}"
    )
    probes: Annotated[dict[Key, ProfileSection], BeforeValidator(_or_empty)] = _said(
        {}, "probes by name are needed, such as  rtsp: {every: 30s}"
    )
    judge: JudgeSection = _said(
        JudgeSection(), "keys are needed: confirm, recover, retry, degrades, flap, blind"
    )
    outages: OutageSection = _said(OutageSection(), "keys are needed: share, least, within, hold, recheck")
    targets: TargetsSection = _said(TargetsSection(), "targets by class are needed, such as  class1: 98%")
    repair: RepairSection = _said(
        RepairSection(), "limits of repairs by class are needed, such as  class1: 24h"
    )
    inspections: Annotated[list[Clock], AfterValidator(_in_order)] = Field(
        default=[540, 900, 1260],
        max_length=24,
        description="a list of up to 24 different times of day is needed, such as [09:00, 15:00, 21:00]",
    )
    invented: Flag = _said(False, "true or false is allowed")
    mqtt: MqttSection | None = _said(None, "keys are needed, at least url")
    gb28181: Annotated[None, BeforeValidator(_not_yet)] = _said(None, "GB/T 28181 is not there yet")
    snmp: Annotated[None, BeforeValidator(_not_yet)] = _said(None, "SNMP is not there yet")
    concurrency: Whole = _number(2000, 1, 60000)
    per_uplink: Whole = _number(64, 1, 60000)
    keep: Span = _span(86400.0, 60, 30 * 86400)
    retain: Annotated[Span, Field(ge=190 * 86400, le=36500 * 86400)] = _said(
        400 * 86400.0,
        "a span of time from 190d to 36500d is allowed, such as 400d: half a year must stay at hand",
    )
