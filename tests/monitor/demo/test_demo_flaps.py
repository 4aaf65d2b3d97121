"""What is told of a flapping watch, held against its true turns."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import pytest
from demo_people import People
from truth_talk import BORN, DEGRADED, DOWN, UP, T, change, flapping, result

from monitor.config import JudgeSettings
from monitor.demo.comparison import Comparison
from monitor.demo.told import Gap
from monitor.model.events import Change
from monitor.model.observations import Cause

BEGIN = 10_000
TURN = 10_000
FOUR_TURNS = flapping(TURN, BEGIN, 50_000)
"""Refuses from 10 and 30 s on, works from 20 and 40 s on, and is well from 50 s on."""

MANY_TURNS = flapping(TURN, BEGIN, 90_000)
"""The seventh turn, at 70 s, is one more than what passes."""

LASTING = flapping(TURN, BEGIN, None)


def fell(at: int) -> Change:
    return change(UP, DOWN, at + 3_000, at - 2_000, Cause.REFUSED)


def rose(at: int) -> Change:
    return change(DOWN, UP, at + 3_000, at - 2_000)


def flaps(at: int) -> Change:
    return change(UP, DEGRADED, at + 3_000, at - 2_000, Cause.FLAPPING)


def settled(at: int) -> Change:
    return replace(rose(at), old=DEGRADED)


TWO_FAULTS = (BORN, fell(10_000), rose(20_000), fell(30_000), rose(40_000))
UNTIL_IT_FLAPS = (*TWO_FAULTS, fell(50_000), rose(60_000), flaps(70_000))
IT_SETTLED = (*UNTIL_IT_FLAPS, settled(80_000))


def wrongs(found: Comparison) -> tuple[int, int, int, int, int]:
    return (found.missed, found.invented, found.wrong_state, found.wrong_cause, found.wrong_edge)


RIGHT = (0, 0, 0, 0, 0)


def test_each_turn_to_refusing_is_a_fault_of_its_own() -> None:
    found = result([FOUR_TURNS], TWO_FAULTS)
    assert wrongs(found) == RIGHT
    assert found.faults == 1


def test_what_turns_too_often_is_told_once_and_ends_when_it_has_settled() -> None:
    assert wrongs(result([MANY_TURNS], IT_SETTLED)) == RIGHT
    assert wrongs(result([LASTING], UNTIL_IT_FLAPS)) == RIGHT


def test_flapping_that_is_never_mentioned_is_missed() -> None:
    assert wrongs(result([MANY_TURNS], [BORN])) == (1, 0, 0, 0, 0)
    assert wrongs(result([FOUR_TURNS], [BORN])) == (1, 0, 0, 0, 0)


def test_one_turn_that_is_found_does_not_excuse_another() -> None:
    assert wrongs(result([FOUR_TURNS], TWO_FAULTS[:3])) == (1, 0, 0, 0, 0)
    assert wrongs(result([FOUR_TURNS], (BORN, *TWO_FAULTS[3:]))) == (1, 0, 0, 0, 0)


def test_turns_too_brief_to_be_judged_need_not_be_found() -> None:
    found = result([flapping(5_000, BEGIN, 50_000)], [BORN])
    assert (wrongs(found), found.faults, found.long_enough) == (RIGHT, 0, 0)


def test_a_turn_that_nobody_saw_whole_need_not_be_found() -> None:
    once = flapping(TURN, BEGIN, 15_000 + TURN)
    gap = Gap("video", T + 13_000, T + 17_000)
    assert wrongs(result([once], [BORN])) == (1, 0, 0, 0, 0)
    found = result([once], [BORN], gaps=[gap])
    assert (wrongs(found), found.faults, found.long_enough) == (RIGHT, 0, 1)


def test_flapping_told_as_something_else_is_wrong() -> None:
    busy = change(UP, DEGRADED, 13_000, 8_000, Cause.BUSY)
    until_long_after_its_end = change(DEGRADED, UP, 230_000, 225_000)
    assert wrongs(result([FOUR_TURNS], (BORN, busy, until_long_after_its_end))) == (0, 0, 1, 0, 1)
    late = (BORN, replace(fell(10_000), cause=Cause.TIMEOUT), *TWO_FAULTS[2:])
    assert result([FOUR_TURNS], late).wrong_cause == 1


def test_what_turns_too_often_must_be_called_flapping() -> None:
    never_so = (*TWO_FAULTS, fell(50_000), rose(60_000), fell(70_000), rose(80_000))
    found = result([MANY_TURNS], never_so)
    assert wrongs(found) == (0, 0, 1, 0, 0)
    assert found.details[0].startswith("never told as flapping")


def test_it_need_not_where_some_of_the_turns_were_out_of_sight() -> None:
    gap = Gap("video", T + 33_000, T + 37_000)
    never_so = (BORN, fell(10_000), rose(20_000), fell(50_000), rose(60_000), fell(70_000), rose(80_000))
    assert wrongs(result([MANY_TURNS], never_so, gaps=[gap])) == RIGHT


def test_nor_where_the_turns_may_be_as_slow_as_the_judge_lets_pass() -> None:
    never_so = (*TWO_FAULTS, fell(50_000), rose(60_000), fell(70_000), rose(80_000))
    judge = JudgeSettings(flap_within=66)
    assert wrongs(result([MANY_TURNS], never_so, judge=judge)) == RIGHT
    assert wrongs(result([MANY_TURNS], IT_SETTLED, judge=judge)) == RIGHT
    assert result([MANY_TURNS], IT_SETTLED, judge=JudgeSettings(flap_within=49)).wrong_state == 1


def test_what_turns_seldom_must_not_be_called_flapping() -> None:
    told = (*TWO_FAULTS[:-2], flaps(30_000), settled(40_000))
    assert wrongs(result([FOUR_TURNS], told)) == (0, 0, 1, 0, 0)


@pytest.mark.parametrize(
    "beside",
    [
        (fell(15_500), rose(20_000)),
        (fell(10_000), rose(25_500)),
        (replace(fell(10_000), not_before=T + 11_000), rose(20_000)),
    ],
)
def test_an_edge_that_holds_no_true_turn_is_wrong(beside: tuple[Change, Change]) -> None:
    assert result([FOUR_TURNS], (BORN, *beside)).wrong_edge == 1


def test_what_is_over_must_not_be_told_as_lasting() -> None:
    assert result([FOUR_TURNS], TWO_FAULTS[:-1]).wrong_edge == 1
    assert result([MANY_TURNS], UNTIL_IT_FLAPS).wrong_edge == 1, "220 s are enough to settle"


def test_flapping_may_last_until_it_has_settled() -> None:
    late = flapping(TURN, BEGIN + 110_000, 200_000)
    turns = [fell, rose, fell, rose, fell, rose, flaps]
    told = [say(BEGIN + 110_000 + number * TURN) for number, say in enumerate(turns)]
    assert wrongs(result([late], [BORN, *told])) == RIGHT, "100 s are not enough"


def test_what_still_flaps_has_not_settled() -> None:
    assert result([LASTING], IT_SETTLED).wrong_edge == 1


def test_flapping_told_of_a_watch_that_was_well_is_invented() -> None:
    assert result([], IT_SETTLED).invented == 4


def test_the_truth_holds_every_turn_of_what_flaps(people: People) -> None:
    node = people.camera()
    people.fleet.fail([node.id], "flapping", delay=0.1)
    time.sleep(0.55)
    people.fleet.clear([node.id])
    (row,) = [row for row in people.fleet.truth() if row.node == node.id]
    assert row.ended is not None
    assert 3 <= len(row.turns) <= 5
    moments = [row.began, row.began_by, *(moment for turn in row.turns for moment in turn), row.ended]
    assert moments == sorted(moments)
    assert all(second - first >= 95 for (first, _), (second, _) in pairwise(row.turns))
