"""One watch, hand-worked: what the judge says to each sequence of answers."""

from __future__ import annotations

import pytest

from collectors.judge import NOTHING, Decision, Judge, Remembered, Rules
from monitor.model.events import Change
from monitor.model.observations import Cause, Layer, Observation, State

PING, RTSP, HTTP, MQTT = "ping", "rtsp", "http", "mqtt"
LAYERS = {PING: Layer.REACH, RTSP: Layer.SERVICE, HTTP: Layer.SERVICE, MQTT: Layer.TOLD}
OK, NO_REPLY, REFUSED, TIMEOUT = Cause.OK, Cause.NO_REPLY, Cause.REFUSED, Cause.TIMEOUT


class Bench:
    """A judge, and a short way to say what was seen: times in seconds."""

    def __init__(self, *probes: str, rules: Rules | None = None, standing: Remembered | None = None) -> None:
        self.judge = Judge("n1", "video", {p: LAYERS[p] for p in probes}, rules or Rules(), standing)
        self.changes: list[Change] = []

    def see(self, probe: str, started: float, cause: Cause = OK, took: float = 0.0) -> Decision:
        begin = round(started * 1000)
        decision = self.judge.observe(Observation(probe, begin, begin + round(took * 1000), cause))
        if decision.change:
            self.changes.append(decision.change)
        return decision

    def states(self) -> list[tuple[str, str]]:
        return [(change.new.value, change.cause.value) for change in self.changes]


def test_one_good_answer_is_enough_to_be_up_at_first() -> None:
    bench = Bench(RTSP)
    decision = bench.see(RTSP, 10, took=0.2)
    assert decision.again is None
    assert decision.change == bench.changes[0]
    assert bench.states() == [("up", "ok")]
    assert (bench.changes[0].at, bench.changes[0].not_before) == (10_200, None)
    assert bench.changes[0].old is State.UNKNOWN


def test_three_bad_answers_take_it_down_with_both_edges() -> None:
    bench = Bench(RTSP)
    bench.see(RTSP, 10)
    assert bench.see(RTSP, 40, REFUSED, took=0.1).again == pytest.approx(0.9)
    assert bench.see(RTSP, 41, REFUSED, took=0.1).again == pytest.approx(1.9)
    assert bench.judge.state is State.UP
    assert bench.see(RTSP, 43, REFUSED, took=0.1).again is None
    down = bench.changes[-1]
    assert (down.old, down.new, down.cause, down.probe) == (State.UP, State.DOWN, REFUSED, RTSP)
    assert (down.not_before, down.at, down.detected_at) == (10_000, 40_100, 43_100)
    assert [(piece.at, piece.cause) for piece in down.evidence] == [
        (40_100, REFUSED),
        (41_100, REFUSED),
        (43_100, REFUSED),
    ]


def test_a_probe_that_used_up_its_timeout_is_asked_again_at_once() -> None:
    bench = Bench(RTSP)
    bench.see(RTSP, 10)
    assert bench.see(RTSP, 40, TIMEOUT, took=5).again == 0
    assert bench.see(RTSP, 45, TIMEOUT, took=5).again == 0


def test_the_last_pause_repeats_in_a_long_run() -> None:
    bench = Bench(RTSP, rules=Rules(confirm=6))
    bench.see(RTSP, 0)
    starts = [10.0]
    while (again := bench.see(RTSP, starts[-1], REFUSED).again) is not None:
        starts.append(starts[-1] + again)
    assert starts == [10, 11, 13, 17, 21, 25]


def test_one_lost_answer_is_no_change() -> None:
    bench = Bench(PING)
    bench.see(PING, 0)
    bench.see(PING, 5, NO_REPLY, took=2)
    assert bench.see(PING, 7) == NOTHING
    bench.see(PING, 12, NO_REPLY, took=2)
    bench.see(PING, 14, NO_REPLY, took=2)
    assert bench.see(PING, 18) == NOTHING
    assert bench.states() == [("up", "ok")]


def test_coming_back_takes_two_good_answers_the_second_asked_quickly() -> None:
    bench = Bench(RTSP)
    for second in (0, 1, 3):
        bench.see(RTSP, second, REFUSED)
    assert bench.states() == [("down", "refused")]
    assert bench.changes[0].not_before is None
    bench.see(RTSP, 30, REFUSED)
    assert bench.see(RTSP, 60, took=0.25).again == pytest.approx(0.75)
    bench.see(RTSP, 61)
    up = bench.changes[-1]
    assert (up.new, up.at, up.not_before, up.detected_at) == (State.UP, 60_250, 30_000, 61_000)


