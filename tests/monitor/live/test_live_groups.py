"""Groups of watches and their budgets; the numbers of the city are worked out by hand from its target."""

from __future__ import annotations

from pathlib import Path

import pytest
from burn_kit import ALWAYS, PART
from clockwork import DAY, HOUR, ZONE, at
from ledger_city import point, write_site
from live_kit import Clock
from small_site import Voice

from monitor.config import Site
from monitor.live.board import Board
from monitor.live.burn import Belongs, Burn, Stay
from monitor.live.groups import Groups, budget
from monitor.live.horizon import Looked
from monitor.live.states import Live
from monitor.model.measured import WINDOWS, Budget, GroupNow, Spent
from monitor.model.observations import State
from monitor.model.spans import Span
from monitor.model.timeline import Step

UP, DOWN = State.UP, State.DOWN
NOVEMBER = (at("11-01"), at("12-01"))
POINTS = 3352
LONGEST = list(WINDOWS).index("3d")


def windows(moment: int) -> list[Span]:
    starts = [moment - round(1000 * seconds) for seconds in WINDOWS.values()]
    return [*((start, moment) for start in starts), (NOVEMBER[0], moment)]


def spent(moment: int, down: float, lately: float) -> list[Spent]:
    """``down`` points at any moment of the month before the last three days, ``lately`` in them."""
    bad = round(down * (moment - 3 * DAY - NOVEMBER[0])) + round(lately * 3 * DAY)
    recent, month = round(lately * 3 * DAY), POINTS * (moment - NOVEMBER[0])
    found = [Spent()] * len(WINDOWS)
    found[LONGEST] = Spent(good=POINTS * 3 * DAY - recent, bad=recent)
    return [*found, Spent(good=month - bad, bad=bad)]


def in_city(moment: int, down: float, lately: float) -> Budget:
    return budget(0.98, spent(moment, down, lately), POINTS, windows(moment), NOVEMBER)


def test_the_city_may_lose_67_points_at_any_moment_which_is_48_269_device_hours_in_30_days() -> None:
    found = in_city(at("11-11"), 0, 0)

    assert found.total / HOUR == pytest.approx(48_268.8, abs=1e-6)
    assert round(found.total / HOUR) == 48_269
    assert found.total / (30 * DAY) == pytest.approx(67.04)
    assert (found.used, found.gone_at) == (0, None)


def test_67_points_down_all_month_just_keep_within_the_budget() -> None:
    assert in_city(at("11-11"), 67, 67).gone_at is None
    assert in_city(at("11-30 23:00"), 67, 67).gone_at is None


def test_68_points_down_at_any_moment_use_it_up_before_the_month_ends() -> None:
    found = in_city(at("11-11"), 68, 68)

    assert found.gone_at is not None
    assert found.gone_at - NOVEMBER[0] == pytest.approx(30 * DAY * 67.04 / 68, abs=2)


def test_the_forecast_goes_by_the_last_three_days() -> None:
    found = in_city(at("11-11"), 0, 201.12)

    assert found.used == pytest.approx(found.total * 0.3)
    assert found.gone_at == at("11-18"), "a tenth of the budget a day: 7 days more"


def test_a_budget_that_is_gone_says_since_when() -> None:
    assert in_city(at("11-11"), 0, 1005.6).gone_at == at("11-10"), "half of it on each of two days"


def test_a_budget_that_was_gone_before_the_last_three_days_says_so_too() -> None:
    found = in_city(at("11-24"), 201.12, 10)

    assert found.gone_at == at("11-11")


def test_before_three_days_of_a_month_are_over_those_before_it_are_looked_at() -> None:
    """The last three days reach into October; of this month only its own time is used."""
    moment = at("11-02")
    day = Spent(good=(POINTS - 670) * DAY, bad=670 * DAY)
    recent = Spent(good=(POINTS - 670) * 3 * DAY, bad=670 * 3 * DAY)
    found = budget(0.98, [Spent()] * LONGEST + [recent, day], POINTS, windows(moment), NOVEMBER)

    assert found.used == 670 * DAY
    assert found.gone_at is not None
    assert found.gone_at - NOVEMBER[0] == pytest.approx(30 * DAY * 67.04 / 670, abs=2)


def test_without_device_time_there_is_no_budget_to_be_gone() -> None:
    assert budget(0.98, [Spent()] * 5, 0, windows(at("11-11")), NOVEMBER) == Budget(0, 0, None)


# -- groups


