"""Whose fault it is, whatever is seen first."""

from __future__ import annotations

from pathlib import Path

import pytest
from outage_kit import CHANGED, CLOSED, NODE, OPENED, OWN, T0, UPSTREAM, Play, node, town

from monitor.config import Site
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame, Ending, OutageKind


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return town(tmp_path)


@pytest.fixture
def play(site: Site) -> Play:
    return Play.of(site)


def roots(play: Play) -> set[str]:
    return set(play.open())


# -- one watch


def test_a_camera_below_a_switch_that_answered_is_down_by_itself_at_once(play: Play) -> None:
    play.down("e1", alive=["East"])

    (opened,) = play.told(OPENED)
    assert (opened.root, opened.kind, opened.affected, opened.classes) == ("e1", NODE, 1, {1: 1})
    assert (opened.at, opened.not_before) == (T0, T0 - 5_000)
    assert play.blames()["e1"] == (OWN, "e1")


def test_a_watch_with_nothing_above_it_is_judged_at_once(play: Play) -> None:
    play.down("Core")
    assert roots(play) == {"Core"}


def test_without_a_word_from_above_it_is_held_and_then_its_own_fault(play: Play) -> None:
    play.down("e1")
    assert play.judged() == []
    play.wait(4.9)
    assert play.judged() == []
    play.wait(0.2)
    assert play.blames()["e1"] == (OWN, "e1")


def test_one_that_is_back_before_it_is_judged_is_told_to_nobody(play: Play) -> None:
    play.down("e1")
    play.now = 2
    play.up("e1")
    play.wait(60)

    assert play.judged() == [1, 2]
    assert play.told(OPENED) == []


def test_when_it_is_up_its_outage_is_over(play: Play) -> None:
    play.down("e1", alive=["East"])
    play.now = 30
    play.up("e1")

    (closed,) = play.told(CLOSED)
    assert (closed.ended_at, closed.ending, closed.affected) == (T0 + 30_000, Ending.RECOVERED, 1)
    assert play.blames()["e1"] == (None, "")
    assert roots(play) == set()


def test_a_degraded_watch_is_nobodys_fault(play: Play) -> None:
    play.turn("e1", State.DEGRADED)
    assert play.blames() == {"e1": (None, "")}
    assert play.told(OPENED) == []


# -- a parent and its children


def test_parent_seen_before_its_children(play: Play) -> None:
    play.down("East", alive=["Core"])
    play.now = 1
    play.down("e1", "e2")

    assert roots(play) == {"East"}
    assert play.blames()["e1"] == play.blames()["e2"] == (UPSTREAM, "East")
    assert play.told(OPENED)[0].behind == 3


def test_children_seen_before_their_parent(play: Play) -> None:
    play.down("e1", "e2")
    play.now = 3
    play.down("East", alive=["Core"])

    assert roots(play) == {"East"}
    assert play.judged() == [3, 1, 2]
    assert play.blames()["e1"] == (UPSTREAM, "East")


def test_a_child_that_was_told_alone_is_merged_when_its_parent_is_found_down_for_the_same_reason(
    play: Play,
) -> None:
    play.down("e1")
    play.wait(6)
    assert roots(play) == {"e1"}
    play.down("East", at=4, alive=["Core"])

    (closed,) = play.told(CLOSED)
    assert (closed.root, closed.ending, closed.merged_into) == ("e1", Ending.MERGED, play.open()["East"].id)
    assert roots(play) == {"East"}
    assert play.blames()["e1"] == (UPSTREAM, "East")


def test_a_camera_that_was_broken_long_before_stays_its_own_fault(play: Play) -> None:
    play.down("e1", alive=["East"])
    play.now = 3600
    play.down("East", alive=["Core"])
    play.down("e2")

    assert roots(play) == {"e1", "East"}
    assert play.blames()["e1"] == (OWN, "e1")
    assert play.blames()["e2"] == (UPSTREAM, "East")


def test_parent_back_before_its_children_is_one_end_when_all_are_back(play: Play) -> None:
    play.down("East", alive=["Core"])
    play.down("e1", "e2")
    play.now = 60
    play.up("East")
    assert roots(play) == {"East"}, "those below are asked first"
    play.now = 62
    play.up("e1")
    play.now = 63
    play.up("e2")

    (closed,) = play.told(CLOSED)
    assert (closed.ended_at, closed.affected) == (T0 + 63_000, 3)
    assert len(play.told(OPENED)) == 1


