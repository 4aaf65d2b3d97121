"""What may stand in site.yaml (see ``written`` for how single values are read)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from monitor.config.web_schema import WebSection
from monitor.config.written import (
    SOFTENABLE,
    Clock,
    FileName,
    Flag,
    Key,
    Label,
    Section,
    Share,
    SiteName,
    Span,
    Topic,
    Whole,
    _broker,
    _file,
    _in_order,
    _ledger,
    _listen,
    _not_yet,
    _number,
    _or_empty,
    _reads,
    _redis,
    _said,
    _softenable,
    _span,
    _zone,
)
from monitor.model.nodes import Address
from monitor.model.observations import Cause


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
    web: WebSection = _said(
        WebSection(), "keys are needed: url, tls, behind_proxy, anonymous, idle, password, metrics, map, oidc"
    )
    gb28181: Annotated[None, BeforeValidator(_not_yet)] = _said(None, "GB/T 28181 is not there yet")
    snmp: Annotated[None, BeforeValidator(_not_yet)] = _said(None, "SNMP is not there yet")
    concurrency: Whole = _number(2000, 1, 60000)
    per_uplink: Whole = _number(64, 1, 60000)
    keep: Span = _span(86400.0, 60, 30 * 86400)
    retain: Annotated[Span, Field(ge=190 * 86400, le=36500 * 86400)] = _said(
        400 * 86400.0,
        "a span of time from 190d to 36500d is allowed, such as 400d: half a year must stay at hand",
    )
