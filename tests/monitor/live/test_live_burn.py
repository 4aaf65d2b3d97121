"""Device-time by window, worked out by hand: whole minutes, so that windows have their very lengths."""

from __future__ import annotations

import random

import pytest
from burn_kit import POINTS, City
from clockwork import DAY, HOUR, MINUTE, SECOND, ZONE, at

from monitor.live.burn import Burn, Stay, month_of
from monitor.live.horizon import Looked, Part
from monitor.model.measured import Spent
from monitor.model.observations import State
from monitor.model.timeline import Step

UP, DOWN, DEGRADED, UNKNOWN = State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN
NOON = at("10-20 12:00")


def city(points: int = 2, *, begun: int = NOON - HOUR, since: int = at("09-20")) -> City:
    return City(since, begun, points)


def test_points_that_are_up_are_good_in_every_window() -> None:
    seen = city(begun=NOON).spent(NOON)

    assert seen["5m"] == Spent(good=2 * 5 * MINUTE)
    assert seen["1h"] == Spent(good=2 * HOUR)
    assert seen["3d"] == Spent(good=6 * DAY)
    assert seen["month"] == Spent(good=2 * (19 * DAY + 12 * HOUR))


def test_a_change_counts_from_when_it_happened_however_late_it_is_told() -> None:
    points = city()
    points.see(NOON - HOUR, NOON - 10 * MINUTE)
    points.spent(NOON - 10 * MINUTE)
    points.see(NOON - 10 * MINUTE, NOON)
    points.turn(NOON - 12 * MINUTE, DOWN)

    found = points.spent(NOON)

    assert found["5m"] == Spent(good=5 * MINUTE, bad=5 * MINUTE)
    assert found["1h"] == Spent(good=108 * MINUTE, bad=12 * MINUTE)
    assert found["month"].bad == 12 * MINUTE


def test_a_window_forgets_what_it_leaves_behind_and_the_month_does_not() -> None:
    points = city()
    points.turn(NOON - 30 * MINUTE, DOWN)
    points.turn(NOON - 20 * MINUTE, UP)
    points.see(NOON - HOUR, NOON)
    points.spent(NOON)
    points.see(NOON, NOON + 35 * MINUTE)

    found = points.spent(NOON + 35 * MINUTE)

    assert [found[name].bad for name in ("5m", "1h", "6h", "3d", "month")] == [
        0,
        5 * MINUTE,
        10 * MINUTE,
        10 * MINUTE,
        10 * MINUTE,
    ]


def test_degraded_is_not_good() -> None:
    points = city()
    points.turn(NOON - 2 * MINUTE, DEGRADED)
    points.see(NOON - HOUR, NOON)

    assert points.spent(NOON)["5m"] == Spent(good=8 * MINUTE, bad=2 * MINUTE)


def test_time_that_nobody_looked_at_is_unknown_and_neither_good_nor_bad() -> None:
    points = city()
    points.turn(NOON - 50 * MINUTE, DOWN)
    points.see(NOON - HOUR, NOON - 40 * MINUTE)
    points.see(NOON - 40 * MINUTE, NOON - 35 * MINUTE, blind=True)
    points.see(NOON - 10 * MINUTE, NOON)

    assert points.spent(NOON)["1h"] == Spent(good=40 * MINUTE, bad=20 * MINUTE, unknown=60 * MINUTE)


def test_a_change_while_nobody_looked_counts_from_the_next_look() -> None:
    points = city()
    points.see(NOON - HOUR, NOON - 40 * MINUTE)
    points.turn(NOON - 20 * MINUTE, DOWN)
    points.see(NOON - 10 * MINUTE, NOON)

    assert points.spent(NOON)["1h"] == Spent(good=50 * MINUTE, bad=10 * MINUTE, unknown=60 * MINUTE)


def test_a_state_that_is_unknown_is_counted_apart() -> None:
    points = city()
    points.turn(NOON - 2 * MINUTE, UNKNOWN)
    points.see(NOON - HOUR, NOON)

    assert points.spent(NOON)["5m"] == Spent(good=8 * MINUTE, unknown=2 * MINUTE)