def test_children_back_before_their_parent_leave_it_alone(play: Play) -> None:
    play.down("East", alive=["Core"])
    play.down("e1", "e2")
    play.now = 60
    play.up("e1", "e2")
    play.wait(5)

    assert play.open()["East"].affected == 1
    play.up("East")
    assert roots(play) == set()


def test_who_stays_down_when_the_root_is_back_is_judged_anew_from_then_on(play: Play) -> None:
    play.down("East", alive=["Core"])
    play.down("e1", "e2")
    play.now = 60
    play.up("East")
    play.up("e1")
    play.wait(59)
    assert roots(play) == {"East"}
    play.wait(2)

    assert roots(play) == {"e2"}
    assert play.open()["e2"].at == T0 + 60_000
    assert play.blames()["e2"] == (OWN, "e2")
    (closed,) = play.told(CLOSED)
    assert closed.ended_at == T0 + 60_000


def test_a_root_that_falls_again_while_those_below_are_asked_is_the_same_outage(play: Play) -> None:
    play.down("East", alive=["Core"])
    play.down("e1", "e2")
    play.now = 60
    play.up("East")
    play.now = 70
    play.down("East", alive=["Core"])
    play.wait(120)

    assert len(play.told(OPENED)) == 1
    assert roots(play) == {"East"}


# -- several levels


@pytest.mark.parametrize("order", [("Core", "East", "e1"), ("e1", "East", "Core"), ("East", "e1", "Core")])
def test_the_highest_that_failed_is_the_root_in_any_order(play: Play, order: tuple[str, ...]) -> None:
    for name in order:
        play.down(name)
        play.now += 1
    play.wait(10)

    assert roots(play) == {"Core"}
    assert play.blames()["East"] == play.blames()["e1"] == (UPSTREAM, "Core")


def test_overlapping_outages_end_each_by_itself(play: Play) -> None:
    """A switch has been broken for an hour when the core fails; the core is back first."""
    play.down("East", alive=["Core"])
    play.down("e1", "e2")
    play.now = 3600
    play.down("Core")
    play.down("West", "w1", "w2")
    assert roots(play) == {"East", "Core"}
    assert play.blames()["w1"] == (UPSTREAM, "Core")
    assert play.blames()["e1"] == (UPSTREAM, "East")

    play.now = 3700
    play.up("Core", "West", "w1", "w2")
    assert roots(play) == {"East"}
    play.now = 3800
    play.up("East", "e1", "e2")
    assert roots(play) == set()


def test_a_switch_that_stays_down_when_the_core_is_back_takes_its_cameras_with_it(play: Play) -> None:
    play.down("Core")
    play.down("East", "West", "e1", "e2", "w1", "w2")
    play.now = 100
    play.up("Core", "West", "w1", "w2")
    play.wait(61)

    assert roots(play) == {"East"}
    assert play.blames()["e1"] == (UPSTREAM, "East")
    assert play.open()["East"].at == T0 + 100_000


def test_with_two_ways_up_it_is_down_by_another_only_when_both_are(tmp_path: Path) -> None:
    rows = [node("Left"), node("Right"), node("cam", "Left;Right")]
    play = Play.of(town(tmp_path, *rows))
    play.down("Left")
    play.down("cam")
    play.wait(6)
    assert play.blames()["cam"] == (OWN, "cam")

    other = Play.of(town(tmp_path, *rows))
    other.down("Left")
    other.now = 100
    other.down("Right")
    other.down("cam")
    other.wait(6)
    assert other.blames()["cam"] == (UPSTREAM, "Right"), "the one that failed last took it down"


def test_a_parent_that_forwards_though_it_does_not_answer_is_no_cause(play: Play) -> None:
    play.down("East", alive=["Core"])
    play.wait(61)
    play.down("e1")
    play.wait(6)

    assert play.blames()["e1"] == (OWN, "e1"), "e2 is up through it"


def test_parents_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    site = town(tmp_path, node("A"), node("b", "A"))
    play = Play.of(site)
    play.engine._topology._parents["A", "video"] = ("b",)
    play.engine._topology._children["b", "video"] = ("A",)
    play.down("A", "b")
    play.wait(40)

    assert sorted(play.judged()) == [1, 2]


# -- nobody looks