def test_a_soft_cause_only_degrades() -> None:
    bench = Bench(RTSP)
    bench.see(RTSP, 0)
    for second in (30, 31, 33):
        bench.see(RTSP, second, Cause.BUSY)
    assert bench.states()[-1] == ("degraded", "busy")


def test_a_soft_cause_that_the_site_does_not_list_takes_it_down_but_busy_never_does() -> None:
    bench = Bench(RTSP, rules=Rules(degrades=frozenset({REFUSED})))
    for second in (30, 31, 33):
        bench.see(RTSP, second, Cause.SLOW)
    assert bench.states()[-1] == ("down", "slow")
    for second in (60, 61, 63):
        bench.see(RTSP, second, Cause.BUSY)
    assert bench.states()[-1] == ("degraded", "busy")
    for second in (90, 91, 93):
        bench.see(RTSP, second, REFUSED)
    assert bench.states()[-1] == ("degraded", "busy")


def test_a_mixed_run_degrades_and_goes_down_when_three_in_a_row_are_hard() -> None:
    bench = Bench(RTSP)
    bench.see(RTSP, 0)
    bench.see(RTSP, 30, Cause.BUSY)
    bench.see(RTSP, 31, TIMEOUT, took=1)
    mixed = bench.see(RTSP, 33, TIMEOUT, took=1)
    assert bench.states()[-1] == ("degraded", "busy")
    assert mixed.again == 0
    bench.see(RTSP, 35, TIMEOUT, took=1)
    down = bench.changes[-1]
    assert (down.old, down.new, down.at, down.not_before) == (State.DEGRADED, State.DOWN, 32_000, 30_000)


def test_busy_now_and_then_keeps_a_dead_service_down() -> None:
    bench = Bench(RTSP)
    for second, cause in enumerate([TIMEOUT] * 3 + [Cause.BUSY, TIMEOUT, Cause.BUSY, OK, TIMEOUT]):
        bench.see(RTSP, second, cause)
    assert bench.states() == [("down", "timeout")]


def test_a_service_down_beside_a_host_that_answers_is_down_with_the_services_cause() -> None:
    bench = Bench(PING, RTSP)
    bench.see(PING, 0)
    bench.see(RTSP, 1)
    assert bench.see(RTSP, 31, REFUSED).ask == (PING,)
    bench.see(PING, 31.1)
    bench.see(RTSP, 32, REFUSED)
    bench.see(RTSP, 34, REFUSED)
    assert bench.states()[-1] == ("down", "refused")
    assert {piece.probe for piece in bench.changes[-1].evidence} == {RTSP, PING}


def test_a_first_lost_ping_asks_the_service_at_once_and_both_together_are_enough() -> None:
    bench = Bench(PING, RTSP)
    bench.see(PING, 0)
    bench.see(RTSP, 1)
    first = bench.see(PING, 5, NO_REPLY, took=2)
    assert first.ask == (RTSP,)
    bench.see(PING, 7, NO_REPLY, took=2)
    assert bench.see(PING, 9, NO_REPLY, took=2).change is None
    bench.see(RTSP, 7, NO_REPLY, took=5)
    down = bench.changes[-1]
    assert (down.new, down.cause, down.probe) == (State.DOWN, NO_REPLY, PING)
    assert (down.not_before, down.at, down.detected_at) == (1_000, 12_000, 12_000)


def test_after_such_a_down_the_service_must_recover_with_two_answers() -> None:
    bench = Bench(PING, RTSP)
    bench.see(PING, 0)
    bench.see(RTSP, 1)
    for second in (5, 7, 9):
        bench.see(PING, second, NO_REPLY, took=2)
    bench.see(RTSP, 7, NO_REPLY, took=5)
    bench.see(PING, 30)
    assert bench.see(PING, 31).ask == (RTSP,)
    assert bench.see(RTSP, 31.1).change is None
    up = bench.see(RTSP, 32.1).change
    assert up is not None
    assert (up.new, up.at, up.not_before) == (State.UP, 31_100, 7_000)


