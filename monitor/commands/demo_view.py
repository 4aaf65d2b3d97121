"""What people see of a running demo: a live picture in a terminal, and at the end what was right."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

from monitor.commands.demo_run import ROUND, SCRIPT_SECONDS, Demo
from monitor.commands.demo_verdict import Summary
from monitor.demo.comparison import Comparison
from monitor.live.table import picture

_WORDS: Final = {
    "zh": {
        "invented": "演示城市：点位、地址、坐标均为虚构",
        "page": "页面",
        "metrics": "指标",
        "truth": "真实故障",
        "stop": "Ctrl-C 结束",
        "wait": "正在等待监测应答",
        "right": "台账与真相一致",
        "blind": "有 {long_enough} 个故障必须发现，却没有一个在视野内：无可验证",
        "nothing": "没有长到必须发现的故障，无可验证（运行久些：--for 60s）",
        "wrong": "台账与真相不一致",
        "found": "须发现的故障 {faults}  漏报 {missed}  虚报 {invented}",
        "wrongs": "状态错 {wrong_state}  原因错 {wrong_cause}  时刻错 {wrong_edge}",
        "edges": "时刻区间 中位 {edge_median_ms:,} 毫秒  最宽 {edge_worst_ms:,} 毫秒",
        "total": "监测项 {watches:,}  状态变化 {changes:,}  用时 {seconds} 秒  文件 {directory}",
    },
    "en": {
        "invented": "demo city: points, addresses and positions are invented",
        "page": "page",
        "metrics": "metrics",
        "truth": "true faults",
        "stop": "Ctrl-C ends it",
        "wait": "waiting for the monitor",
        "right": "the ledger agrees with the truth",
        "blind": "{long_enough} faults had to be found, and none of them was in sight: nothing is proven",
        "nothing": "no fault was long enough to have to be found: nothing is proven (try --for 60s)",
        "wrong": "the ledger disagrees with the truth",
        "found": "faults to be found {faults}  missed {missed}  invented {invented}",
        "wrongs": "wrong state {wrong_state}  wrong cause {wrong_cause}  wrong edge {wrong_edge}",
        "edges": "true moments known to {edge_median_ms:,} ms (median), {edge_worst_ms:,} ms (worst)",
        "total": "watches {watches:,}  changes {changes:,}  {seconds} s  files {directory}",
    },
}


def watch_demo(demo: Demo, *, as_json: bool) -> bool:
    """Play faults until the time is over or somebody stops it; whether the ledger told the truth.

    A ledger that was out of sight of all that it had to tell has not.
    """
    try:
        demo.wait_ready()
        _play(demo, silent=as_json)
    except KeyboardInterrupt:
        if demo.wish.seconds is not None:
            raise
    summary, comparison = demo.conclude()
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
    else:
        _conclude(demo, summary, comparison)
    for detail in comparison.details[:20]:
        print(detail, file=sys.stderr)
    return comparison.right and not comparison.blind


def _play(demo: Demo, *, silent: bool) -> None:
    seconds = demo.wish.seconds
    end = None if seconds is None else time.monotonic() + seconds
    _play_next(demo)
    console = Console(stderr=True)
    if silent or not console.is_terminal:
        if not silent:
            print(_places(demo).plain, file=sys.stderr)
        _sleep(demo, end, lambda: None)
        return
    with Live(console=console, refresh_per_second=2, screen=False) as live:
        _sleep(demo, end, lambda: live.update(picture_of(demo, console.height)))


def _play_next(demo: Demo) -> None:
    """All faults of a demo that ends; else those of the next round."""
    if demo.wish.seconds is None:
        demo.play(SCRIPT_SECONDS, ROUND)
    else:
        demo.play(demo.wish.seconds)


def _sleep(demo: Demo, end: float | None, show: Callable[[], None]) -> None:
    script_end = time.monotonic() + SCRIPT_SECONDS
    while end is None or time.monotonic() < end:
        demo.check()
        show()
        time.sleep(0.5 if end is None else max(0.0, min(0.5, end - time.monotonic())))
        if end is None and time.monotonic() > script_end:
            _play_next(demo)
            script_end += SCRIPT_SECONDS


def picture_of(demo: Demo, height: int) -> RenderableType:
    """At most ``height`` lines: what is invented, where the page is and how to end it are always there."""
    words = _WORDS[demo.wish.language]
    status, places = demo.status(), _places(demo)
    lines = height - 4 - len(places.split())
    body: RenderableType = Text(words["wait"]) if status is None else picture(status, lines)
    return Group(
        Text(words["invented"], "#8696a7"),
        _Cut(body, lines),
        Text(),
        places,
        Text(f"{words['stop']}   {demo.directory}", "#8696a7"),
    )


class _Cut:
    """The first lines of something."""

    def __init__(self, body: RenderableType, lines: int) -> None:
        self._body = body
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(self._body, options, pad=False)[: self._lines]:
            yield from line
            yield Segment.line()


def _places(demo: Demo) -> Text:
    """Where the page and the metrics are; from outside of a network namespace, how to reach them."""
    words = _WORDS[demo.wish.language]
    page, metrics = (f"{demo.way_in}{demo.url}/{path}" for path in ("", "metrics"))
    between = "\n" if demo.way_in else "   "
    return Text(f"{words['page']} {page}{between}{words['metrics']} {metrics}", "#5fb3d9")


def _conclude(demo: Demo, summary: Summary, comparison: Comparison) -> None:
    words = _WORDS[demo.wish.language]
    if not comparison.right:
        verdict = "wrong"
    elif comparison.blind:
        verdict = "blind"
    else:
        verdict = "right" if comparison.faults else "nothing"
    print(words[verdict].format(**summary))
    print(f"{words['found']}  {words['wrongs']}".format(**summary))
    if comparison.widths:
        print(words["edges"].format(**summary))
    print(words["total"].format(**summary))
