"""What may stand in site.yaml (see ``written`` for how single values are read)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from monitor.config.web_schema import WebSection
from monitor.config.written import (
    BROKER,
    CREDENTIAL,
    LANGUAGE,
    NAME,
    SOFTENABLE,
    TRUTH,
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
    _keys,
    _ledger,
    _listen,
    _not_yet,
    _number,
    _or_empty,
    _percent,
    _reads,
    _redis,
    _said,
    _softenable,
    _span,
    _zone,
)
from monitor.model.nodes import Address
from monitor.model.observations import Cause
from monitor.model.said import Said


class NetworkSection(Section):
    name: Label | None = _said(None, NAME)
    shards: Whole = _number(1, 1, 1024)
    witnesses: list[Label] = _said(
        [], Said("应为节点编码列表，如 [gw-video]", "a list of node ids is needed, such as [gw-video]")
    )


class ProfileSection(Section):
    """A profile says only what differs from its protocol's defaults."""

    protocol: str | None = _said(None, Said("应为协议名", "the name of a protocol is needed"))
    every: Span | None = _span(None, 0.1, 86400)
    timeout: Span | None = _span(None, 0.05, 7 * 86400)
    port: Whole | None = _number(None, 1, 65535)
    slow: Span | None = _span(None, 0.001, 300)
    path: str | None = _said(
        None,
        Said("应为路径，如 /Streaming/Channels/101", "a path is needed, such as /Streaming/Channels/101"),
        pattern=r"^/[!-~]{0,500}$",
    )
    ask: Literal["options", "describe"] | None = _said(
        None, Said("应为 options 或 describe", "options or describe is allowed")
    )
    tls: Flag | None = _said(None, TRUTH)
    hold: Flag | None = _said(None, TRUTH)
    credential: Label | None = _said(None, CREDENTIAL)


class FlapSection(Section):
    changes: Whole = _number(6, 2, 1000)
    within: Span = _span(300.0, 1, 86400)
    settle: Span = _span(120.0, 1, 86400)


class BlindSection(Section):
    share: Share = _said(0.5, _percent("50%"))
    least: Whole = _number(5, 1, 1_000_000)


class OutageSection(Section):
    share: Share = _said(0.6, _percent("60%"))
    least: Whole = _number(3, 2, 1_000_000)
    within: Span = _span(30.0, 1, 3600)
    hold: Span = _span(5.0, 0.1, 300)
    recheck: Span = _span(60.0, 1, 3600)


_CAUSES: Final = Said.listed(SOFTENABLE)


class JudgeSection(Section):
    confirm: Whole = _number(3, 1, 100)
    recover: Whole = _number(2, 1, 100)
    retry: list[Annotated[Span, Field(ge=0.1, le=600)]] = _said(
        [1.0, 2.0, 4.0],
        Said(
            "应为至多 10 个时长的列表，如 [1s, 2s, 4s]",
            "a list of up to 10 spans is needed, such as [1s, 2s, 4s]",
        ),
        max_length=10,
    )
    degrades: list[Annotated[Cause, AfterValidator(_softenable)]] | None = _said(
        None, Said(f"应为原因列表，可用：{_CAUSES.zh}", f"a list of causes is needed, from: {_CAUSES.en}")
    )
    flap: FlapSection = _said(FlapSection(), _keys("changes", "within", "settle"))
    blind: BlindSection = _said(BlindSection(), _keys("share", "least"))