def test_a_sight_on_its_way_is_waited_for_and_one_overdue_is_missing() -> None:
    points = city()
    points.see(NOON - HOUR, NOON)

    assert points.spent(NOON + 60 * SECOND)["month"].unknown == 0
    assert points.burn.moment == NOON
    assert points.spent(NOON + 61 * SECOND)["month"].unknown == 2 * 61 * SECOND


def test_facts_that_come_late_and_all_at_once_are_counted_as_if_they_had_not() -> None:
    late, timely = city(), city()
    for minute in range(60):
        start = NOON - HOUR + minute * MINUTE
        for points in (late, timely):
            if points is late:
                points.spent(NOON)  # all of it is missing so far
        timely.turn(start + 7 * SECOND, DOWN if minute % 2 else UP, [minute % 3 % 2])
        timely.see(start, start + MINUTE)
        timely.spent(start + MINUTE)
    for minute in range(60):
        start = NOON - HOUR + minute * MINUTE
        late.turn(start + 7 * SECOND, DOWN if minute % 2 else UP, [minute % 3 % 2])
        late.see(start, start + MINUTE)

    assert late.spent(NOON) == timely.spent(NOON)
    assert not late.burn.stale


def test_excluded_time_is_in_none_of_the_three() -> None:
    points = City(at("09-20"), NOON - HOUR, 1, out=((NOON - 30 * MINUTE, NOON - 10 * MINUTE),))
    points.turn(NOON - 40 * MINUTE, DOWN)
    points.see(NOON - HOUR, NOON - 20 * MINUTE)

    assert points.spent(NOON)["1h"] == Spent(good=20 * MINUTE, bad=10 * MINUTE, unknown=10 * MINUTE)


def test_out_of_service_a_watch_has_no_time() -> None:
    points = City(at("09-20"), NOON, 0)
    points.add("new", [Step(at("10-01"), None, UP, None)], life=((NOON - 2 * HOUR, 2**62),))  # type: ignore[arg-type]
    points.add("old", [Step(at("09-20"), None, DOWN, None)], life=((0, NOON - 5 * HOUR),))  # type: ignore[arg-type]

    found = points.spent(NOON)

    assert found["6h"] == Spent(good=2 * HOUR, bad=HOUR)
    assert sum(row[-1] for _, row in points.burn.spent()) == 1, "one still serves"


def test_a_new_month_begins_with_what_its_first_moments_hold() -> None:
    border = at("11-01")
    points = City(at("09-20"), border - HOUR, 2)
    points.turn(border - 10 * MINUTE, DOWN)
    points.turn(border + 20 * SECOND, DEGRADED, [1])
    points.see(border - HOUR, border + 5 * MINUTE)

    before = points.spent(border - 1)["month"]
    found = points.spent(border + 5 * MINUTE)

    assert before == Spent(good=62 * DAY - 10 * MINUTE - 1, bad=10 * MINUTE - 1)
    assert points.burn.month == (border, at("12-01"))
    assert found["month"] == Spent(good=20 * SECOND, bad=10 * MINUTE - 20 * SECOND)
    assert found["1h"].bad == 15 * MINUTE + 4 * MINUTE + 40 * SECOND


@pytest.mark.parametrize(("moment", "days"), [("10-01", 31), ("02-28", 28), ("11-30 23:59:59.999", 30)])
def test_months_are_those_of_the_place(moment: str, days: int) -> None:
    start, end = month_of(at(moment), ZONE)

    assert (start, end - start) == (at(f"{moment[:2]}-01"), days * DAY)


def test_what_is_too_old_to_be_added_is_left_to_a_new_beginning() -> None:
    points = city()
    points.see(NOON - HOUR, NOON)
    points.turn(NOON - 5 * MINUTE, DOWN)
    points.spent(NOON)
    assert not points.burn.stale

    points.turn(NOON - 10 * MINUTE, DEGRADED)

    assert points.burn.stale


def test_a_gap_that_is_filled_later_is_left_to_a_new_beginning() -> None:
    points = city()
    points.see(NOON - 30 * MINUTE, NOON)
    assert not points.burn.stale

    points.see(NOON - 40 * MINUTE, NOON - 35 * MINUTE)

    assert points.burn.stale