def test_a_service_that_answers_proves_a_host_that_ping_does_not_reach() -> None:
    bench = Bench(PING, RTSP)
    bench.see(RTSP, 0)
    for second in (5, 7, 9, 14):
        bench.see(PING, second, NO_REPLY, took=2)
    bench.see(RTSP, 30)
    assert bench.states() == [("up", "ok")]


def test_ping_alone_does_not_speak_for_a_service_that_was_not_asked_yet() -> None:
    bench = Bench(PING, RTSP)
    assert bench.see(PING, 0) == Decision(None, None, (RTSP,))
    bench.see(RTSP, 0.1)
    assert bench.states() == [("up", "ok")]


def test_ping_decides_alone_where_there_is_no_service_or_it_cannot_be_asked() -> None:
    alone = Bench(PING)
    for second in (0, 1, 3):
        alone.see(PING, second, NO_REPLY)
    assert alone.states() == [("down", "no_reply")]
    beside = Bench(PING, RTSP)
    beside.judge.cannot_ask(RTSP, Cause.NOT_PERMITTED, 0)
    beside.see(PING, 1)
    assert beside.states() == [("up", "ok")]


def test_two_services_are_up_when_the_later_one_is() -> None:
    bench = Bench(RTSP, HTTP)
    bench.see(RTSP, 0)
    bench.see(HTTP, 0)
    for second in (10, 11, 13):
        bench.see(RTSP, second, REFUSED)
        bench.see(HTTP, second + 0.5, REFUSED)
    bench.see(HTTP, 40)
    bench.see(RTSP, 45)
    bench.see(RTSP, 46)
    assert bench.states()[-1] == ("down", "refused")
    bench.see(HTTP, 47)
    up = bench.changes[-1]
    assert (up.new, up.not_before, up.at) == (State.UP, 13_500, 45_000)


def test_a_last_will_is_enough_where_nothing_else_can_be_asked() -> None:
    bench = Bench(MQTT)
    bench.see(MQTT, 0)
    bench.see(MQTT, 60)
    down = bench.see(MQTT, 75, Cause.REPORTED_OFF).change
    assert down is not None
    assert (down.new, down.cause, down.at, down.not_before) == (
        State.DOWN,
        Cause.REPORTED_OFF,
        75_000,
        60_000,
    )
    assert bench.see(MQTT, 90).change is not None
    assert bench.states()[-1] == ("up", "ok")


def test_a_last_will_needs_no_second_word_and_a_dead_service_adds_nothing_to_it() -> None:
    bench = Bench(PING, RTSP, MQTT)
    bench.see(PING, 0)
    bench.see(RTSP, 1)
    bench.see(MQTT, 2)
    will = bench.see(MQTT, 10, Cause.REPORTED_OFF)
    assert set(will.ask) == {PING, RTSP}
    down = will.change
    assert down is not None
    assert (down.new, down.cause, down.probe) == (State.DOWN, Cause.REPORTED_OFF, MQTT)
    assert (down.at, down.not_before, down.detected_at) == (10_000, 2_000, 10_000)
    assert bench.judge.standing == Remembered(State.DOWN, Cause.REPORTED_OFF, 10_000, 10_000)
    bench.see(RTSP, 10.1, REFUSED)
    bench.see(MQTT, 30)
    assert (bench.judge.state, bench.judge.cause) == (State.DOWN, Cause.REPORTED_OFF)
    bench.see(RTSP, 30.1)
    bench.see(RTSP, 31.1)
    assert bench.states() == [("up", "ok"), ("down", "reported_off"), ("up", "ok")]
    assert (bench.changes[-1].at, bench.changes[-1].not_before) == (30_100, 10_100)


def test_who_is_said_to_be_off_was_on_when_anything_of_it_last_answered() -> None:
    bench = Bench(PING, RTSP, MQTT)
    for probe in (MQTT, RTSP, PING):
        bench.see(probe, 0)
    bench.see(RTSP, 7, took=0.5)
    bench.see(PING, 8)
    bench.see(PING, 9, NO_REPLY)
    down = bench.see(MQTT, 10, Cause.REPORTED_OFF).change
    assert down is not None
    assert (down.at, down.not_before) == (10_000, 8_000)


