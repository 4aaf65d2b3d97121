"""Clocks that are wrong: a collector's that was ahead, and our own that is set back, silence nobody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from engine_kit import HOOK, HOUR, LADDER, MINUTE, SECOND, T0, Bench, closed, outage, site_of
from small_site import camera

from collectors.judge import Judge, Rules
from monitor.live.outages import OutageEngine
from monitor.model.events import Change
from monitor.model.observations import Cause, Layer, Observation, State
from monitor.model.outages import Outage


def test_a_switch_is_told_though_its_collector_began_in_the_wrong_time_zone(tmp_path: Path) -> None:
    """A machine boots eight hours ahead, NTP steps it back, and ten minutes later the switch dies."""
    bench = Bench(site_of(tmp_path))
    engine = OutageEngine(bench.site)
    engine.restore([], {}, T0)
    came, fell, back = _through_a_wrong_start()
    dead, well = T0 + 10 * MINUTE + 10 * SECOND, T0 + 30 * MINUTE
    engine.change(1, came, T0)
    assert _tell(bench, [*engine.change(2, fell, dead), *engine.tick(dead)], dead) == [
        f"fired hook {_only(bench)}"
    ]
    assert bench.sent[0].message.alerts[0].finding.since == dead
    over = [*engine.change(3, back, well), *engine.tick(well)]
    assert [text.split()[0] for text in _tell(bench, over, well)] == ["resolved"]
    assert bench.sent[-1].message.alerts[0].resolved_at == well


def test_falls_of_one_afternoon_that_all_claim_the_same_moment_are_not_one(tmp_path: Path) -> None:
    """What a judge tells, until its own wrong time has come, is all as of then."""
    rows = [camera(f"c-{n}") for n in range(20)]
    engine = OutageEngine(site_of(tmp_path, rows=rows))
    engine.restore([], {}, T0)
    wrong, said = T0 + 8 * HOUR, []
    for number in range(15):
        now = T0 + number * MINUTE
        fell = Change(
            f"c-{number}", "video", State.UP, State.DOWN, wrong, wrong - 1000, wrong, Cause.NO_REPLY
        )
        said += engine.change(number + 1, fell, now) + engine.tick(now + 50 * SECOND)
    assert [each.root for each in said if isinstance(each, Outage)] == [f"c-{n}" for n in range(15)]


def test_what_is_said_to_begin_later_is_counted_and_told_from_when_it_was_heard(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, HOOK + "rules: {offline: {for: 1m}}\n"))
    ahead = outage("cam-1", at=T0 + HOUR)
    assert bench.hear(ahead, at=T0) == []
    assert bench.at(T0 + 59 * SECOND) == []
    assert bench.at(T0 + 60 * SECOND) == [f"fired hook {ahead.id}"]
    assert bench.sent[0].message.alerts[0].finding.since == T0
    over = closed(ahead, T0 + HOUR + MINUTE)
    assert bench.hear(over, at=T0 + 2 * MINUTE) == [f"resolved hook {ahead.id}"]
    assert bench.sent[-1].message.alerts[0].resolved_at == T0 + 2 * MINUTE


@pytest.mark.parametrize("back", [6 * HOUR, 400 * 24 * HOUR])
def test_escalations_and_repeats_do_not_wait_for_a_clock_that_was_set_back(tmp_path: Path, back: int) -> None:
    bench = Bench(site_of(tmp_path, LADDER))
    bench.hear(outage("sw-1", affected=5), at=T0)
    now = T0 - back
    said = [text.split()[0] for minute in range(62) for text in bench.at(now + minute * MINUTE)]
    assert said == ["escalated", "escalated", "repeated"]


@pytest.mark.parametrize("back", [HOUR, 24 * HOUR])
@pytest.mark.parametrize("after", [7, 20, 45])
def test_a_clock_that_is_set_back_changes_nothing_of_when_things_are_said(
    tmp_path: Path, after: int, back: int
) -> None:
    def said(step: int) -> list[tuple[int, str]]:
        """What is said, and in which minute by a watch that nobody sets."""
        bench = Bench(site_of(tmp_path, LADDER))
        bench.hear(outage("sw-1", affected=5), at=T0)
        return [
            (minute, text)
            for minute in range(130)
            for text in bench.at(T0 + minute * MINUTE - (step if minute >= after else 0))
        ]

    usual = said(0)
    assert [text.split()[0] for _, text in usual] == ["escalated", "escalated", "repeated", "repeated"]
    # The minute of the step itself is told by no clock.
    assert [(minute - (minute > after), text) for minute, text in said(back)] == usual


def test_what_is_gathered_waits_no_longer_for_a_clock_that_was_set_back(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path))
    for number in range(1, 5):
        bench.hear(outage(f"cam-{number}", at=T0 + number), at=T0 + number)
    assert bench.at(T0 - 6 * HOUR) == []
    assert bench.at(T0 - 6 * HOUR + 4 * MINUTE) == []
    assert [text.split()[0] for text in bench.at(T0 - 6 * HOUR + 5 * MINUTE)] == ["fired"]


def test_what_must_last_does_not_wait_for_a_clock_that_was_set_back(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, HOOK + "rules: {offline: {for: 1m, settle: 1m}}\n"))
    one = outage("cam-1")
    bench.hear(one, at=T0)
    bench.at(T0 - 6 * HOUR)
    assert bench.at(T0 - 6 * HOUR + 61 * SECOND) == [f"fired hook {one.id}"]
    bench.hear(closed(one, T0), at=T0)
    bench.at(T0 - 6 * HOUR)
    assert bench.at(T0 - 6 * HOUR + 61 * SECOND) == [f"resolved hook {one.id}"]


def _through_a_wrong_start() -> tuple[Change, Change, Change]:
    """What a judge says of a switch that comes, falls and is back, whose collector started 8 h ahead."""
    judge = Judge("sw-1", "video", {"ping": Layer.REACH}, Rules())
    came = judge.observe(Observation("ping", T0 + 8 * HOUR, T0 + 8 * HOUR + 5, Cause.OK)).change
    judge.set_back(8 * HOUR)
    changes = [came]
    for minute, cause in ((10, Cause.NO_REPLY), (30, Cause.OK)):
        for turn in range(4):
            at = T0 + minute * MINUTE + 3000 * turn
            changes.append(judge.observe(Observation("ping", at, at + 1000, cause)).change)
    came, fell, back = (change for change in changes if change is not None)
    assert fell.at == back.at == came.at, "its moments never go back"
    return came, fell, back


def _tell(bench: Bench, verdicts: Sequence[object], at: int) -> list[str]:
    return bench.hear(*(each for each in verdicts if isinstance(each, Outage)), at=at)


def _only(bench: Bench) -> str:
    (subject,) = bench.book.outages
    return subject
