"""Restarts, and flapping: what the judge keeps and what it keeps to itself."""

from __future__ import annotations

import pytest

from collectors.judge import Judge, Remembered, Rules
from monitor.model.events import Change
from monitor.model.observations import Cause, Layer, Observation, State

RTSP = {"rtsp": Layer.SERVICE}
BOTH = {"ping": Layer.REACH, "rtsp": Layer.SERVICE}
TOLD = {"rtsp": Layer.SERVICE, "mqtt": Layer.TOLD}
UP = Remembered(State.UP, Cause.OK, 1_000, 50_000)
DOWN = Remembered(State.DOWN, Cause.REFUSED, 1_000, 50_000)


def see(judge: Judge, probe: str, second: float, cause: Cause = Cause.OK) -> Change | None:
    moment = round(second * 1000)
    return judge.observe(Observation(probe, moment, moment, cause)).change


def flip(judge: Judge, second: float) -> list[Change]:
    """Down at ``second`` and up again 5 s later."""
    steps = [(0, Cause.REFUSED), (1, Cause.REFUSED), (3, Cause.REFUSED), (5, Cause.OK), (6, Cause.OK)]
    changes = [see(judge, "rtsp", second + offset, cause) for offset, cause in steps]
    return [change for change in changes if change]


@pytest.mark.parametrize("standing", [UP, DOWN, Remembered(State.UNKNOWN, Cause.NOT_PERMITTED, 5)])
def test_a_standing_reads_back_as_it_was_written(standing: Remembered) -> None:
    assert Remembered.parse(str(standing)) == standing


