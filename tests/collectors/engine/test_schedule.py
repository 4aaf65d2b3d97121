from collections import Counter

from collectors.engine.schedule import Schedule, tick_at, ticks


def turns(schedule: Schedule[str], first: int, last: int) -> Counter[str]:
    return Counter(item for tick in range(first, last) for item in schedule.due(tick))


def test_everybody_has_one_turn_in_each_interval():
    schedule: Schedule[str] = Schedule()
    for number in range(500):
        schedule.add(f"camera {number}", 5.0, f"camera {number}")
    counted = turns(schedule, 1_000, 1_000 + ticks(5.0))
    assert len(counted) == 500
    assert set(counted.values()) == {1}


def test_turns_are_spread_evenly_without_ramp_or_burst():
    schedule: Schedule[str] = Schedule()
    for number in range(3_352):
        schedule.add(f"camera {number}", 10.0, f"camera {number}")
    sizes = [len(list(schedule.due(tick))) for tick in range(ticks(10.0))]
    assert sum(sizes) == 3_352
    assert max(sizes) < 3 * 3_352 / ticks(10.0)


def test_the_place_within_the_interval_survives_a_restart():
    first: Schedule[str] = Schedule()
    second: Schedule[str] = Schedule()
    for schedule in (first, second):
        schedule.add("camera", 30.0, "44090200001320000001/rtsp")
    places = [[tick for tick in range(300) if list(schedule.due(tick))] for schedule in (first, second)]
    assert places[0] == places[1]
    assert len(places[0]) == 1


def test_a_removed_item_has_no_turn_left_not_even_a_single_one():
    schedule: Schedule[str] = Schedule()
    schedule.add("camera", 1.0, "camera")
    schedule.once("camera", 7)
    schedule.remove("camera")
    assert not turns(schedule, 0, 20)
    assert len(schedule) == 0


def test_a_single_turn_is_given_once_beside_the_usual_ones():
    schedule: Schedule[str] = Schedule()
    schedule.add("camera", 10.0, "camera")
    usual = next(tick for tick in range(100) if list(schedule.due(tick)))
    schedule.once("camera", usual + 1)
    assert turns(schedule, usual + 1, usual + 2) == {"camera": 1}
    assert not turns(schedule, usual + 1, usual + 2)


def test_adding_again_moves_an_item_to_its_new_interval():
    schedule: Schedule[str] = Schedule()
    schedule.add("camera", 1.0, "camera")
    schedule.add("camera", 10.0, "camera")
    assert turns(schedule, 0, 100) == {"camera": 1}


def test_a_moment_little_behind_a_tick_counts_as_on_it_and_a_later_one_as_on_the_next():
    assert [tick_at(moment) for moment in (10.0, 10.015, 10.025, 10.099)] == [100, 100, 101, 101]


def test_what_was_asked_on_a_tick_has_used_up_its_time_on_one():
    for timeout in (0.1, 1.0, 2.0, 5.0):
        for behind in (0.0, 0.005, 0.015):
            assert tick_at(7.0 + behind + timeout) == 70 + ticks(timeout)