def test_a_network_that_is_cut_anew_is_left_to_a_new_beginning() -> None:
    points = city()

    points.burn.see(Looked("video", 1, 2, NOON - HOUR, NOON, blind=False))
    points.burn.settle(NOON)

    assert points.burn.stale


def test_two_collectors_that_see_the_same_count_once() -> None:
    points = city()
    points.see(NOON - HOUR, NOON - 30 * MINUTE)
    points.see(NOON - 40 * MINUTE, NOON)

    assert points.spent(NOON)["1h"] == Spent(good=2 * HOUR)
    assert not points.burn.stale


def test_what_was_read_is_not_counted_again_when_it_is_told_too() -> None:
    points = city(begun=NOON)
    points.add("2", [Step(NOON - 9 * MINUTE, None, DOWN, None), Step(NOON - 8 * MINUTE, None, UP, None)])  # type: ignore[arg-type]
    key = ("2", "video")

    for moment, state in ((9, DOWN), (8, UP)):
        points.burn.change(key, NOON - moment * MINUTE, state, again=True)
    points.burn.change(key, NOON - 3 * MINUTE, DOWN, again=True)

    assert points.spent(NOON)["1h"].bad == 4 * MINUTE
    assert not points.burn.stale


def test_memory_is_bounded_however_long_it_flaps() -> None:
    points = City(at("09-01"), at("09-01 00:10"), 1)
    sizes = []
    for day in range(1, 9):
        for hour in range(0, 24, 3):
            moment = at(f"09-{day:02} {hour:02}:20")
            for second in range(600):
                points.turn(moment + second * SECOND, DOWN if second % 2 else UP)
        end = at(f"09-{day + 1:02}")
        points.see(points.burn.moment, end)
        points.spent(end)
        sizes.append(points.burn.size)

    assert sizes[-1] == sizes[3] == 3 * 8 * 10


@pytest.mark.parametrize("seed", range(5))
def test_begun_in_the_middle_it_finds_the_same_as_going_on(seed: int) -> None:
    """A past of three shards with gaps, told step by step or known at once."""
    rng = random.Random(seed)
    begun, end = at("10-30 22:00"), at("11-01 03:00")
    going = _three_shards(begun, {}, [])
    steps: dict[str, list[Step]] = {}
    sights: list[Looked] = []
    moment = begun
    while moment < end:
        last = moment + rng.choice([10, 10, 10, 300]) * SECOND
        for shard in range(3):
            if rng.random() < 0.9:
                one = Looked("video", shard, 3, moment, last - rng.choice([0, 0, 1234]), blind=False)
                sights.append(one)
                going.see(one)
        for node in rng.sample(range(30), 4):
            state, at_ = rng.choice(list(State)), rng.randrange(moment, last)
            mine = steps.setdefault(str(node), [])
            if not mine or mine[-1].at <= at_:
                mine.append(Step(at_, None, state, None))  # type: ignore[arg-type]
                going.change((str(node), "video"), at_, state)
        moment = last
        going.settle(moment + 3 * SECOND)
    restarted = _three_shards(moment + 3 * SECOND, steps, sights)

    restarted.settle(moment + 3 * SECOND)

    assert (restarted.moment, restarted.month) == (going.moment, going.month)
    assert restarted.windows == going.windows
    assert sorted(restarted.spent()) == sorted(going.spent())
    assert not going.stale


def _three_shards(now: int, steps: dict[str, list[Step]], sights: list[Looked]) -> Burn:
    first = [Looked("video", shard, 3, at("10-01"), at("10-30 22:00"), blind=False) for shard in range(3)]
    burn = Burn(ZONE, [*first, *sights], now)
    for node in range(30):
        shard = node % 3
        seen = [(one.start, one.end) for one in [*first, *sights] if one.shard == shard]
        known = [Step(at("10-01"), None, UP, None), *steps.get(str(node), [])]  # type: ignore[arg-type]
        stay = Stay(POINTS, Part("video", ((shard, 3),)), ((0, 2**62),))
        burn.add((str(node), "video"), [stay], seen, known)
    return burn
