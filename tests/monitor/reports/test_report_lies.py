"""The seven lies that other monitors tell (design.md §7): each of them would change the figures here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from clockwork import DAY, HOUR, MINUTE, at, down, first, up
from facts_kit import answer, camera, correction, era, exclusion, facts, sight, window

from monitor.model.decisions import Exclusion
from monitor.model.timeline import Parts, Rate, Verdict


def test_lie_1_votes_instead_of_seconds() -> None:
    """Polled every five minutes, dead for a minute: one poll of 288 fails.

    Votes say 287/288 = 99.65 %. Here no poll votes: between the last answer and the next one, ten minutes
    of the day may be anything, and only seven seconds of them are known.
    """
    steps = [up("10-01"), down("10-05 09:30:00", "10-05 09:25:00"), up("10-05 09:35:00", "10-05 09:30:07")]
    parts = answer(facts("2026-10-05", [camera("cam")], {"cam": steps})).total.parts
    assert (parts.up, parts.down) == (DAY - 5 * MINUTE, 5 * MINUTE)
    assert (parts.up_doubted, parts.up_missed) == (5 * MINUTE, 5 * MINUTE - 7_000)
    truth = 1 - 60 / 86_400
    assert parts.intact.low is not None
    assert parts.intact.high is not None
    assert parts.intact.low < truth < parts.intact.high


def test_lie_2_missing_time_counted_as_up() -> None:
    """Nobody looked from six to six. Who takes that for up says 100 %, met."""
    seen = [sight("10-05 to 10-05 06:00"), sight("10-05 18:00 to 10-06")]
    total = answer(facts("2026-10-05", [camera("cam")], {"cam": [up("10-01")]}, seen)).total
    assert total.parts.unknown == 12 * HOUR
    assert total.intact == Rate(1.0, 0.5, 1.0)
    assert total.verdict is Verdict.NOT_PROVABLE


def test_lie_3_missing_time_silently_left_out() -> None:
    """The same day: its 24 hours are all there, the report says which of them were not seen, and why not."""
    seen = [
        sight("10-05 to 10-05 06:00"),
        sight("10-05 12:00 to 10-05 18:00", blind=True),
        sight("10-05 18:00 to 10-06"),
    ]
    report = answer(facts("2026-10-05", [camera("cam")], {"cam": [up("10-01")]}, seen))
    assert report.total.parts.window == DAY
    assert report.total.parts.coverage == 0.5
    rows = [(row.start, row.end, row.blind, row.watches) for row in report.unseen]
    assert rows == [
        (at("10-05 06:00"), at("10-05 12:00"), False, 1),
        (at("10-05 12:00"), at("10-05 18:00"), True, 1),
    ]


def test_lie_4_future_and_pre_birth_counted_as_up() -> None:
    """On the 11th October has ten days, and a point that began on the 6th has five, one of them dead.

    Who stretches it to the whole month says 30/31 = 96.77 %.
    """
    point = camera("cam", commissioned="2026-10-06")
    steps = [first(up("10-06")), down("10-07"), up("10-08")]
    report = answer(facts(window("2026-10", until="10-11"), [point], {"cam": steps}))
    assert report.total.parts == Parts(up=4 * DAY, down_own=DAY)
    assert report.total.intact.value == 4 / 5
    assert not report.complete
    assert report.end == at("10-11")
    assert len(report.days) == 10
    assert sum(day.parts.window for day in report.days) == 5 * DAY


def test_lie_5_the_last_state_stretched_over_the_observers_own_outage() -> None:
    """Up and dead points alike: while the monitor itself was away, none of them was anything.

    Stretched, the first would be up for 24 hours, and the second down for 24.
    """
    seen = [sight("10-05 to 10-05 06:00"), sight("10-05 18:00 to 10-06")]
    steps = {"good": [up("10-01")], "bad": [up("10-01"), down("10-04")]}
    report = answer(facts("2026-10-05", [camera("good"), camera("bad")], steps, seen))
    bad, good = (row.figures.parts for row in report.nodes)
    assert good == Parts(up=12 * HOUR, unknown=12 * HOUR)
    assert bad == Parts(down_own=12 * HOUR, unknown=12 * HOUR)


def test_lie_6_a_denominator_that_changes_when_a_node_is_renamed_or_deleted() -> None:
    """October has three points for as long as they stood in the list, whatever became of them in November."""
    alive, renamed, gone = camera("alive"), camera("renamed"), camera("gone")
    steps = {"alive": [up("10-01")], "renamed": [up("10-01")], "gone": [down("10-01")]}
    before = [era([alive, renamed, gone])]
    after = [
        era([alive, renamed, gone], last="11-03"),
        era([alive, replace(renamed, name="新名", region="440904100", contractor="乙公司")], "11-03"),
    ]
    october = [answer(facts("2026-10", eras, steps)) for eras in (before, after)]
    assert october[0].total == october[1].total
    assert october[0].nodes == october[1].nodes
    assert october[1].total.parts == Parts(up=62 * DAY, down_own=31 * DAY)
    november = answer(facts("2026-11", after, steps))
    assert november.total.parts.window == 2 * 30 * DAY + 2 * DAY, "the deleted one counts for its two days"
    assert [group.name for group in november.tables["contractor"]] == ["乙公司", "甲公司"]


def test_lie_7_averages_of_averages() -> None:
    """A town with one dead point that began yesterday, and one with three good ones.

    The average of the towns is 50 %, that of the points 75 %; of the time there was, 1 day in 94 is lost.
    """
    points = [camera(f"good-{number}") for number in range(3)]
    points.append(camera("new", region="440904100", commissioned="2026-10-31"))
    steps = {point.id: [up("10-01")] for point in points[:3]} | {"new": [first(down("10-31"))]}
    report = answer(facts("2026-10", points, steps), by="town")
    assert [group.figures.intact.value for group in report.groups] == [1.0, 0.0]
    assert report.total.intact.value == 93 / 94


@pytest.mark.parametrize("excluded", [[], [exclusion("10-05 to 10-06")]])
def test_the_figures_of_the_lies_are_not_saved_by_an_exclusion_elsewhere(excluded: list[Exclusion]) -> None:
    """What is left out of one day leaves the others as they are."""
    known = facts("2026-10", [camera("cam")], {"cam": [up("10-01")]}, exclusions=excluded)
    parts = answer(known).total.parts
    assert parts.up == (31 - len(excluded)) * DAY
    assert parts.excluded == len(excluded) * DAY


def test_a_correction_is_no_lie_since_both_numbers_stand_there() -> None:
    steps = [up("10-01"), down("10-05"), up("10-06")]
    known = facts(
        "2026-10", [camera("cam")], {"cam": steps}, corrections=[correction("cam", "10-05 to 10-06")]
    )
    report = answer(known)
    assert report.total.intact.value == 1.0
    assert report.uncorrected is not None
    assert report.uncorrected.intact.value == 30 / 31
