"""Faults worked out by hand: when each began and ended, and how long its repair took."""

from __future__ import annotations

import pytest
from clockwork import DAY, HOUR, MINUTE, SECOND, at, degraded, down, first, span, spans, unknown, up

from monitor.model.faults import Fault, faults
from monitor.model.observations import Cause
from monitor.model.timeline import Frame, Step

FIFTH = span("10-05 to 10-06")


def found(
    steps: list[Step], *seen: str, life: tuple[str, ...] | None = None, excluded: str = ""
) -> list[Fault]:
    """The faults of 5 October, all of it seen unless it is said what was."""
    out = spans(excluded) if excluded else []
    alive = None if life is None else spans(*life)
    frame = Frame.of(FIFTH, spans(*(seen or ("10-01 to 10-10",))), life=alive, excluded=out)
    return faults(steps, frame, out)


def test_a_fault_has_both_its_edges_and_the_cause_of_its_first_word() -> None:
    steps = [
        up("10-01"),
        down("10-05 09:00:05", "10-05 09:00", Cause.TIMEOUT),
        up("10-05 11:00:05", "10-05 11:00"),
    ]
    assert found(steps) == [
        Fault(
            start=at("10-05 09:00:05"),
            not_before=at("10-05 09:00"),
            end=at("10-05 11:00:05"),
            end_not_before=at("10-05 11:00"),
            cause=Cause.TIMEOUT,
            lasted=2 * HOUR,
            down=2 * HOUR,
            repair=2 * HOUR,
        )
    ]


def test_a_watch_that_answers_all_day_has_none() -> None:
    assert found([up("10-01")]) == []
    assert found([]) == []


def test_degraded_is_repaired_as_far_as_a_fault_goes() -> None:
    (fault,) = found([up("10-01"), down("10-05 09:00"), degraded("10-05 10:00"), up("10-05 12:00")])
    assert (fault.end, fault.lasted) == (at("10-05 10:00"), HOUR)


def test_a_second_cause_makes_no_second_fault() -> None:
    steps = [up("10-01"), down("10-05 09:00"), down("10-05 10:00", cause=Cause.REFUSED), up("10-05 12:00")]
    (fault,) = found(steps)
    assert (fault.cause, fault.lasted) == (Cause.NO_REPLY, 3 * HOUR)


def test_an_open_fault_lasts_until_the_window_ends() -> None:
    (fault,) = found([up("10-01"), down("10-05 18:00"), up("10-07")])
    assert (fault.end, fault.end_not_before, fault.lasted, fault.down) == (None, None, 6 * HOUR, 6 * HOUR)


def test_one_that_began_before_the_window_is_as_long_as_it_was() -> None:
    (fault,) = found([up("10-01"), down("10-02"), up("10-05 06:00")])
    assert (fault.start, fault.lasted, fault.repair) == (at("10-02"), 78 * HOUR, 78 * HOUR)
    assert fault.down == 6 * HOUR, "of which the window holds six hours"


def test_one_that_was_over_before_the_window_is_none_of_its_faults() -> None:
    assert found([up("10-01"), down("10-02"), up("10-05")]) == []
    assert found([up("10-01"), down("10-06"), up("10-07")]) == []


def test_that_nobody_looked_repairs_nothing() -> None:
    """Down at nine, blind from ten to twelve, still down, up at 13:00: one fault of four hours."""
    steps = [
        up("10-01"),
        down("10-05 09:00"),
        unknown("10-05 10:00", cause=Cause.BLIND),
        first(down("10-05 12:00")),
        up("10-05 13:00"),
    ]
    (fault,) = found(steps, "10-01 to 10-05 10:00", "10-05 12:00 to 10-06")
    assert (fault.lasted, fault.down) == (4 * HOUR, 2 * HOUR)


def test_the_clock_of_repairs_stands_still_during_an_exclusion() -> None:
    steps = [up("10-01"), down("10-05 08:00"), up("10-05 13:00")]
    (fault,) = found(steps, excluded="10-05 09:00 to 10-05 12:00")
    assert (fault.lasted, fault.repair, fault.down) == (5 * HOUR, 2 * HOUR, 2 * HOUR)


def test_what_lies_in_an_exclusion_as_a_whole_is_no_fault() -> None:
    steps = [up("10-01"), down("10-05 09:10"), up("10-05 11:50")]
    assert found(steps, excluded="10-05 09:00 to 10-05 12:00") == []


def test_a_fault_ends_with_the_service_of_its_watch() -> None:
    """Dead since nine, retired at noon."""
    steps = [up("10-01"), down("10-05 09:00"), up("10-05 20:00")]
    (fault,) = found(steps, life=("10-01 to 10-05 12:00",))
    assert (fault.end, fault.lasted) == (None, 3 * HOUR)


def test_a_watch_that_was_not_in_service_has_no_faults() -> None:
    assert found([up("10-01"), down("10-05 09:00")], life=("10-06 to 10-07",)) == []


def test_of_a_first_word_nobody_knows_since_when_it_was_true() -> None:
    (fault,) = found([first(down("10-05 09:00")), up("10-05 10:00")])
    assert (fault.not_before, fault.start) == (at("10-05 09:00"), at("10-05 09:00"))


def test_where_nobody_says_an_edge_reaches_back_to_the_state_before() -> None:
    (fault,) = found([up("10-05 08:00"), first(down("10-05 09:00")), first(up("10-05 10:00"))])
    assert (fault.not_before, fault.end_not_before) == (at("10-05 08:00"), at("10-05 09:00"))


@pytest.mark.parametrize("count", [2, 40])
def test_each_fault_counts(count: int) -> None:
    steps = [up("10-01")]
    for minute in range(0, count, 2):
        steps += [down(f"10-05 10:{minute:02}"), up(f"10-05 10:{minute + 1:02}")]
    assert [fault.lasted for fault in found(steps)] == [MINUTE] * (count // 2)


def test_a_fault_that_took_no_time_took_none() -> None:
    """A clock was set back: the judge held the moment until it came again."""
    assert found([up("10-01"), down("10-05 09:00"), up("10-05 09:00")]) == []


def test_an_hour_and_a_second_of_a_long_fault() -> None:
    steps = [up("09-01"), down("10-01"), up("10-05 01:00:01")]
    (fault,) = found(steps)
    assert (fault.down, fault.lasted) == (HOUR + SECOND, 4 * DAY + HOUR + SECOND)