def test_a_last_will_is_enough_before_anything_was_asked() -> None:
    bench = Bench(RTSP, MQTT)
    assert bench.see(MQTT, 10, Cause.REPORTED_OFF).ask == (RTSP,)
    assert bench.states() == [("down", "reported_off")]
    bench.see(RTSP, 10.1)
    assert bench.states() == [("down", "reported_off"), ("degraded", "contradicted")]


def test_a_last_will_beside_a_good_service_is_kept_as_a_contradiction_until_the_heartbeat_returns() -> None:
    bench = Bench(RTSP, MQTT)
    bench.see(RTSP, 1)
    bench.see(MQTT, 2)
    bench.see(MQTT, 10, Cause.REPORTED_OFF)
    early = bench.see(RTSP, 9.9, took=0.2)
    assert early == Decision(None, again=0.0), "that question was asked before the will"
    bench.see(RTSP, 10.2, took=0.1)
    kept = bench.changes[-1]
    assert (kept.new, kept.cause, kept.probe) == (State.DEGRADED, Cause.CONTRADICTED, MQTT)
    assert (kept.at, kept.not_before) == (10_300, 10_000)
    assert {(piece.probe, piece.cause) for piece in kept.evidence} == {(RTSP, OK), (MQTT, Cause.REPORTED_OFF)}
    bench.see(RTSP, 40)
    bench.see(MQTT, 62)
    assert bench.states() == [
        ("up", "ok"),
        ("down", "reported_off"),
        ("degraded", "contradicted"),
        ("up", "ok"),
    ]
    assert (bench.changes[-1].at, bench.changes[-1].not_before) == (62_000, 10_000)


def test_a_last_will_taken_back_before_anything_answered_was_a_short_end() -> None:
    bench = Bench(RTSP, MQTT)
    bench.see(RTSP, 1)
    bench.see(MQTT, 2)
    bench.see(MQTT, 10, Cause.REPORTED_OFF)
    bench.see(MQTT, 11)
    assert bench.states() == [("up", "ok"), ("down", "reported_off"), ("up", "ok")]
    assert (bench.changes[-1].at, bench.changes[-1].not_before) == (11_000, 10_000)


def test_all_services_must_answer_to_contradict_a_last_will() -> None:
    bench = Bench(RTSP, HTTP, MQTT)
    for probe in (RTSP, HTTP, MQTT):
        bench.see(probe, 1)
    bench.see(MQTT, 10, Cause.REPORTED_OFF)
    bench.see(RTSP, 10.1)
    assert bench.judge.state is State.DOWN
    bench.see(HTTP, 10.2, Cause.BUSY)
    assert bench.states()[-1] == ("degraded", "contradicted")


def test_a_last_will_stands_when_the_service_can_be_asked_no_more_until_ping_is_good_after_it() -> None:
    bench = Bench(PING, RTSP, MQTT)
    for probe in (PING, RTSP, MQTT):
        bench.see(probe, 1)
    bench.see(MQTT, 10, Cause.REPORTED_OFF)
    assert bench.judge.cannot_ask(RTSP, Cause.NOT_ASKED, 11_000).change is None
    assert (bench.judge.state, bench.judge.cause) == (State.DOWN, Cause.REPORTED_OFF)
    bench.see(PING, 12)
    assert bench.states()[-1] == ("degraded", "contradicted")


def test_a_last_will_after_a_missed_heartbeat_is_a_word_of_its_own() -> None:
    bench = Bench(RTSP, MQTT)
    bench.see(RTSP, 1)
    bench.see(MQTT, 2)
    bench.see(MQTT, 62, Cause.HEARTBEAT_MISSED)
    bench.see(RTSP, 62.1)
    will = bench.see(MQTT, 75, Cause.REPORTED_OFF)
    assert will.ask == (RTSP,)
    down = will.change
    assert down is not None
    assert (down.new, down.cause, down.at, down.not_before) == (
        State.DOWN,
        Cause.REPORTED_OFF,
        75_000,
        62_100,
    )
    assert bench.see(MQTT, 76, Cause.REPORTED_OFF) == NOTHING


def test_a_missed_heartbeat_beside_a_good_service_degrades() -> None:
    bench = Bench(RTSP, MQTT)
    bench.see(RTSP, 1)
    bench.see(MQTT, 2)
    assert bench.see(MQTT, 92, Cause.HEARTBEAT_MISSED).ask == (RTSP,)
    bench.see(RTSP, 92.1)
    assert bench.states()[-1] == ("degraded", "heartbeat_missed")