_TARGET: Final = _percent("98%")


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
    url: Annotated[str, _reads(_broker)] = _said(..., BROKER)
    topic: Topic = _said(
        "quanshi/+/heartbeat",
        Said(
            "应为主题，可含通配符，如 quanshi/+/heartbeat",
            "a topic pattern is needed, such as quanshi/+/heartbeat",
        ),
    )
    will_topic: Topic | None = _said(
        "quanshi/+/will",
        Said("应为主题，可含通配符，如 quanshi/+/will", "a topic pattern is needed, such as quanshi/+/will"),
    )
    id: Label = _said(
        "topic",
        Said(
            "应为 topic（编码在 + 的位置）或 JSON 字段名",
            "topic (the id stands at the +) or the name of a JSON field is needed",
        ),
    )
    network: str | None = _said(None, Said("应为某个网络的名字", "the name of one of the networks is needed"))
    credential: Label | None = _said(None, CREDENTIAL)


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
    site: SiteName = _said(
        ...,
        Said(
            "应为短名：字母、数字和 . _ -（用于数据流的键）",
            "a short name is needed: letters, digits and . _ - (used in stream keys)",
        ),
    )
    name: Label | None = _said(None, NAME)
    timezone: Annotated[str, _reads(_zone)] = _said(
        "Asia/Shanghai",
        Said(
            "应为 IANA 时区，如 Asia/Shanghai",
            "a time zone of the IANA database is needed, such as Asia/Shanghai",
        ),
    )
    language: Literal["zh", "en"] = _said("zh", LANGUAGE)
    data: FileName = _said(
        "data",
        Said(
            "应为目录名，从本文件所在目录算起",
            "the name of a folder is needed, seen from the folder of this file",
        ),
    )
    redis: Annotated[str, _reads(_redis)] = _said(
        "embedded",
        Said(
            "应为 embedded 或 URL：redis://主机:6379、rediss://主机:6379、unix:///路径",
            "embedded or a URL is allowed: redis://host:6379, rediss://host:6379, unix:///path",
        ),
    )
    ledger: Annotated[str, _reads(_ledger)] = _said(
        "sqlite",
        Said(
            "应为 sqlite 或 URL：postgresql://用户@主机/数据库",
            "sqlite or a URL is allowed: postgresql://user@host/database",
        ),
    )
    listen: Annotated[Address, _reads(_listen)] = _said(
        Address("127.0.0.1", 8080),
        Said(
            "应为本机地址和端口，如 127.0.0.1:8080",
            "an own address and a port are needed, such as 127.0.0.1:8080",
        ),
    )
    nodes: FileName = _file("nodes.csv")
    regions: FileName = _file("regions.csv")
    credentials: FileName = _file("credentials.yaml")
    alerts: FileName = _file("alerts.yaml")
    networks: dict[Key, NetworkSection] = _said(
        ...,
        Said(
            "至少要有一个网络，如  video: {name: 视频专网}",
            "at least one network is needed, such as  video: {name: 视频专网}",
        ),
        min_length=1,
    )
    probes: Annotated[dict[Key, ProfileSection], BeforeValidator(_or_empty)] = _said(
        {},
        Said(
            "应按名字写探测方式，如  rtsp: {every: 30s}",
            "probes by name are needed, such as  rtsp: {every: 30s}",
        ),
    )
    judge: JudgeSection = _said(
        JudgeSection(), _keys("confirm", "recover", "retry", "degrades", "flap", "blind")
    )
    outages: OutageSection = _said(OutageSection(), _keys("share", "least", "within", "hold", "recheck"))
    targets: TargetsSection = _said(
        TargetsSection(),
        Said("应按类别写目标，如  class1: 98%", "targets by class are needed, such as  class1: 98%"),
    )
    repair: RepairSection = _said(
        RepairSection(),
        Said(
            "应按类别写修复时限，如  class1: 24h",
            "limits of repairs by class are needed, such as  class1: 24h",
        ),
    )
    inspections: Annotated[list[Clock], AfterValidator(_in_order)] = _said(
        [540, 900, 1260],
        Said(
            "应为至多 24 个不同时刻的列表，如 [09:00, 15:00, 21:00]",
            "a list of up to 24 different times of day is needed, such as [09:00, 15:00, 21:00]",
        ),
        max_length=24,
    )
    invented: Flag = _said(False, TRUTH)
    mqtt: MqttSection | None = _said(None, Said("应有键，至少写 url", "keys are needed, at least url"))
    web: WebSection = _said(
        WebSection(),
        _keys("url", "tls", "proxies", "anonymous", "idle", "password", "metrics", "map", "oidc"),
    )
    gb28181: Annotated[None, BeforeValidator(_not_yet)] = _said(
        None, Said("尚不支持 GB/T 28181", "GB/T 28181 is not there yet")
    )
    snmp: Annotated[None, BeforeValidator(_not_yet)] = _said(
        None, Said("尚不支持 SNMP", "SNMP is not there yet")
    )
    concurrency: Whole = _number(2000, 1, 60000)
    per_uplink: Whole = _number(64, 1, 60000)
    keep: Span = _span(86400.0, 60, 30 * 86400)
    retain: Annotated[Span, Field(ge=190 * 86400, le=36500 * 86400)] = _said(
        400 * 86400.0,
        Said(
            "应为 190d 至 36500d 的时长，如 400d：至少半年须随时可查",
            "a span of time from 190d to 36500d is allowed, such as 400d: half a year must stay at hand",
        ),
    )
