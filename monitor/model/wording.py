"""The words that people read for states, causes and kinds, and for spans of time, in both languages. Pure.

One sign for one state everywhere, so that nobody has to see colours (design §11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor.model.nodes import Kind
from monitor.model.observations import Cause, State
from monitor.model.said import Said

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

KINDS: Final[Mapping[Kind, Said]] = {
    Kind.CAMERA: Said("点位", "point"),
    Kind.RECORDER: Said("录像机", "recorder"),
    Kind.SWITCH: Said("交换机", "switch"),
    Kind.PLATFORM: Said("平台", "platform"),
    Kind.GATEWAY: Said("网关", "gateway"),
    Kind.CENTRE: Said("综治中心", "centre"),
}

_UNITS: Final = ((86400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min"))


def span(seconds: float, language: str) -> str:
    """How long, in its largest whole unit: ``12 分钟`` / ``12 min``. Never negative."""
    for size, zh, en in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {zh if language == 'zh' else en}"
    return f"{max(0, int(seconds))} {'秒' if language == 'zh' else 's'}"