def test_a_lost_broker_makes_unknown_what_only_it_could_tell() -> None:
    told = Bench(MQTT)
    told.see(MQTT, 0)
    change = told.judge.cannot_ask(MQTT, Cause.SOURCE_LOST, 9_000).change
    assert change is not None
    assert (change.new, change.cause, change.at, change.not_before) == (
        State.UNKNOWN,
        Cause.SOURCE_LOST,
        9_000,
        0,
    )
    beside = Bench(RTSP, MQTT)
    beside.see(RTSP, 0)
    beside.see(MQTT, 0)
    assert beside.judge.cannot_ask(MQTT, Cause.SOURCE_LOST, 9_000).change is None
    assert beside.judge.state is State.UP


def test_a_name_that_does_not_resolve_is_unknown_and_the_first_answer_ends_it() -> None:
    bench = Bench(PING, RTSP)
    bench.see(PING, 0)
    bench.see(RTSP, 0)
    bench.judge.cannot_ask(PING, Cause.NAME_UNRESOLVED, 5_000)
    assert bench.judge.state is State.UP
    lost = bench.judge.cannot_ask(RTSP, Cause.NAME_UNRESOLVED, 5_000).change
    assert lost is not None
    assert (lost.new, lost.cause) == (State.UNKNOWN, Cause.NAME_UNRESOLVED)
    bench.see(RTSP, 60)
    assert bench.judge.state is State.UP


def test_a_filtered_ping_does_not_become_an_outage_when_the_service_can_be_asked_no_more() -> None:
    bench = Bench(PING, RTSP)
    bench.see(RTSP, 0)
    for second in (5, 7, 9):
        bench.see(PING, second, NO_REPLY, took=2)
    assert bench.judge.cannot_ask(RTSP, Cause.NOT_ASKED, 20_000).change is None
    bench.see(PING, 24, NO_REPLY, took=2)
    bench.see(PING, 26, NO_REPLY, took=2)
    down = bench.see(PING, 28, NO_REPLY, took=2).change
    assert down is not None
    assert (down.new, down.at, down.not_before) == (State.DOWN, 26_000, 0)


def test_an_answer_that_comes_late_changes_nothing() -> None:
    bench = Bench(RTSP)
    bench.see(RTSP, 10)
    assert bench.see(RTSP, 8, REFUSED) == NOTHING
    assert bench.judge.tracks[RTSP].run == ()


def test_a_clock_set_back_an_hour_neither_blinds_the_judge_nor_turns_its_moments_round() -> None:
    bench = Bench(RTSP)
    bench.see(RTSP, 4000)
    for second in (400, 401, 403):
        bench.see(RTSP, second, REFUSED)
    down = bench.changes[-1]
    assert down.new is State.DOWN
    assert down.not_before == down.at == down.detected_at == 4_000_000


def test_the_answer_that_could_confirm_a_fault_is_known_before_it_is_asked_for() -> None:
    bench = Bench(PING, RTSP, MQTT)
    for probe in (PING, RTSP, MQTT):
        bench.see(probe, 0)
    assert not bench.judge.decides(RTSP)
    bench.see(RTSP, 30, REFUSED)
    assert not bench.judge.decides(RTSP)
    bench.see(RTSP, 31, REFUSED)
    assert bench.judge.decides(RTSP)
    bench.see(RTSP, 33, REFUSED)
    assert not bench.judge.decides(RTSP), "it is believed"
    for second in (60, 61):
        bench.see(RTSP, second)
    for second in (70, 71, 73):
        bench.see(PING, second, NO_REPLY)
    assert bench.judge.decides(RTSP), "ping has failed: one more is enough"


def test_the_answer_to_a_missed_heartbeat_decides() -> None:
    bench = Bench(RTSP, MQTT)
    bench.see(RTSP, 0)
    bench.see(MQTT, 0)
    bench.see(MQTT, 60, Cause.HEARTBEAT_MISSED)
    assert bench.judge.decides(RTSP)


def test_what_was_missing_is_what_was_good_once() -> None:
    bench = Bench(RTSP)
    bench.see(RTSP, 0, REFUSED)
    assert not bench.judge.missing
    bench.see(RTSP, 1)
    bench.see(RTSP, 31, REFUSED)
    assert bench.judge.missing
    bench.see(RTSP, 32)
    assert not bench.judge.missing