@pytest.fixture
def site(tmp_path: Path) -> Site:
    rows = [
        point("a"),
        point("b", **{"class": "2"}),
        point("c", region="440904100", network="video;police", address="127.0.0.2;127.0.0.3"),
        point("switch", kind="switch", probes="ping", **{"class": ""}),
        point("nowhere", kind="switch", probes="ping", region="", **{"class": ""}),
    ]
    return write_site(tmp_path, rows, networks={"video": {"name": "视频专网"}, "police": {"name": "公安网"}})


def measured(site: Site, down: set[str]) -> dict[tuple[str | None, str | None, int | None], GroupNow]:
    """Everything in the video network was seen for the last hour, as it was since long ago."""
    clock = Clock()
    now = clock.now = at("11-10 12:00")
    live, voice = Live(site, clock), Voice()
    live.apply(voice.sees(now - HOUR, now))
    burn = Burn(ZONE, [Looked("video", 0, 1, now - HOUR, now, blind=False)], now)
    for watch in live.board.watches:
        node = watch.node
        state = DOWN if node.id in down else UP
        steps = [Step(now - DAY, None, state, None)] if watch.network == "video" else []  # type: ignore[arg-type]
        belongs = Belongs(watch.network, node.region, node.point_class)
        part = PART._replace(network=watch.network)
        seen = [(now - HOUR, now)] if watch.network == "video" else []
        burn.add(watch.key, [Stay(belongs, part, ALWAYS)], seen, steps)
        if watch.network == "video":
            live.apply(voice.turns(node.id, State.UNKNOWN, state, now - HOUR))
    upstream, maintained = {"a"}, {"a", "b"}
    groups = Groups(site).now(
        live.board, burn, lambda node, _: node in upstream, lambda node, _: node in maintained
    )
    return {(each.network, each.region, each.point_class): each for each in groups}


def test_every_network_region_and_class_is_a_group_and_so_is_all_of_them(site: Site) -> None:
    found = measured(site, set())

    video = {key[1:] for key in found if key[0] == "video"}
    assert video == {
        (region, of)
        for region, classes in {
            None: (None, 1, 2),
            "440900": (None, 1, 2),
            "440902": (None, 1, 2),
            "440902001": (None, 1, 2),
            "440904": (None, 1),
            "440904100": (None, 1),
        }.items()
        for of in classes
    }
    assert {key[1:] for key in found if key[0] is None} == video
    assert {key[1:] for key in found if key[0] == "police"} == {
        (region, of) for region in (None, "440900", "440904", "440904100") for of in (None, 1)
    }


def test_a_group_holds_what_lies_in_its_region_and_is_added_up_once(site: Site) -> None:
    found = measured(site, {"a", "switch"})

    everything = found[None, None, None]
    assert everything.watches == 6
    assert everything.states == {"unknown": 1, "down": 2, "degraded": 0, "up": 3}
    assert everything.suppressed == 1
    hour = found[None, None, None].windows["1h"]
    assert (hour.good, hour.bad, hour.unknown) == (3 * HOUR, 2 * HOUR, HOUR)
    assert found["video", "440902", None].windows["1h"] == Spent(HOUR, 2 * HOUR)
    assert found["video", "440900", None].windows["1h"] == Spent(2 * HOUR, 2 * HOUR)
    assert found["video", None, None].windows["1h"] == Spent(3 * HOUR, 2 * HOUR)
    assert found["video", "440900", 1].windows["1h"] == Spent(HOUR, HOUR)
    assert found["police", None, 1].windows["1h"] == Spent(unknown=HOUR)


def test_what_is_down_under_maintenance_is_counted_apart_and_once(site: Site) -> None:
    found = measured(site, {"a", "b", "switch"})

    assert (found[None, None, None].suppressed, found[None, None, None].maintained) == (1, 1)
    assert (found["video", None, 1].maintained, found["video", None, 2].maintained) == (0, 1)


def test_targets_and_budgets_are_those_of_a_class(site: Site) -> None:
    found = measured(site, {"a"})

    assert [found[None, None, of].target for of in (None, 1, 2)] == [None, 0.98, 0.95]
    assert found[None, None, None].budget is None
    of_class = found["video", "440902001", 2].budget
    assert of_class is not None
    assert of_class.total == 30 * DAY * 50_000 // 1_000_000, "a class-2 point may lose 36 of 720 hours"


def test_a_board_without_watches_has_no_groups(site: Site) -> None:
    day = Live(site, Clock()).board.day
    board = Board(site, day)
    board.groups, board.counts = [], []

    assert Groups(site).now(board, Burn(ZONE, [], Clock.now)) == ()