@pytest.mark.parametrize("text", ["", "up ok 1", "up ok 1 2 3", "upp ok 1 2", "up fine 1 2", "up ok x 2"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Remembered.parse(text)


def test_a_judge_remembers_its_state_and_its_newest_proof() -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    see(judge, "rtsp", 10)
    see(judge, "rtsp", 40)
    assert judge.remember() == "up ok 10000 40000"
    track = judge.tracks["rtsp"]
    track.proof = track.last = 70_000
    assert judge.remember() == "up ok 10000 70000"


@pytest.mark.parametrize(
    ("since", "every", "proof"),
    [(60_000, 5_000, 55_000), (60_000, 90_000, 10_000), (60_000, None, 10_000), (80_000, 5_000, 70_000)],
    ids=["the answer before", "not before the fault", "nobody knows", "asked before"],
)
def test_silence_of_a_time_in_which_nobody_could_be_heard_proves_no_fault(
    since: int, every: int | None, proof: int
) -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    for second in (0, 10, 11, 13):
        see(judge, "rtsp", second, Cause.REFUSED if second else Cause.OK)
    track = judge.tracks["rtsp"]
    track.proof, track.last = 70_000, 72_000
    track.distrust(since, every)
    assert (track.proof, track.last) == (proof, proof + 2_000)
    up = see(judge, "rtsp", 100), see(judge, "rtsp", 101)
    assert up[1] is not None
    assert up[1].not_before == proof


def test_a_good_answer_proves_whenever_it_came() -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    see(judge, "rtsp", 70)
    judge.tracks["rtsp"].distrust(60_000, 5_000)
    assert judge.tracks["rtsp"].proof == 70_000


def test_after_a_restart_what_is_as_it_was_needs_no_change() -> None:
    up = Judge("n1", "video", BOTH, Rules(), UP)
    assert [see(up, "ping", 100), see(up, "rtsp", 101)] == [None, None]
    down = Judge("n1", "video", BOTH, Rules(), DOWN)
    assert [see(down, "ping", 100), see(down, "rtsp", 101, Cause.REFUSED)] == [None, None]
    assert (up.state, down.state, down.at, down.cause) == (State.UP, State.DOWN, 1_000, Cause.REFUSED)


def test_after_a_restart_what_is_not_as_it_was_changes_with_the_proof_from_before_the_gap() -> None:
    judge = Judge("n1", "video", RTSP, Rules(), UP)
    changes = [see(judge, "rtsp", second, Cause.REFUSED) for second in (100, 101, 103)]
    assert changes[:2] == [None, None]
    assert changes[2] is not None
    assert (changes[2].not_before, changes[2].at) == (50_000, 100_000)
    back = Judge("n1", "video", RTSP, Rules(), DOWN)
    assert see(back, "rtsp", 100) is None
    change = see(back, "rtsp", 101)
    assert change is not None
    assert (change.old, change.new, change.not_before, change.at) == (State.DOWN, State.UP, 50_000, 100_000)


def test_a_contradiction_outlives_a_restart_until_the_heartbeat_returns() -> None:
    kept = Remembered(State.DEGRADED, Cause.CONTRADICTED, 1_000, 50_000)
    judge = Judge("n1", "video", TOLD, Rules(), kept)
    assert see(judge, "rtsp", 100) is None
    change = see(judge, "mqtt", 110)
    assert change is not None
    assert (change.old, change.new, change.at) == (State.DEGRADED, State.UP, 110_000)


def test_a_judge_taken_back_has_forgotten_what_it_saw_while_blind() -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    see(judge, "rtsp", 10)
    for second in (40, 41, 43):
        change = see(judge, "rtsp", second, Cause.NO_REPLY)
    assert change is not None
    assert judge.before == Remembered(State.UP, Cause.OK, 10_000, 10_000)
    judge.resume(judge.before)
    assert judge.state is State.UP
    assert see(judge, "rtsp", 73, Cause.NO_REPLY) is None
    assert see(judge, "rtsp", 74) is None


def test_other_rules_are_judged_by_from_where_it_stands() -> None:
    judge = Judge("n1", "video", TOLD, Rules(confirm=5))
    judge.cannot_ask("mqtt", Cause.SOURCE_LOST, 5_000)
    see(judge, "rtsp", 10)
    see(judge, "rtsp", 40, Cause.REFUSED)
    track = judge.tracks["rtsp"]
    judge.use(Rules(confirm=2))
    assert judge.tracks["rtsp"] is track
    assert not judge.tracks["mqtt"].open
    assert see(judge, "rtsp", 41, Cause.REFUSED) is None, "a run that had begun is dropped"
    change = see(judge, "rtsp", 42, Cause.REFUSED)
    assert change is not None
    assert (change.new, change.not_before, change.at) == (State.DOWN, 10_000, 41_000)


def test_after_the_clock_was_set_back_all_that_was_seen_was_seen_that_much_earlier() -> None:
    judge = Judge("n1", "video", BOTH, Rules())
    see(judge, "ping", 100)
    see(judge, "rtsp", 101)
    see(judge, "rtsp", 131, Cause.REFUSED)
    judge.set_back(30_000)
    decision = judge.observe(Observation("rtsp", 102_000, 102_000, Cause.REFUSED))
    assert decision.again == 2.0
    change = see(judge, "rtsp", 104, Cause.REFUSED)
    assert change is not None
    assert (change.not_before, change.at, change.detected_at) == (71_000, 101_000, 104_000)
    assert [piece.at for piece in change.evidence] == [101_000, 102_000, 104_000, 70_000]


def test_what_flapped_settles_in_time_although_the_clock_was_set_back() -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    see(judge, "rtsp", 0)
    for start in range(10, 90, 10):
        flip(judge, start)
    judge.set_back(60_000)  # it was good since 85, which is 25 now
    assert see(judge, "rtsp", 144) is None
    change = see(judge, "rtsp", 145)
    assert change is not None
    assert (change.new, change.detected_at) == (State.UP, 145_000)


def test_what_could_not_be_asked_before_has_no_say_after_a_blind_time_either() -> None:
    judge = Judge("n1", "video", {"rtsp": Layer.SERVICE, "http": Layer.SERVICE}, Rules())
    judge.cannot_ask("http", Cause.NOT_ASKED, 5_000)
    for second in (10, 11, 13):
        see(judge, "rtsp", second, Cause.REFUSED)
    see(judge, "rtsp", 43)
    judge.resume(judge.standing)
    assert [see(judge, "rtsp", 73), judge.state] == [None, State.DOWN]
    see(judge, "rtsp", 74)
    assert judge.state is State.UP


def test_a_flapping_watch_says_so_once() -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    see(judge, "rtsp", 0)
    changes = [change for start in range(10, 90, 10) for change in flip(judge, start)]
    assert [change.new for change in changes[:6]] == [State.DOWN, State.UP] * 3
    assert [(change.old, change.new, change.cause) for change in changes[6:]] == [
        (State.UP, State.DEGRADED, Cause.FLAPPING)
    ]
    assert judge.flapping
    assert judge.tracks["rtsp"].steady is None


def test_it_settles_to_what_it_is_once_that_has_stood_for_two_minutes() -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    see(judge, "rtsp", 0)
    flipped = [change for start in range(10, 90, 10) for change in flip(judge, start)]
    begun = 85  # the last good run
    for second in range(100, begun + 120, 5):
        assert see(judge, "rtsp", second) is None
    change = see(judge, "rtsp", begun + 120)
    assert change is not None
    assert (change.old, change.new, change.at) == (State.DEGRADED, State.UP, begun * 1000)
    assert change.detected_at == (begun + 120) * 1000
    assert flipped[-1].at <= change.at
    assert not judge.flapping
    assert judge.tracks["rtsp"].steady is Cause.OK


def test_flapping_that_settles_in_the_state_it_was_told_as_ends_without_a_change() -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    see(judge, "rtsp", 0)
    for start in range(10, 90, 10):
        flip(judge, start)
    at = judge.at
    busy = [Observation("rtsp", 1000 * second, 1000 * second, Cause.BUSY) for second in range(90, 590, 5)]
    decisions = [judge.observe(seen) for seen in busy]
    assert not any(decision.change for decision in decisions)
    assert (judge.state, judge.cause, judge.at) == (State.DEGRADED, Cause.BUSY, at)
    assert not judge.flapping
    assert judge.tracks["rtsp"].steady is Cause.BUSY
    assert [decision.settled for decision in decisions].count(True) == 1
    assert Remembered.parse(judge.remember()).cause is Cause.BUSY


def test_six_flips_in_five_minutes_or_seven_in_a_longer_time_are_no_flapping() -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    see(judge, "rtsp", 0)
    changes = [change for start in range(10, 1000, 101) for change in flip(judge, start)]
    assert [change.new for change in changes] == [State.DOWN, State.UP] * 10


def test_a_flapping_watch_that_can_no_longer_be_asked_is_unknown() -> None:
    judge = Judge("n1", "video", RTSP, Rules())
    see(judge, "rtsp", 0)
    for start in range(10, 90, 10):
        flip(judge, start)
    change = judge.cannot_ask("rtsp", Cause.NAME_UNRESOLVED, 100_000).change
    assert change is not None
    assert (change.old, change.new) == (State.DEGRADED, State.UNKNOWN)
    assert not judge.flapping


def test_flapping_outlives_a_restart_and_settles_from_the_first_look() -> None:
    kept = Remembered(State.DEGRADED, Cause.FLAPPING, 1_000, 50_000)
    judge = Judge("n1", "video", RTSP, Rules(), kept)
    assert see(judge, "rtsp", 1000) is None
    assert see(judge, "rtsp", 1100) is None
    change = see(judge, "rtsp", 1121)
    assert change is not None
    assert (change.new, change.at, change.not_before) == (State.UP, 1_000_000, 50_000)
