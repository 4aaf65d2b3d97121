"""From changes to steps, and from parts to rates and verdicts."""

from __future__ import annotations

from itertools import permutations

import pytest
from clockwork import DAY, HOUR, MINUTE, SECOND, at, degraded, down, span, spans, up

from monitor.model.events import Change
from monitor.model.observations import Cause, State
from monitor.model.tally import divide
from monitor.model.timeline import Frame, Parts, Rate, Verdict, corrected, in_order

FIFTH = "10-05 to 10-06"
SEEN = Frame.of(span(FIFTH), spans(FIFTH))


def change(old: State, new: State, moment: str, detected: str | None = None) -> Change:
    cause = Cause.OK if new is State.UP else Cause.TIMEOUT
    told = at(detected or moment)
    return Change("cam-1", "video", old, new, at(moment), at(moment) - SECOND, told, cause)


def test_late_facts_take_their_place_in_time() -> None:
    """An outage of the morning, told after that of the evening."""
    told = [
        change(State.UNKNOWN, State.UP, "10-01"),
        change(State.UP, State.DOWN, "10-05 20:00"),
        change(State.DOWN, State.UP, "10-05 21:00"),
    ]
    late = [change(State.UP, State.DOWN, "10-05 08:00"), change(State.DOWN, State.UP, "10-05 10:00")]
    assert divide(in_order(told), SEEN).down_own == HOUR
    assert divide(in_order([*told, *late]), SEEN).down_own == 3 * HOUR


def test_the_order_of_arrival_does_not_matter() -> None:
    told = [
        change(State.UNKNOWN, State.UP, "10-01"),
        change(State.UP, State.DOWN, "10-05 08:00"),
        change(State.DOWN, State.UP, "10-05 10:00"),
        change(State.UP, State.DEGRADED, "10-05 10:00"),
    ]
    assert len({tuple(in_order(order)) for order in permutations(told)}) == 1


def test_a_clock_set_back_does_not_turn_the_last_state_round() -> None:
    """At 11:00 it went down; the clock was set back to 10:00. Until 11:00 comes again its judge holds that
    moment, in which the watch then came up, and went down once more: down it is."""
    told = [
        change(State.UNKNOWN, State.UP, "10-01"),
        change(State.UP, State.DOWN, "10-05 11:00", "10-05 11:00:03"),
        change(State.DOWN, State.UP, "10-05 11:00"),
        change(State.UP, State.DOWN, "10-05 11:00"),
    ]
    for order in permutations(told):
        parts = divide(in_order(order), SEEN)
        assert (parts.up, parts.down_own) == (11 * HOUR, 13 * HOUR)


def test_the_hour_that_a_clock_shows_twice_is_one_hour() -> None:
    """Its first sight ends at 11:00 by the old clock, its second begins at 10:00 by the new one."""
    frame = Frame.of(span(FIFTH), spans("10-05 to 10-05 11:00", "10-05 10:00 to 10-06"))
    assert divide([up("10-01")], frame) == Parts(up=DAY)


def test_online_counts_what_only_degrades_and_own_fault_leaves_upstream_out() -> None:
    """12 h up, 4 h slow, 8 h down of which 6 h by another's fault."""
    steps = [up("10-01"), degraded("10-05 12:00"), down("10-05 16:00")]
    parts = divide(steps, SEEN, spans("10-05 18:00 to 10-06"))
    assert parts.intact == Rate(12 / 24, 12 / 24, 12 / 24)
    assert parts.online == Rate(16 / 24, 16 / 24, 16 / 24)
    assert parts.own_fault == Rate(12 / 18, 12 / 18, 12 / 18)


def test_each_rate_has_the_doubt_that_concerns_it() -> None:
    """From slow to down within ten minutes: intact is not in doubt, online is."""
    steps = [up("10-01"), degraded("10-05 12:00"), down("10-05 18:00", "10-05 17:50")]
    parts = divide(steps, SEEN)
    minutes = 24 * 60
    assert parts.intact == Rate(720 / minutes, 720 / minutes, 720 / minutes)
    assert parts.online == Rate(1080 / minutes, 1070 / minutes, 1080 / minutes)


def test_a_correction_leaves_both_numbers() -> None:
    steps = [up("10-01"), down("10-05 10:00:05", "10-05 10:00"), up("10-05 16:00:05", "10-05 16:00")]
    wrong = (at("10-05 10:00"), at("10-05 16:00:05"), State.UP)
    assert divide(steps, SEEN).intact.value == 18 / 24
    assert divide(corrected(steps, [wrong]), SEEN).intact == Rate(1, 1, 1)
    assert divide(steps, SEEN).intact.value == 18 / 24, "the steps are as they were"


def test_the_later_of_two_corrections_counts() -> None:
    steps = [up("10-01")]
    first = (at("10-05 08:00"), at("10-05 16:00"), State.DOWN)
    second = (at("10-05 10:00"), at("10-05 12:00"), State.UP)
    assert divide(corrected(steps, [first, second]), SEEN).down_own == 6 * HOUR
    assert divide(corrected(steps, [second, first]), SEEN).down_own == 8 * HOUR


def test_what_a_correction_says_before_the_first_word_stands_alone() -> None:
    told = corrected([], [(at("10-05 08:00"), at("10-05 09:00"), State.UP)])
    assert divide(told, SEEN) == Parts(up=HOUR, unknown=23 * HOUR)


def test_the_day_is_cut_where_the_place_cuts_it() -> None:
    """Midnight in Maoming is 16:00 of the day before in UTC."""
    assert at("10-05") % DAY == 16 * HOUR
    before, after = (Frame.of(span(day), spans("10-01 to 10-10")) for day in ("10-04 to 10-05", FIFTH))
    steps = [up("10-01"), down("10-04 23:59"), up("10-05 00:02")]
    assert [divide(steps, frame).down for frame in (before, after)] == [MINUTE, 2 * MINUTE]


@pytest.mark.parametrize(
    ("rate", "verdict"),
    [
        (Rate(0.99, 0.98, 1.0), Verdict.MET),
        (Rate(0.99, 0.9799999, 1.0), Verdict.NOT_PROVABLE),
        (Rate(0.97, 0.96, 0.98), Verdict.NOT_PROVABLE),
        (Rate(0.97, 0.96, 0.9799999), Verdict.MISSED),
        (Rate(None, 0.0, 1.0), Verdict.NOT_PROVABLE),
        (Rate(None, None, None), Verdict.NO_STATEMENT),
    ],
)
def test_a_target_is_met_by_the_low_bound_and_missed_by_the_high_one(rate: Rate, verdict: Verdict) -> None:
    assert rate.verdict(0.98) is verdict


def test_without_a_target_there_is_no_verdict() -> None:
    assert Rate(1.0, 1.0, 1.0).verdict(None) is Verdict.NO_STATEMENT


def test_exactly_the_target_is_met() -> None:
    for permille in range(1, 1001):
        assert Parts(up=permille, down_own=1000 - permille).intact.verdict(permille / 1000) is Verdict.MET
