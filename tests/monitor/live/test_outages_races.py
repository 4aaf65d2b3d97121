"""What comes between a fall and its cause: restarts, lists that change, returns halfway, crowds, silence."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outage_kit import CLOSED, NODE, OPENED, OWN, SUSPECTED, UPSTREAM, Play, node, town

from monitor.config import Site
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame, Ending

DOWN, UP, UNKNOWN = State.DOWN, State.UP, State.UNKNOWN


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play.of(town(tmp_path / "site"))


def opened(play: Play) -> list[str]:
    return [each.root for each in play.told(OPENED)]


# -- held


def test_two_falls_in_a_row_are_both_judged(play: Play) -> None:
    """A snapshot may mend the cause of what is down already."""
    play.down("e1")
    play.now = 1
    play.down("e1")
    play.wait(10)
    assert sorted(play.judged()) == [1, 2]
    assert opened(play) == ["e1"]


def test_a_child_waits_for_a_parent_that_waits_itself(play: Play) -> None:
    play.down("e1")
    play.wait(3)
    play.down("East")
    play.wait(3)
    play.down("Core", at=4)
    play.wait(10)
    assert opened(play) == ["Core"]
    assert play.blames()["e1"] == play.blames()["East"] == (UPSTREAM, "Core")


def test_a_fall_of_long_ago_that_is_heard_late_is_its_own(play: Play) -> None:
    """A collector that was cut off sends what it saw before the switch fell."""
    play.now = 1000
    play.down("East", alive=["Core"])
    play.down("e1", at=10)
    play.wait(6)
    assert play.blames()["e1"] == (OWN, "e1")


def test_what_was_held_and_is_unseen_then_counts_for_no_suspicion(tmp_path: Path) -> None:
    play = pole(tmp_path)
    play.down("p0", "p1")
    play.turn("p0", UNKNOWN)
    play.turn("p1", UNKNOWN)
    play.down("p2", "p3")
    play.wait(11)
    assert sorted(opened(play)) == ["p2", "p3"]


# -- halfway back


def test_who_stays_down_below_a_switch_that_is_back_is_its_own_though_the_core_is_silent(play: Play) -> None:
    play.down("Core", "East", "West", "e1", "e2", "w1", "w2")
    play.now = 100
    play.up("East", "e1", "West", "w1", "w2")
    play.wait(59)
    assert play.blames()["e2"] == (UPSTREAM, "Core")
    play.wait(2)
    assert play.blames()["e2"] == (OWN, "e2")
    assert play.open()["e2"].at - play.open()["Core"].at == 100_000


def test_what_hangs_on_one_that_stays_down_goes_with_it(tmp_path: Path) -> None:
    play = Play.of(town(tmp_path, node("Core"), node("A", "Core"), node("B", "A"), node("b1", "B")))
    play.down("Core", "A", "B", "b1")
    play.now = 100
    play.up("A")
    play.wait(61)
    assert play.blames() | {"A": None} == {
        "Core": (OWN, "Core"),
        "A": None,
        "B": (OWN, "B"),
        "b1": (UPSTREAM, "B"),
    }


def test_a_restart_while_those_halfway_are_asked_changes_nothing(tmp_path: Path) -> None:
    site = town(tmp_path)
    play = Play.of(site)
    play.down("Core", "East", "e1", "e2")
    play.now = 100
    play.up("East", "e1")
    play.wait(30)
    other = play.reopened(site)
    play.wait(31)
    other.wait(31)
    assert other.blames() == play.blames()
    assert other.blames()["e2"] == (OWN, "e2")


# -- restart with another list


def test_a_member_that_was_deleted_while_nobody_ran(play: Play, tmp_path: Path) -> None:
    play.down("East", alive=["Core"])
    play.down("e1", "e2")
    other = play.reopened(town(tmp_path / "shorter", node("Core"), node("East", "Core"), node("e1", "East")))
    assert other.blames()["e2"] == (None, "")
    other.now = 60
    other.up("East")
    other.wait(61)
    assert set(other.open()) == {"e1"}


def test_a_root_that_was_deleted_while_nobody_ran(play: Play, tmp_path: Path) -> None:
    play.down("East", alive=["Core"])
    play.down("e1", "e2")
    other = play.reopened(town(tmp_path / "shorter", node("Core"), node("e1", "Core")))
    other.wait(10)
    assert set(other.open()) == {"e1"}
    assert [each.ending for each in other.told(CLOSED)] == [Ending.RETIRED]


def test_one_that_was_deleted_and_is_listed_again_begins_another_outage(tmp_path: Path) -> None:
    site = town(tmp_path / "all")
    play = Play.of(site)
    play.down("e1", alive=["East"])
    play.said += play.engine.reload(town(tmp_path / "less", node("Core"), node("East", "Core")), play.millis)
    play.wait(60)
    other = play.reopened(site)
    assert set(other.open()) == {"e1"}
    assert len({each.id for each in other.told(OPENED)}) == 2


# -- parents that nobody can ask


def pole(folder: Path) -> Play:
    rows = [node("Core"), node("Pole", "Core"), *(node(f"p{n}", "Pole") for n in range(5))]
    play = Play.of(town(folder, *rows, *(node(f"other{n}", "Core") for n in range(20))))
    play.turn("Pole", UNKNOWN)
    play.now = 100
    return play


def test_children_that_fail_together_make_a_parent_suspect_that_cannot_be_asked(tmp_path: Path) -> None:
    play = pole(tmp_path)
    for n in range(4):
        play.down(f"p{n}")
        play.wait(1)
    play.wait(10)
    assert opened(play) == ["Pole"]
    assert play.blames()["p0"] == (SUSPECTED, "Pole")
    play.down("p4")
    assert play.blames()["p4"] == (SUSPECTED, "Pole"), "its only way up is cut"


def test_two_of_five_make_nobody_suspect(tmp_path: Path) -> None:
    play = pole(tmp_path)
    play.down("p0", "p1")
    play.wait(11)
    assert sorted(opened(play)) == ["p0", "p1"]


def test_a_parent_that_answers_is_never_suspected(play: Play) -> None:
    play.down("e1", "e2")
    play.wait(11)
    assert sorted(opened(play)) == ["e1", "e2"]


def test_what_failed_is_found_behind_one_that_cannot_be_asked(tmp_path: Path) -> None:
    play = pole(tmp_path)
    play.down("p0", "p1", "Core")
    play.wait(11)
    assert opened(play) == ["Core"]
    assert play.blames()["p0"] == (UPSTREAM, "Core")


def test_a_suspicion_ends_when_something_above_is_found_down(tmp_path: Path) -> None:
    play = pole(tmp_path)
    play.down("p0", "p1", "p2", "p3")
    play.wait(11)
    play.down("Core", at=101)
    assert set(play.open()) == {"Core"}
    assert play.blames()["p0"] == (UPSTREAM, "Core")


def test_one_that_was_told_alone_is_merged_past_a_parent_that_cannot_be_asked(tmp_path: Path) -> None:
    play = pole(tmp_path)
    play.down("p0")
    play.wait(11)
    play.down("Core", at=101)
    assert set(play.open()) == {"Core"}


def test_a_suspect_that_is_found_down_is_no_suspect_any_more(tmp_path: Path) -> None:
    play = pole(tmp_path)
    play.down("p0", "p1", "p2", "p3")
    play.wait(11)
    play.down("Pole", at=101, alive=["Core"])
    assert {root: each.kind for root, each in play.open().items()} == {"Pole": NODE}
    assert play.blames()["p0"] == (UPSTREAM, "Pole")
    assert [each.ending for each in play.told(CLOSED)] == [Ending.MERGED]


def test_a_suspect_of_the_same_moment_as_its_own_fall_is_another_outage(tmp_path: Path) -> None:
    play = pole(tmp_path)
    play.down("p0", "p1", "p2", "p3")
    play.wait(11)
    play.down("Pole", at=100, alive=["Core"])
    assert len({each.id for each in play.told(OPENED)}) == 2


def test_a_suspect_that_answers_is_back(tmp_path: Path) -> None:
    play = pole(tmp_path)
    play.down("p0", "p1", "p2", "p3")
    play.wait(11)
    play.up("Pole", "p0")
    play.wait(61)
    assert set(play.open()) == {"p1", "p2", "p3"}


# -- crowds


@pytest.mark.parametrize("alive", [(), ("Core",)])
def test_a_power_cut_is_not_told_camera_by_camera(tmp_path: Path, alive: tuple[str, ...]) -> None:
    above = "Core" if alive else ""
    rows = [node("Core"), *(node(f"c{n}", above, region="440983") for n in range(200))]
    rows += [node(f"d{n}", region="440981") for n in range(400)]
    play = Play.of(town(tmp_path, *rows, regions={"440983": "信宜市", "440981": "高州市"}))
    for n in range(200):
        play.down(f"c{n}", alive=alive)
        play.wait(0.025)
    play.wait(6)
    assert set(play.open()) == {"region:440983"}
    assert len(opened(play)) <= 6


def test_a_core_is_told_at_once_though_many_fell_before_it(tmp_path: Path) -> None:
    play = Play.of(town(tmp_path, node("Core"), *(node(f"c{n}", "Core") for n in range(50))))
    play.down(*(f"c{n}" for n in range(50)))
    play.down("Core")
    assert opened(play) == ["Core"]


# -- nobody looks


def blind(play: Play, *, sees: bool = False) -> None:
    millis = play.millis
    cause = Cause.OK if sees else Cause.BLIND
    play.said += play.engine.observer("video-0of1", "video", sees=sees, at=millis, cause=cause, now=millis)


def test_what_is_unknown_belongs_to_the_outage_of_its_observer(play: Play) -> None:
    play.turn("e1", UNKNOWN, cause=Cause.BLIND)
    assert play.blames()["e1"] == (Attribution.OBSERVER, "")
    blind(play)
    play.turn("e2", UNKNOWN, cause=Cause.BLIND)
    play.turn("w1", UNKNOWN, cause=Cause.NOT_PERMITTED)
    assert play.blames() == {
        "e1": (Attribution.OBSERVER, "video-0of1"),
        "e2": (Attribution.OBSERVER, "video-0of1"),
        "w1": (Attribution.OBSERVER, ""),
    }


def test_a_restart_while_a_collector_is_blind(play: Play, tmp_path: Path) -> None:
    blind(play)
    play.turn("e1", UNKNOWN, cause=Cause.BLIND)
    other = play.reopened(town(tmp_path / "again"))
    other.wait(100)
    blind(other, sees=True)
    other.up("e1")
    assert other.open() == {}
    assert len(other.told(OPENED)) == 1


# -- figures


def test_a_city_whose_core_is_silent_and_forwards_is_judged_quickly(tmp_path: Path) -> None:
    """Whether half of what hangs on it is up is counted, not looked up among 3,352 each time."""
    play = Play.of(town(tmp_path, node("Core"), *(node(f"c{n}", "Core") for n in range(3352))))
    play.down("Core")
    play.wait(100)
    begun = time.process_time()
    play.down(*(f"c{n}" for n in range(3352)))
    took = time.process_time() - begun
    assert took < 1.5, f"{took:.2f} s"


# -- promises

ROWS = [node("Core"), node("East", "Core"), node("West", "Core"), node("Far", "East"), node("Lone")]
ROWS += [node(f"{name[0].lower()}{n}", name) for name in ("East", "West", "Far") for n in range(4)]
ROWS += [node("both", "East;West")]
NAMES = [row["id"] for row in ROWS]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    """All of it, without a switch, without cameras, and with another core."""
    folder = tmp_path_factory.mktemp("sites")
    moved = [node("Far", "West") if row["id"] == "Far" else row for row in ROWS]
    without_far = [row for row in ROWS if "Far" not in (row["id"], row["parent"])]
    fewer = [row for row in ROWS if row["id"] not in ("e0", "w1", "both")]
    return [town(folder / str(n), *rows) for n, rows in enumerate((ROWS, moved, without_far, fewer))]


scripts = st.lists(
    st.tuples(
        st.sampled_from([*NAMES, "Core", "East", "*list", "*restart", "*blind", "*sees"]),
        st.sampled_from([DOWN, DOWN, DOWN, UP, UNKNOWN, State.DEGRADED]),
        st.sampled_from([0.0, 0.0, 0.3, 2.0, 7.0, 65.0]),
        st.integers(0, 3),
    ),
    max_size=50,
)


def act(play: Play, sites: list[Site], name: str, state: State, choice: int) -> Play:
    play.now += 0.01  # nothing happens twice in one moment
    match name:
        case "*list":
            play.said += play.engine.reload(sites[choice], play.millis)
        case "*restart":
            # What is held waits in the ledger, and is not for this kit: only between judgements.
            return play.reopened(sites[choice]) if len(play.judged()) == play.number else play
        case "*blind" | "*sees":
            blind(play, sees=name == "*sees")
        case _:
            alive = play.engine._topology.parents((name, "video")) if choice == 0 else ()
            play.turn(name, state, alive=alive if state is DOWN else ())
    return play


@given(script=scripts)
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_happens_every_change_is_judged_once_and_all_is_over_in_the_end(
    sites: list[Site], script: list[tuple[str, State, float, int]]
) -> None:
    play = Play.of(sites[0])
    for name, state, pause, choice in script:
        play = act(play, sites, name, state, choice)
        play.wait(pause)
        members = [watch for case in play.engine._docket.cases.values() for watch in case.members]
        assert len(members) == len(set(members))
    play.said += play.engine.reload(sites[0], play.millis)
    play.up(*NAMES)
    blind(play, sees=True)
    play.wait(300)

    assert sorted(play.judged()) == list(range(1, play.number + 1))
    assert play.open() == {}
    begun = Counter(each.id for each in play.told(OPENED))
    assert begun == Counter(each.id for each in play.told(CLOSED))
    assert all(count == 1 for count in begun.values())
    last = {each.node: each for each in play.said if isinstance(each, Blame)}
    assert all(each.attribution is None for each in last.values())
