"""The live picture of ``quanshi demo``: a status (as ``/api/v1/status`` gives it) as rich sees it.

Signs are always symbols; colour comes on top where the terminal has it. Eighty columns are enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

SIGNS: Final = {
    "up": ("■", "#2f5d50"),
    "degraded": ("◪", "#e0a83a"),
    "down": ("✕", "#ff5a4f"),
    "unknown": ("◇", "#5b6472"),
}
"""Symbol and colour of a state; the symbol alone tells them apart."""

_ACCENT: Final = "#5fb3d9"
_DIM: Final = "#8696a7"
_STALE: Final = 20.0
"""Seconds after which a sight is older than twice its interval."""

NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})

_WORDS: Final = {
    "zh": {
        "up": "正常", "degraded": "降级", "down": "离线", "unknown": "未知",
        "network": "网络", "watches": "监测项", "class1": "一类在线", "sight": "视野",
        "online": "在线率", "intact": "完好率", "target": "目标",
        "changes": "最近变化", "down_now": "当前离线",
        "none": "还没有变化: 有状态改变时会出现在这里", "all_up": "没有离线的节点",
        "blind": "看不见", "age": "{} 秒前", "never": "尚未看过",
        "invented": "演示 · 数据均为虚构",
        "page": "页面", "metrics": "指标", "more": "另有 {} 个", "since": "自", "data": "数据",
    },
    "en": {
        "up": "up", "degraded": "degraded", "down": "down", "unknown": "unknown",
        "network": "network", "watches": "watches", "class1": "class 1 online", "sight": "seen",
        "online": "online", "intact": "intact", "target": "target", "changes": "last changes",
        "down_now": "down now",
        "none": "no change yet: state changes will appear here", "all_up": "nothing is down",
        "blind": "blind", "age": "{} s ago", "never": "not seen yet",
        "invented": "demo · all data is invented",
        "page": "page", "metrics": "metrics", "more": "and {} more", "since": "since", "data": "data",
    },
}  # fmt: skip


def picture(
    status: Mapping[str, Any],
    *,
    language: str = "zh",
    page: str = "",
    metrics: str = "",
    age: float = 0.0,
    rows: int = 8,
    causes: Mapping[str, str] = NO_WORDS,
) -> RenderableType:
    """The status as something to print. ``age``: seconds since the status was asked for successfully.

    ``causes`` are the words of the language for causes; a cause without one is shown as it is written.
    Missing parts of the status stay empty: while roles start there is little to tell.
    """
    words = _WORDS[language]
    return Group(
        _head(status, words, age),
        _networks(status.get("networks", {}), words),
        Rule(Text(words["down_now"]), align="left", style=_DIM),
        _down(status, words, causes, rows),
        Rule(Text(words["changes"]), align="left", style=_DIM),
        _changes(status.get("changes", ()), words, causes, rows),
        _foot(words, page, metrics),
    )


def _head(status: Mapping[str, Any], words: Mapping[str, str], age: float) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right")
    old = "bold red" if age > _STALE else _DIM
    seen = f"{words['data']} {words['age'].format(round(age))}"
    title = Text(
        f"{status.get('site', '')} · {words['invented']}", style="bold", overflow="ellipsis", no_wrap=True
    )
    line.add_row(title, Text(seen, style=old))
    target = status.get("target")
    rates = Text.assemble(
        _rate(words["intact"], status.get("intact_ratio"), target),
        "   ",
        _rate(words["online"], status.get("online_ratio"), target),
        "   ",
        (f"{words['target']} {_percent(target)}", _DIM),
    )
    return Group(line, rates)


def _rate(word: str, value: float | None, target: float | None) -> Text:
    """A rate with its verdict as a sign: ▲ at or above the target, ▼ below."""
    text = Text(f"{word} ")
    text.append(_percent(value), style="bold")
    if value is not None and target is not None:
        met = value >= target
        text.append(" ▲" if met else " ▼", style=SIGNS["up"][1] if met else SIGNS["down"][1])
    return text


def _percent(value: float | None) -> str:
    # Cut, not rounded: 97.996 % is not 98 %.
    return "–" if value is None else f"{int(value * 10_000 + 1e-6) / 100:.2f} %"


def _networks(networks: Mapping[str, Any], words: Mapping[str, str]) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0))
    table.add_column(words["network"], style=_ACCENT, overflow="ellipsis", no_wrap=True, ratio=1)
    table.add_column(words["watches"], justify="right", no_wrap=True)
    for state, (sign, colour) in SIGNS.items():
        table.add_column(Text(f"{sign} {words[state]}", style=colour), justify="right", no_wrap=True)
    table.add_column(words["class1"], justify="right", no_wrap=True)
    table.add_column(words["sight"], justify="right", no_wrap=True)
    for network in networks.values():
        states = network.get("states", {})
        table.add_row(
            str(network.get("name", "")),
            f"{network.get('watches', 0):,}",
            *(_count(state, states.get(state, 0)) for state in SIGNS),
            _class1(network.get("class1") or {}),
            _sight(network, words),
        )
    return table


def _count(state: str, count: int) -> Text:
    """Calm while it is nothing: only what is wrong and present has colour."""
    style = SIGNS[state][1] if count and state != "up" else ""
    return Text(f"{count:,}", style=style)


def _class1(class1: Mapping[str, int]) -> str:
    return f"{class1.get('up', 0):,}/{class1.get('total', 0):,}" if class1.get("total") else "–"


def _sight(network: Mapping[str, Any], words: Mapping[str, str]) -> Text:
    """How old the oldest sight of the network's collectors is, or that they see nothing."""
    collectors = network.get("collectors") or ()
    ages = [collector.get("sight_age") for collector in collectors]
    known = [age for age in ages if age is not None]
    if not known:
        return Text(words["never"], style=_DIM)
    if network.get("blind"):
        return Text(f"◇ {words['blind']}", style=SIGNS["down"][1])
    oldest = max(known)
    return Text(words["age"].format(round(oldest)), style=SIGNS["degraded"][1] if oldest > _STALE else "")


