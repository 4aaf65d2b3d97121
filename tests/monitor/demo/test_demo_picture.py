from collections.abc import Mapping
from io import StringIO
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from monitor.demo.picture import SIGNS, picture

STATUS: dict[str, Any] = {
    "site": "maoming-demo",
    "networks": {
        "video": {
            "name": "视频专网 (演示)",
            "watches": 5635,
            "states": {"up": 5600, "degraded": 10, "down": 21, "unknown": 4},
            "class1": {"total": 3352, "up": 3318},
            "blind": False,
            "collectors": [{"sight_age": 2.2, "blind": False}],
        },
        "police": {
            "name": "公安网 (演示)",
            "watches": 142,
            "states": {"unknown": 142},
            "blind": True,
            "collectors": [{"sight_age": 31.0, "blind": True}],
        },
    },
    "online_ratio": 0.97996,
    "intact_ratio": 0.9841,
    "target": 0.98,
    "down": [
        {"node": str(n), "name": f"演示 红旗街道 点位{n:04d}", "network": "video", "cause": "no_reply",
         "since": "2026-11-23T01:02:03.004Z"}
        for n in range(9)
    ],
    "down_total": 21,
    "changes": [
        {"time": "2026-11-23T01:02:03.004Z", "node": "1", "name": "演示 点位", "network": "video",
         "from": "up", "to": "degraded", "cause": "busy"},
    ],
}  # fmt: skip


def shown(status: Mapping[str, Any] = STATUS, width: int = 80, *, colour: bool = False, **more: Any) -> str:
    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, color_system="truecolor" if colour else None
    )
    console.print(picture(status, **more))
    return out.getvalue()


def test_the_picture_says_what_matters_first() -> None:
    head = shown().splitlines()[:2]
    assert "数据均为虚构" in head[0]
    assert "完好率 98.41 % ▲" in head[1]
    assert "目标 98.00 %" in head[1]


def test_a_rate_just_under_the_target_is_not_rounded_up_to_it() -> None:
    assert "在线率 97.99 % ▼" in shown()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal_and_none_wraps(language: str, width: int) -> None:
    lines = shown(width=width, language=language).splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert len(lines) == len(shown(width=200, language=language).splitlines())


def test_signs_are_there_without_colour_and_colour_only_with_a_terminal() -> None:
    plain = shown()
    assert "\x1b[" not in plain
    for sign, _ in SIGNS.values():
        assert sign in plain
    assert "\x1b[" in shown(colour=True)


def test_a_blind_network_says_so_and_a_seeing_one_its_age() -> None:
    lines = shown().splitlines()
    assert any("公安网" in line and "看不见" in line for line in lines)
    assert any("视频专网" in line and "2 秒前" in line for line in lines)


def test_long_lists_end_with_how_many_more() -> None:
    assert "另有 18 个" in shown(rows=3)
    assert "and 18 more" in shown(rows=3, language="en")


def test_causes_are_said_in_the_words_that_are_given() -> None:
    assert "无应答" in shown(causes={"no_reply": "无应答"})
    assert "no_reply" in shown()


def test_before_anything_is_known_nothing_is_claimed() -> None:
    text = shown({})
    assert "没有离线的节点" not in text
    assert "尚未看过" in text
    assert "还没有变化" in text


def test_addresses_of_page_and_metrics_are_at_the_end() -> None:
    text = shown(page="http://127.0.0.1:8080/", metrics="http://127.0.0.1:8080/metrics")
    assert text.splitlines()[-1].strip() == "页面 http://127.0.0.1:8080/   指标 http://127.0.0.1:8080/metrics"


def test_old_data_shows_its_age() -> None:
    assert "45 秒前" in shown(age=45.0).splitlines()[0]
