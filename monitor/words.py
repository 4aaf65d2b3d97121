"""The words and signs that people read: states and causes in both languages, spans and shares of time.

One sign for one state everywhere, so that nobody has to see colours (ui.md, "Signs").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from monitor.model.observations import Cause, State
from monitor.model.times import parse_time

SIGNS: Final[Mapping[State, str]] = {
    State.UP: "■",
    State.DEGRADED: "◪",
    State.DOWN: "✕",
    State.UNKNOWN: "◇",
}

STATES: Final[Mapping[str, Mapping[State, str]]] = {
    "zh": {State.UP: "正常", State.DEGRADED: "降级", State.DOWN: "离线", State.UNKNOWN: "未知"},
    "en": {state: state.value for state in State},
}

_CAUSES_ZH: Final[Mapping[Cause, str]] = {
    Cause.OK: "正常",
    Cause.AUTH_WANTED: "要求登录",
    Cause.BUSY: "忙",
    Cause.SLOW: "响应慢",
    Cause.AUTH_REJECTED: "登录被拒",
    Cause.NOT_FOUND: "路径不存在",
    Cause.CLOCK_WRONG: "时钟错误",
    Cause.FLAPPING: "反复上下线",
    Cause.CONTRADICTED: "报离线但有应答",
    Cause.NO_REPLY: "无应答",
    Cause.TIMEOUT: "应答超时",
    Cause.REFUSED: "拒绝连接",
    Cause.UNREACHABLE: "不可达",
    Cause.RESET: "连接被重置",
    Cause.BAD_REPLY: "应答不合规",
    Cause.ERROR_REPLY: "应答报错",
    Cause.TLS_FAILED: "加密握手失败",
    Cause.CERTIFICATE_EXPIRED: "证书过期",
    Cause.HEARTBEAT_MISSED: "心跳丢失",
    Cause.REPORTED_OFF: "上报离线",
    Cause.NOT_ASKED: "尚未探测",
    Cause.NOT_PERMITTED: "无探测权限",
    Cause.NAME_UNRESOLVED: "域名无法解析",
    Cause.SOURCE_LOST: "事件源中断",
    Cause.BLIND: "观测中断",
    Cause.CORRECTED: "人工更正",
}

CAUSES: Final[Mapping[str, Mapping[Cause, str]]] = {
    "zh": _CAUSES_ZH,
    "en": {cause: cause.value.replace("_", " ") for cause in Cause},
}

PHRASES: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "product": "全时",
        "online": "在线率",
        "intact": "完好率",
        "target": "目标",
        "class1": "一类点位",
        "all": "全部监测项",
        "network": "网络",
        "watches": "监测项",
        "collector": "采集",
        "sees": "正在观测",
        "blind": "失去立足点",
        "silent": "无消息",
        "awaited": "等待首轮",
        "ago": "{}前",
        "name": "名称",
        "region": "区划",
        "since": "自",
        "for": "已",
        "cause": "原因",
        "time": "时间",
        "change": "变化",
        "down": "离线",
        "outages": "故障",
        "root": "根源",
        "affected": "影响",
        "suspected": "疑似 {}",
        "none": "没有离线的节点。",
        "more": "… 另有 {} 个未列出",
        "changes": "最近变化",
        "empty": "还没有变化。节点的状态一旦改变，就会出现在这里。",
        "reload": "当前文件未（全部）生效：",
        "metrics": "指标",
        "status": "状态 (JSON)",
    },
    "en": {
        "product": "Quanshi",
        "online": "online",
        "intact": "intact",
        "target": "target",
        "class1": "class-1 points",
        "all": "all watches",
        "network": "network",
        "watches": "watches",
        "collector": "collector",
        "sees": "sees",
        "blind": "lost its footing",
        "silent": "silent",
        "awaited": "first sweep awaited",
        "ago": "{} ago",
        "name": "name",
        "region": "region",
        "since": "since",
        "for": "for",
        "cause": "cause",
        "time": "time",
        "change": "change",
        "down": "down",
        "outages": "outages",
        "root": "root",
        "affected": "affects",
        "suspected": "suspected: {}",
        "none": "No node is down.",
        "more": "… {} more not listed",
        "changes": "last changes",
        "empty": "No change yet. A node that changes its state appears here.",
        "reload": "The files as they are now are not (all) in use:",
        "metrics": "metrics",
        "status": "status (JSON)",
    },
}
"""Everything else that the status says, on the page and in the terminal."""

_UNITS: Final = ((86400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min"))


def span(seconds: float, language: str) -> str:
    """How long, in its largest whole unit: ``12 分钟`` / ``12 min``. Never negative."""
    for size, zh, en in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {zh if language == 'zh' else en}"
    return f"{max(0, int(seconds))} {'秒' if language == 'zh' else 's'}"


def percent(ratio: float | None) -> str:
    """``98.41 %``, cut off and not rounded: 97.996 % must never read as the 98 % it misses."""
    if ratio is None:
        return "–"
    hundredths = int(ratio * 10_000 + 1e-6)
    return f"{hundredths / 100:.2f} %"


def local_time(moment: str | None, timezone: str, now: str) -> str:
    """An RFC 3339 moment on the clock of the place: ``09:36:52``, with its date if that is not today's."""
    if moment is None:
        return "–"
    there, today = _local(moment, timezone), _local(now, timezone)
    return f"{there:%H:%M:%S}" if there.date() == today.date() else f"{there:%Y-%m-%d %H:%M}"


def _local(moment: str, timezone: str) -> datetime:
    return datetime.fromtimestamp(parse_time(moment) / 1000, UTC).astimezone(ZoneInfo(timezone))


def age(moment: str | None, now: str, language: str) -> str:
    """How long ago a moment was, as a span."""
    return "–" if moment is None else span((parse_time(now) - parse_time(moment)) / 1000, language)
