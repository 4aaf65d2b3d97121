"""What else people read of the status: phrases in both languages, shares, moments of the place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from monitor.model.times import parse_time
from monitor.model.wording import CAUSES, SIGNS, STATES, span

__all__ = ["CAUSES", "PHRASES", "SIGNS", "STATES", "age", "local_time", "percent", "span"]

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
        "down": "离线 {}",
        "outages": "故障 {}",
        "split": "，故障所致 {behind}，自身 {alone}",
        "hidden": "；未列出 {}",
        "root": "根源",
        "affected": "影响",
        "suspected": "疑似 {}",
        "none": "没有离线的节点。",
        "changes": "最近变化",
        "reload": "当前文件未（全部）生效：",
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
        "down": "{} down",
        "outages": "{} outages",
        "split": ", {behind} behind outages, {alone} by themselves",
        "hidden": "; {} not shown",
        "root": "root",
        "affected": "affects",
        "suspected": "suspected: {}",
        "none": "No node is down.",
        "changes": "last changes",
        "reload": "The files as they are now are not (all) in use:",
    },
}
"""Everything else that the status says in the terminal."""


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
