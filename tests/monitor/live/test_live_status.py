from __future__ import annotations

from pathlib import Path

import pytest
from small_site import Voice, camera, make_site

from monitor.live.health import Health
from monitor.live.states import REMEMBERED_CHANGES, Live
from monitor.live.status import MOST_DOWN, collectors_of, status_of
from monitor.model.observations import Cause, State
from monitor.model.said import Said
from monitor.model.times import format_time

T0 = 1_700_000_000_000
UP, DOWN, DEGRADED, UNKNOWN = State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN
TWO_NETWORKS = {"video": {"name": "视频专网"}, "police": {"name": "公安网"}}


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """Four class-1 points up, degraded, down and unknown; a class-2 point and a switch that are down."""
    nodes = [camera(f"cam-{number}", name=f"点位{number}", region="440902") for number in range(4)]
    nodes += [camera("other", **{"class": "2"}), camera("switch", kind="switch", **{"class": ""})]
    site = make_site(tmp_path, nodes, networks=TWO_NETWORKS, regions={"440902": "茂南区"})
    live, voice = Live(site, lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0 - 1500))
    live.apply(voice.turns("cam-0", UNKNOWN, UP, T0 - 9000))
    live.apply(voice.turns("cam-1", UNKNOWN, DEGRADED, T0 - 8000, Cause.SLOW))
    live.apply(voice.turns("cam-2", UNKNOWN, DOWN, T0 - 7000))
    for name in ("other", "switch"):
        live.apply(voice.turns(name, UNKNOWN, DOWN, T0 - 9000))
    return live


def test_the_ratios_are_of_known_class_1_points(live: Live) -> None:
    status = status_of(live, Health(), T0)

    assert status["scope"] == "class1"
    assert status["online_ratio"] == pytest.approx(2 / 3)
    assert status["intact_ratio"] == pytest.approx(1 / 3)
    assert status["target"] == 0.98


def test_a_network_has_its_counts_and_its_collectors(live: Live) -> None:
    video = status_of(live, Health(), T0)["networks"]["video"]

    assert video == {
        "name": "视频专网",
        "watches": 6,
        "states": {"up": 1, "degraded": 1, "down": 3, "unknown": 1},
        "class1": {"total": 4, "up": 1, "degraded": 1, "down": 1, "unknown": 1},
        "blind": False,
        "collectors": [{"name": "video-0of1", "sight_age": 1.5, "blind": False, "footing": "sees"}],
    }


def test_a_silent_collector_tells_since_when_and_how_many_watches_nobody_sees(live: Live) -> None:
    live.refresh(T0 + 60_000)

    [video, police] = collectors_of(live, T0 + 60_000)

    assert (video["footing"], video["watches"]) == ("silent", 6)
    assert video["lost_since"] == format_time(T0 - 1500)
    assert (police["footing"], police["watches"], police["lost_since"]) == ("awaited", 0, None)


def test_a_blind_collector_is_lost_since_it_is_blind_though_it_speaks(live: Live) -> None:
    live.apply(Voice(sequence=100).sees(T0 - 1500, T0 - 500, blind=True))

    video = collectors_of(live, T0)[0]

    assert (video["footing"], video["sight_age"]) == ("blind", 0.5)
    assert (video["watches"], video["lost_since"]) == (6, format_time(T0 - 1500))


def test_a_collector_that_was_never_heard_is_listed_and_blind(live: Live) -> None:
    police = status_of(live, Health(), T0)["networks"]["police"]

    assert police["blind"]
    assert police["collectors"] == [
        {"name": "police-0of1", "sight_age": None, "blind": True, "footing": "awaited"}
    ]


def test_when_nobody_looks_no_ratio_is_claimed(live: Live) -> None:
    status = status_of(live, Health(), T0 + 60_000)

    assert status["online_ratio"] is None
    assert status["intact_ratio"] is None
    assert status["networks"]["video"]["states"] == {"up": 0, "degraded": 0, "down": 0, "unknown": 6}
    assert status["down_total"] == 0


def test_what_is_down_is_told_newest_first_with_since_and_cause(live: Live) -> None:
    status = status_of(live, Health(), T0)

    assert status["down_total"] == 3
    assert [each["node"] for each in status["down"]] == ["cam-2", "other", "switch"]
    assert status["down"][0] == {
        "node": "cam-2",
        "name": "点位2",
        "network": "video",
        "region": "440902",
        "region_name": "茂南区",
        "since": "2023-11-14T22:13:13.000Z",
        "cause": "refused",
        "probe": "rtsp",
    }


def test_a_site_without_class_1_points_is_measured_whole_and_has_no_target_to_miss(tmp_path: Path) -> None:
    site = make_site(tmp_path, [camera("a", **{"class": "2"}), camera("b", **{"class": "3"})])
    live, voice = Live(site, lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0))
    live.apply(voice.turns("a", UNKNOWN, UP, T0))
    live.apply(voice.turns("b", UNKNOWN, DOWN, T0))

    status = status_of(live, Health(), T0)

    assert (status["scope"], status["online_ratio"]) == ("all", 0.5)


def test_a_long_list_is_cut_and_says_how_long_it_is(tmp_path: Path) -> None:
    names = [f"cam-{number}" for number in range(MOST_DOWN + 5)]
    live, voice = Live(make_site(tmp_path, [camera(name) for name in names]), lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0))
    for number, name in enumerate(names):
        live.apply(voice.turns(name, UNKNOWN, DOWN, T0 - number))

    status = status_of(live, Health(), T0)

    assert len(status["down"]) == MOST_DOWN
    assert status["down_total"] == MOST_DOWN + 5
    assert len(status["changes"]) == REMEMBERED_CHANGES
    assert status["changes"][0]["node"] == names[-1]


def test_a_refused_reload_is_told(live: Live) -> None:
    health = Health(reload_error=Said("nodes.csv:7  有误", "nodes.csv:7  wrong"))
    assert status_of(live, health, T0)["reload_error"] == "nodes.csv:7  有误"
    assert status_of(live, health, T0, "en")["reload_error"] == "nodes.csv:7  wrong"


def test_it_is_ready_only_when_every_reason_is_gone(live: Live) -> None:
    health = Health()
    all_reasons = list(health.not_ready(live))
    health.ledger_takes = health.bus_connected = health.restored = True
    unheard = list(health.not_ready(live))
    live.apply(Voice("police").sees(T0 - 1000, T0))

    assert all_reasons == [
        "ledger takes nothing",
        "Redis is not connected",
        "states are not restored",
        "no sight of collector police-0of1 yet",
    ]
    assert unheard == ["no sight of collector police-0of1 yet"]
    assert list(health.not_ready(live)) == []
