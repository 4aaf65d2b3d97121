"""What people see of a demo: the picture while it runs, and what it says and answers in the end."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from small_site import Voice, camera, make_site
from truth_talk import BORN, NOW, T, result, row

from monitor.commands.demo_run import ROUND, SCRIPT_SECONDS, Demo, Wish
from monitor.commands.demo_verdict import Summary, states_of, unseen
from monitor.commands.demo_view import picture_of, watch_demo
from monitor.demo.city import make_city
from monitor.demo.comparison import Comparison
from monitor.demo.faults import Fault
from monitor.demo.told import Gap
from monitor.ledger.rows import SightRow
from monitor.live.health import Health
from monitor.live.states import Live
from monitor.live.status import Status, status_of
from monitor.model.events import EventId
from monitor.model.observations import State

URL = "http://127.0.0.1:8080"
POINTS = 60


class StillDemo(Demo):
    """A demo of which nothing runs: what its monitor says, and what it comes to, are given."""

    def __init__(self, wish: Wish, status: Status | None = None, found: Comparison | None = None) -> None:
        super().__init__(wish, Path("/tmp/quanshi-demo-x"), tell=lambda _: None)
        self._status = status
        self._found = found or Comparison()

    url = URL

    def wait_ready(self) -> None:
        pass

    def check(self) -> None:
        pass

    def play(self, seconds: float, pace: object = None) -> int:
        return 0

    def status(self) -> dict[str, Any] | None:
        return None if self._status is None else dict(self._status)

    def conclude(self) -> tuple[Summary, Comparison]:
        summary: Summary = {
            "points": 8,
            "watches": 40,
            "states": states_of(self._status),
            "changes": 1234,
            "booked": 3,
            **self._found.to_json(),
            "unseen_seconds": 0.0,
            "turned_unknown": 0,
            "seed": 1,
            "seconds": 1.0,
            "stopped_in": 0.1,
            "directory": str(self.directory),
        }
        return summary, self._found


def city_status(folder: Path, language: str, down: int) -> Status:
    nodes = [camera(f"cam-{n}", name=f"演示 镇隆镇 点位{n:04d}", region="440983") for n in range(POINTS)]
    site = make_site(folder, nodes, language=language, regions={"440983": "镇隆镇"})
    live, voice = Live(site, lambda: T), Voice()
    live.apply(voice.sees(T - 10_000, T - 2000))
    for number in range(POINTS):
        new = State.DOWN if number < down else State.UP
        live.apply(voice.turns(f"cam-{number}", State.UNKNOWN, new, T - 9000))
    return status_of(live, Health(), T)


def drawn(demo: Demo, height: int) -> list[str]:
    console = Console(width=80, height=height)
    with console.capture() as shown:
        console.print(picture_of(demo, height))
    return shown.get().splitlines()


INVENTED = {"zh": "均为虚构", "en": "are invented"}
STOP = {"zh": "Ctrl-C 结束", "en": "Ctrl-C ends it"}
PLACES = {
    "zh": f"页面 {URL}/   指标 {URL}/metrics",
    "en": f"page {URL}/   metrics {URL}/metrics",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("down", [0, 2, POINTS])
@pytest.mark.parametrize("height", [24, 40])
def test_the_picture_says_what_is_invented_where_the_page_is_and_how_to_end_it(
    tmp_path: Path, language: str, down: int, height: int
) -> None:
    lines = drawn(StillDemo(Wish(language=language), city_status(tmp_path, language, down)), height)

    assert INVENTED[language] in lines[0]
    assert "maoming" in lines[1]
    assert lines[-2].strip() == PLACES[language]
    assert lines[-1].startswith(STOP[language])
    assert len(lines) < height, "else the terminal shows only its first lines"
    assert max(cell_len(line) for line in lines) <= 80


def test_a_high_terminal_shows_more_of_what_is_down(tmp_path: Path) -> None:
    demo = StillDemo(Wish(language="en"), city_status(tmp_path, "en", POINTS))
    listed = {
        height: sum(bool(re.match(r"✕ 演示", line)) for line in drawn(demo, height)) for height in (30, 50)
    }
    assert 0 < listed[30] < listed[50]


WAITING = {"zh": "正在等待监测应答", "en": "waiting for the monitor"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_an_answer_of_the_monitor_the_picture_says_so(language: str) -> None:
    lines = drawn(StillDemo(Wish(language=language)), 24)

    assert INVENTED[language] in lines[0]
    assert lines[1].strip() == WAITING[language]
    assert lines[-2].strip() == PLACES[language]
    assert lines[-1].startswith(STOP[language])


def test_from_outside_of_its_network_namespace_the_way_in_is_shown() -> None:
    lines = drawn(StillDemo(Wish(language="en", netns=True)), 24)

    ways = [
        re.fullmatch(r"(?:page|metrics) (nsenter --net=/proc/\d+/ns/net curl (\S+))", line.strip())
        for line in lines
    ]
    assert [way[2] for way in ways if way] == [f"{URL}/", f"{URL}/metrics"]


QUICK = Wish(seconds=0.01, language="en")
FOUND = result([row()], [BORN], gaps=[])
HIDDEN = result([row()], [BORN], gaps=[Gap("video", T, NOW)])


@pytest.mark.parametrize(
    ("found", "right", "words"),
    [
        (Comparison(long_enough=3, faults=3), True, "the ledger agrees with the truth"),
        (Comparison(), True, "nothing is proven"),
        (FOUND, False, "the ledger disagrees with the truth"),
        (HIDDEN, False, "1 faults had to be found, and none of them was in sight"),
    ],
)
def test_a_demo_ends_with_what_it_proved(
    capsys: pytest.CaptureFixture[str], found: Comparison, right: bool, words: str
) -> None:
    assert watch_demo(StillDemo(QUICK, found=found), as_json=False) is right

    assert words in capsys.readouterr().out


def test_a_monitor_that_did_not_answer_leaves_the_states_open(capsys: pytest.CaptureFixture[str]) -> None:
    watch_demo(StillDemo(QUICK), as_json=True)

    assert json.loads(capsys.readouterr().out)["states"] is None


def test_the_states_of_all_networks_are_added(tmp_path: Path) -> None:
    assert states_of(city_status(tmp_path, "zh", 5)) == {"up": 55, "degraded": 0, "down": 5, "unknown": 0}


def test_the_edges_are_told_where_there_are_any(capsys: pytest.CaptureFixture[str]) -> None:
    watch_demo(StillDemo(QUICK, found=Comparison(widths=[7000, 5000, 12_000])), as_json=False)

    assert "7,000 ms (median), 12,000 ms (worst)" in capsys.readouterr().out


class _Booked:
    """In the place of a fleet: keeps what it is told to play."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def play(self, faults: list[Fault]) -> None:
        self.faults = faults


def test_the_rounds_of_an_endless_demo_differ() -> None:
    demo, booked = Demo(Wish(points=60, seed=3), Path("/nowhere"), tell=lambda _: None), _Booked()
    demo.city = make_city(60, seed=3)
    demo.fleet = booked  # type: ignore[assignment]
    rounds = []
    for _ in range(2):
        demo.play(SCRIPT_SECONDS, ROUND)
        rounds.append({fault.nodes for fault in booked.faults})
    assert rounds[0] != rounds[1]


def sight(start: int, end: int, shard: int = 0, *, blind: bool = False) -> SightRow:
    event = EventId("video-0of2", 1, 1)
    return SightRow(1, event, "video", shard, 2, start, end, 5, 10, blind, "x", sealed=True)


def test_what_a_shard_did_not_see_was_unseen() -> None:
    seen = [sight(0, 10), sight(0, 4, 1), sight(7, 12, 1), sight(4, 7, 1, blind=True)]
    assert unseen(seen, "video", 0, 12) == [Gap("video", 10, 12), Gap("video", 4, 7)]
    assert unseen(seen, "police", 0, 12) == [Gap("police", 0, 12)]