def _down(
    status: Mapping[str, Any], words: Mapping[str, str], causes: Mapping[str, str], rows: int
) -> RenderableType:
    down: Sequence[Mapping[str, Any]] = status.get("down") or ()
    if not down:
        return Text(words["all_up" if _anything_seen(status) else "never"], style=_DIM)
    table = _list()
    for entry in down[:rows]:
        table.add_row(_state("down"), _place(entry), _cause(entry, causes), _clock(entry.get("since")))
    more = status.get("down_total", len(down)) - rows
    if more > 0:
        table.add_row("", Text(words["more"].format(f"{more:,}"), style=_DIM), "", "")
    return table


def _anything_seen(status: Mapping[str, Any]) -> bool:
    states = [network.get("states", {}) for network in status.get("networks", {}).values()]
    return any(counts.get("up") or counts.get("degraded") for counts in states)


def _changes(
    changes: Sequence[Mapping[str, Any]], words: Mapping[str, str], causes: Mapping[str, str], rows: int
) -> RenderableType:
    if not changes:
        return Text(words["none"], style=_DIM)
    table = _list()
    for change in changes[:rows]:
        turn = Text.assemble(_state(str(change.get("from"))), " → ", _state(str(change.get("to"))))
        table.add_row(turn, _place(change), _cause(change, causes), _clock(change.get("time")))
    return table


def _list() -> Table:
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="ellipsis", no_wrap=True, ratio=1)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    return table


def _state(state: str) -> Text:
    sign, colour = SIGNS.get(state, SIGNS["unknown"])
    return Text(sign, style=colour)


def _place(entry: Mapping[str, Any]) -> Text:
    name = str(entry.get("name") or entry.get("node") or "")
    return Text.assemble(name, (f" {entry.get('network', '')}", _DIM))


def _cause(entry: Mapping[str, Any], causes: Mapping[str, str]) -> Text:
    cause = str(entry.get("cause", ""))
    return Text(causes.get(cause, cause), style=_DIM)


def _clock(moment: str | None) -> str:
    """Hours to seconds of an RFC 3339 moment, in the local time of whoever watches."""
    if not moment:
        return ""
    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S")


def _foot(words: Mapping[str, str], page: str, metrics: str) -> RenderableType:
    parts = [(words["page"], page), (words["metrics"], metrics)]
    return Text("   ".join(f"{word} {address}" for word, address in parts if address), style=_ACCENT)
