from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from small_site import Voice, camera, make_site

from monitor.live.health import Health
from monitor.live.states import Live
from monitor.live.status import Status, status_of
from monitor.live.table import picture, render_status
from monitor.model.observations import Cause, State
from monitor.words import CAUSES, PHRASES, STATES, local_time, percent, span

T0 = 1_700_000_000_000  # 2023-11-15 06:13:20 in Shanghai


def status(folder: Path, language: str, name: str = "河西街道路口", down: int = 1) -> Status:
    nodes = [camera(f"cam-{number}", name=f"{name}{number}", region="440902") for number in range(down + 2)]
    site = make_site(folder, nodes, language=language, regions={"440902": "茂南区"})
    live, voice = Live(site, lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0 - 2000))
    live.apply(voice.turns(f"cam-{down}", State.UNKNOWN, State.UP, T0 - 9000))
    for number in range(down):
        live.apply(voice.turns(f"cam-{number}", State.UNKNOWN, State.DOWN, T0 - 200_000))
    return status_of(live, Health(), T0)


def test_the_status_reads_in_chinese(tmp_path: Path) -> None:
    text = render_status(status(tmp_path, "zh"))

    assert "maoming · 全时  06:13:20" in text
    assert "在线率 50.00 %  完好率 50.00 %  目标 98.00 %  (一类点位)" in text
    assert re.search(r"视频专网 +3 +1 +0 +1 +1 +video-0of1 正在观测 · 2 秒前", text)
    assert re.search(r"✕ 河西街道路口0 +视频专网 +茂南区 +06:10:00 +3 分钟 +拒绝连接", text)
    assert re.search(r"06:13:11 +河西街道路口1 +视频专网 +未知 → ■ 正常", text)


def test_the_status_reads_in_english(tmp_path: Path) -> None:
    text = render_status(status(tmp_path, "en", name="Crossing "))

    assert "maoming · Quanshi" in text
    assert re.search(r"✕ Crossing 0 +视频专网 +茂南区 +06:10:00 +3 min +refused", text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_line_is_wider_than_80_columns(tmp_path: Path, language: str) -> None:
    text = render_status(status(tmp_path, language, name="一个名字特别长的点位在一个名字特别长的街道"))

    assert max(cell_len(line) for line in text.splitlines()) <= 80


def test_signs_are_there_without_colours_and_colours_only_on_wish(tmp_path: Path) -> None:
    shown = status(tmp_path, "zh")

    plain, coloured = render_status(shown), render_status(shown, color=True)

    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert all(sign in plain for sign in "■◪✕◇")


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    shown = dict(status(tmp_path, "zh"))
    shown["down"] = [shown["down"][0] | {"name": "\x1b]0;owned\x07[bold]路口"}]

    text = render_status(shown)

    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]" in text


def test_many_that_are_down_end_in_how_many_are_not_listed(tmp_path: Path) -> None:
    assert "✕ 离线 35；未列出 5\n" in render_status(status(tmp_path, "zh", down=35))


def crowded(folder: Path, language: str, outages: int) -> Status:
    """99 are down: the roots of outages and what hangs on them, and 53 by themselves."""
    shown = dict(status(folder, language, name="点位", down=53 + outages))
    roots = shown["down"][:outages]
    shown["outages"] = [
        {
            **{key: each[key] for key in ("network", "name", "region", "region_name", "since", "cause")},
            "id": each["node"],
            "kind": "node",
            "root": each["node"],
            "contractor": "",
            "affected": 5,
            "excluded": "",
        }
        for each in roots
    ]
    shown["down_total"], shown["down_covered"] = 99, 46 - outages
    return shown


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("outages", [0, 1, 2, 12])
@pytest.mark.parametrize("lines", [8, 11, 12, 13, 14, 15, 16, 17, 19, 24, 60])
def test_in_a_low_terminal_no_table_is_a_head_alone_and_counts_add_up(
    tmp_path: Path, language: str, outages: int, lines: int
) -> None:
    shown = crowded(tmp_path, language, outages)
    console = Console(width=80, height=24)
    with console.capture() as capture:
        console.print(picture(shown, lines))
    text = [line.rstrip() for line in capture.get().splitlines()]

    title = r"✕ 99 down, 46 behind outages, 53 by themselves(?:; (\d+) not shown)?"
    if language == "zh":
        title = r"✕ 离线 99，故障所致 46，自身 53(?:；未列出 (\d+))?"
    at = next(number for number, line in enumerate(text) if re.fullmatch(title, line))
    listed = sum(line.startswith("✕ 点位") for line in text[at:])
    hidden = re.fullmatch(title, text[at])
    assert hidden is not None
    assert listed + int(hidden[1] or 0) == 53
    heads = [number for number, line in enumerate(text) if line.startswith(("名称", "根源", "name", "root"))]
    assert all(text[number + 1].startswith("✕ 点位") for number in heads)
    if PHRASES[language]["changes"] in text:
        assert listed
        assert text[-1] != PHRASES[language]["changes"]
    if lines >= 14:  # a demo has 19 of 24 for this, and a city up to five networks
        assert listed
        assert len(text) <= lines


def test_a_calm_city_says_so(tmp_path: Path) -> None:
    assert "没有离线的节点。" in render_status(status(tmp_path, "zh", down=0))


def test_a_ratio_is_never_rounded_up_to_the_target_it_misses() -> None:
    assert [percent(ratio) for ratio in (0.97999, 0.98, 0.9841, 1.0, None)] == [
        "97.99 %",
        "98.00 %",
        "98.41 %",
        "100.00 %",
        "–",
    ]


def test_a_span_is_told_in_its_largest_whole_unit() -> None:
    assert [span(seconds, "zh") for seconds in (-1, 59.9, 60, 7199, 86400)] == [
        "0 秒",
        "59 秒",
        "1 分钟",
        "1 小时",
        "1 天",
    ]


def test_a_moment_of_another_day_has_its_date() -> None:
    now = "2026-11-22T16:30:00.000Z"

    assert local_time("2026-11-22T16:00:00.000Z", "Asia/Shanghai", now) == "00:00:00"
    assert local_time("2026-11-22T15:59:59.000Z", "Asia/Shanghai", now) == "2026-11-22 23:59"
    assert local_time(None, "Asia/Shanghai", now) == "–"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_state_and_cause_has_a_word(language: str) -> None:
    assert set(STATES[language]) == set(State)
    assert set(CAUSES[language]) == set(Cause)
    assert set(PHRASES[language]) == set(PHRASES["zh"])