def test_a_collector_that_is_blind_is_one_outage_of_the_observer(play: Play, site: Site) -> None:
    millis = play.millis
    engine = play.engine
    (opened,) = engine.observer("video-0of1", "video", sees=False, at=millis, cause=Cause.BLIND, now=millis)
    again = engine.observer("video-0of1", "video", sees=False, at=millis, cause=Cause.BLIND, now=millis)
    (closed,) = engine.observer(
        "video-0of1", "video", sees=True, at=millis + 9_000, cause=Cause.OK, now=millis + 9_000
    )

    assert again == []
    assert not isinstance(opened, Blame)
    assert not isinstance(closed, Blame)
    assert (opened.kind, opened.affected, opened.root) == (OutageKind.OBSERVER, 7, "video-0of1")
    assert (closed.phase, closed.ended_at) == (CLOSED, millis + 9_000)


def test_one_that_cannot_be_seen_stays_a_part_of_its_outage(play: Play) -> None:
    play.down("e1", alive=["East"])
    play.turn("e1", State.UNKNOWN)
    assert play.blames()["e1"] == (Attribution.OBSERVER, "e1")
    play.down("e1")

    assert play.blames()["e1"] == (OWN, "e1")
    assert len(play.told(OPENED)) == 1
    play.up("e1")
    assert roots(play) == set()


# -- the list changes, time is planned, the monitor restarts


def test_a_node_that_is_deleted_while_it_is_down_ends_its_outage(play: Play, tmp_path: Path) -> None:
    play.down("East", alive=["Core"])
    play.down("e1")
    shorter = town(tmp_path, node("Core"), node("e1", "Core"))
    play.said += play.engine.reload(shorter, play.millis)
    play.wait(10)

    retired = [each for each in play.told(CLOSED) if each.ending is Ending.RETIRED]
    assert [each.root for each in retired] == ["East"]
    assert roots(play) == {"e1"}


def test_a_held_change_of_a_deleted_node_is_judged_all_the_same(play: Play, tmp_path: Path) -> None:
    play.down("e1")
    play.said += play.engine.reload(town(tmp_path, node("Core")), play.millis)
    play.wait(10)
    assert play.judged() == [1]
    assert play.told(OPENED) == []


def test_maintenance_that_begins_and_ends_is_told(play: Play) -> None:
    play.down("East", alive=["Core"])
    play.engine.exclude(lambda root, _network: "M1" if root == "East" else "")
    play.wait(3)
    assert play.open()["East"].excluded == "M1"
    play.engine.exclude(lambda _root, _network: "")
    play.wait(3)
    assert play.open()["East"].excluded == ""
    play.engine.exclude(lambda root, _network: "M2" if root == "West" else "")
    play.down("West", alive=["Core"])
    assert play.open()["West"].excluded == "M2"


def test_after_a_restart_it_goes_on_and_says_nothing_twice(play: Play, site: Site) -> None:
    play.down("East", alive=["Core"])
    play.down("e1")
    play.wait(5)
    before = len(play.said)
    other = play.reopened(site)
    other.wait(120)
    assert len(other.said) == before
    other.down("e2")
    assert other.blames()["e2"] == (UPSTREAM, "East")
    other.up("East", "e1", "e2")
    assert roots(other) == set()


def test_after_a_restart_while_those_below_are_asked_the_rest_is_still_judged(play: Play, site: Site) -> None:
    play.down("East", alive=["Core"])
    play.down("e1", "e2")
    play.now = 60
    play.up("East", "e1")
    other = play.reopened(site)
    other.wait(61)
    assert roots(other) == {"e2"}


def test_what_was_down_before_outages_were_kept_is_told_from_now_on(site: Site, play: Play) -> None:
    play.now = 1000
    for name in ("East", "e1", "e2", "w1"):
        play.standings[name, "video"] = play.standings[name, "video"].__class__(
            State.DOWN, Cause.NO_REPLY, T0
        )
    other = play.reopened(site)

    assert roots(other) == {"East", "w1"}
    assert other.open()["East"].at == T0
    blames = [each for each in other.said if isinstance(each, Blame)]
    assert {each.at for each in blames} == {T0 + 1_000_000}


def test_what_grows_is_told_every_two_seconds_at_most(play: Play) -> None:
    play.down("Core")
    for name in ("East", "West", "e1", "e2", "w1", "w2"):
        play.down(name)
        play.wait(0.5)
    play.wait(10)

    changed = play.told(CHANGED)
    assert changed[-1].affected == 7
    assert len(changed) <= 3
