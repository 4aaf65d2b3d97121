"""What people see of a running demo: a live picture in a terminal, and at the end what was right."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from monitor.demo.compare import Comparison
from monitor.demo_run import SCRIPT_SECONDS, Demo
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
        "nothing": "没有长到必须发现的故障，无可验证（运行久些：--for 60s）",
        "wrong": "台账与真相不一致",
        "found": "须发现的故障 {faults}  漏报 {missed}  虚报 {invented}",
        "wrongs": "状态错 {wrong_state}  原因错 {wrong_cause}  时刻错 {wrong_edge}",
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
        "nothing": "no fault was long enough to have to be found: nothing is proven (try --for 60s)",
        "wrong": "the ledger disagrees with the truth",
        "found": "faults to be found {faults}  missed {missed}  invented {invented}",
        "wrongs": "wrong state {wrong_state}  wrong cause {wrong_cause}  wrong edge {wrong_edge}",
        "total": "watches {watches:,}  changes {changes:,}  {seconds} s  files {directory}",
    },
}


_OTHER_LINES: Final = 25
"""Lines of the picture that are not about what is down."""


def watch_demo(demo: Demo, *, as_json: bool) -> bool:
    """Play faults until the time is over or somebody stops it; whether the ledger told the truth."""
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
    return comparison.right


def _play(demo: Demo, *, silent: bool) -> None:
    seconds = demo.wish.seconds
    end = None if seconds is None else time.monotonic() + seconds
    demo.play(SCRIPT_SECONDS if seconds is None else seconds)
    console = Console(stderr=True)
    if silent or not console.is_terminal:
        _sleep(demo, end, lambda: None)
        return
    with Live(console=console, refresh_per_second=2, screen=False) as live:
        _sleep(demo, end, lambda: live.update(_picture(demo, console.height - _OTHER_LINES)))


def _sleep(demo: Demo, end: float | None, show: Any) -> None:
    script_end = time.monotonic() + SCRIPT_SECONDS
    while end is None or time.monotonic() < end:
        demo.check()
        show()
        time.sleep(0.5 if end is None else max(0.0, min(0.5, end - time.monotonic())))
        if end is None and time.monotonic() > script_end:
            demo.play(SCRIPT_SECONDS)
            script_end += SCRIPT_SECONDS


def _picture(demo: Demo, rows: int) -> RenderableType:
    words = _WORDS[demo.wish.language]
    status = demo.status()
    body: RenderableType = Text(words["wait"]) if status is None else picture(status, rows)
    return Group(
        Text(words["invented"], "#8696a7"),
        body,
        Text(),
        Text(f"{words['page']} {demo.url}/   {words['metrics']} {demo.url}/metrics", "#5fb3d9"),
        Text(f"{words['stop']}   {demo.directory}", "#8696a7"),
    )


def _conclude(demo: Demo, summary: Mapping[str, Any], comparison: Comparison) -> None:
    words = _WORDS[demo.wish.language]
    if comparison.right:
        print(words["right"] if comparison.faults else words["nothing"])
    else:
        print(words["wrong"])
    print(f"{words['found']}  {words['wrongs']}".format(**summary))
    print(words["total"].format(**summary))
