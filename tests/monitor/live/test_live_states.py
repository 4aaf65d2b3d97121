from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_kit import DOWN, T0, UNKNOWN, UP, Clock, truth
from small_site import Voice, camera, make_site

from monitor.live.board import Word
from monitor.live.states import FRESH, Footing, Live
from monitor.live.status import tally
from monitor.model.events import Standing
from monitor.model.nodes import shard_of
from monitor.model.observations import Cause, State


def test_a_watch_that_nobody_has_looked_at_is_unknown(live_of: Callable[..., Live]) -> None:
    live = live_of("a")

    assert truth(live, "a") == Word(UNKNOWN, Cause.NOT_ASKED, 0, 0)


def test_a_change_shows_once_its_collector_is_proven_to_look(live_of: Callable[..., Live]) -> None:
    live, voice = live_of("a"), Voice()

    live.apply(voice.turns("a", UNKNOWN, UP, T0 - 5000))
    before = truth(live, "a").state
    live.apply(voice.sees(T0 - 5000, T0))

    assert before is UNKNOWN
    assert truth(live, "a") == Word(UP, Cause.OK, T0 - 5000, T0 - 4500, "rtsp")


def test_without_a_sight_for_35_seconds_a_watch_is_unknown_since_the_last(
    live_of: Callable[..., Live], clock: Clock
) -> None:
    live, voice = live_of("a"), Voice()
    live.apply(voice.turns("a", UNKNOWN, UP, T0 - 9000))
    live.apply(voice.sees(T0 - 10_000, T0))

    clock.now = T0 + FRESH
    on_time = truth(live, "a").state
    clock.now = T0 + FRESH + 1

    assert on_time is UP
    assert truth(live, "a") == Word(UNKNOWN, Cause.BLIND, T0, T0)
    assert live.observers[voice.name].footing is Footing.SILENT


def test_the_next_sight_brings_the_old_state_back_with_its_own_beginning(
    live_of: Callable[..., Live], clock: Clock
) -> None:
    live, voice = live_of("a"), Voice()
    live.apply(voice.turns("a", UNKNOWN, DOWN, T0 - 9000))
    live.apply(voice.sees(T0 - 10_000, T0))
    clock.now = T0 + 60_000
    lost = truth(live, "a").state

    live.apply(voice.sees(T0 + 50_000, T0 + 60_000))

    assert lost is UNKNOWN
    assert truth(live, "a") == Word(DOWN, Cause.REFUSED, T0 - 9000, T0 - 8500, "rtsp")


def test_what_a_blind_collector_watches_is_unknown_since_it_went_blind(
    live_of: Callable[..., Live], clock: Clock
) -> None:
    live, voice = live_of("a"), Voice()
    live.apply(voice.turns("a", UNKNOWN, UP, T0 - 9000))
    live.apply(voice.sees(T0 - 10_000, T0))

    for step in (1, 2):
        clock.now = T0 + step * 10_000
        live.apply(voice.sees(clock.now - 10_000, clock.now, blind=True))

    assert truth(live, "a") == Word(UNKNOWN, Cause.BLIND, T0, T0)


def test_only_the_watches_of_a_silent_shard_are_unknown(live_of: Callable[..., Live], clock: Clock) -> None:
    names = [f"cam-{number}" for number in range(40)]
    live = live_of(*names, networks={"video": {"shards": 2}})
    voices = [Voice(shard=shard, shards=2) for shard in (0, 1)]
    for name in names:
        live.apply(voices[shard_of(name, 2)].turns(name, UNKNOWN, UP, T0 - 9000))
    for voice in voices:
        live.apply(voice.sees(T0 - 10_000, T0))

    clock.now = T0 + 40_000
    live.apply(voices[0].sees(T0 + 30_000, T0 + 40_000))

    assert {truth(live, name).state for name in names if shard_of(name, 2) == 0} == {UP}
    assert {truth(live, name).state for name in names if shard_of(name, 2) == 1} == {UNKNOWN}


def test_a_snapshot_heals_what_was_lost_and_leaves_the_rest_alone(live_of: Callable[..., Live]) -> None:
    live, voice = live_of("a", "b", "c"), Voice()
    live.apply(voice.sees(T0 - 10_000, T0))
    live.apply(voice.turns("a", UNKNOWN, UP, T0 - 9000))
    live.apply(voice.turns("b", UNKNOWN, UP, T0 - 9000))

    live.apply(voice.sums_up(T0, ["a", "c"], {"b": Standing(DOWN, Cause.NO_REPLY, T0 - 3000)}))

    assert truth(live, "a") == Word(UP, Cause.OK, T0 - 9000, T0 - 8500, "rtsp")
    assert truth(live, "b") == Word(DOWN, Cause.NO_REPLY, T0 - 3000, T0 - 3000)
    assert truth(live, "c") == Word(UP, Cause.OK, T0, T0)


def test_restored_states_show_if_the_restored_sight_is_fresh(
    live_of: Callable[..., Live], clock: Clock
) -> None:
    live, voice = live_of("a"), Voice()
    sight = voice.sees(T0 - 10_000, T0).payload
    change = voice.turns("a", UP, DOWN, T0 - 8000).payload

    word = Word(DOWN, Cause.REFUSED, T0 - 8000, T0 - 7500, "rtsp")
    live.restore({("a", "video"): word}, [sight], [change])  # type: ignore[list-item]
    at_once = truth(live, "a")
    clock.now = T0 + 50_000

    assert at_once == word
    assert truth(live, "a").state is UNKNOWN
    assert list(live.changes) == [change]


def test_events_about_foreign_watches_and_networks_change_nothing(live_of: Callable[..., Live]) -> None:
    live = live_of("a")
    stranger = Voice(network="police")

    live.apply(Voice().turns("nobody", UNKNOWN, DOWN, T0))
    live.apply(stranger.turns("a", UNKNOWN, DOWN, T0))
    live.apply(stranger.sees(T0 - 1000, T0))

    assert truth(live, "a").state is UNKNOWN
    assert not live.changes
    assert not live.observers


def test_a_reload_keeps_the_states_of_watches_that_stay(live_of: Callable[..., Live], tmp_path: Path) -> None:
    live, voice = live_of("stays", "goes"), Voice()
    live.apply(voice.sees(T0 - 10_000, T0))
    for name in ("stays", "goes"):
        live.apply(voice.turns(name, UNKNOWN, DOWN, T0 - 9000))

    live.reload(make_site(tmp_path, [camera("new"), camera("stays")]))

    assert truth(live, "stays") == Word(DOWN, Cause.REFUSED, T0 - 9000, T0 - 8500, "rtsp")
    assert truth(live, "new").state is UNKNOWN
    assert live.board.row("goes", "video") is None
    assert tally(live).to_json() == {"up": 0, "degraded": 0, "down": 1, "unknown": 1}


def test_a_reload_that_cuts_the_shards_anew_forgets_the_former_collector_when_it_is_silent(
    live_of: Callable[..., Live], tmp_path: Path, clock: Clock
) -> None:
    live, former = live_of("a", "b"), Voice()
    live.apply(former.sees(T0 - 10_000, T0))
    live.apply(former.turns("a", UNKNOWN, UP, T0))
    live.reload(make_site(tmp_path, [camera("a"), camera("b")], networks={"video": {"shards": 2}}))
    overlap = truth(live, "a").state

    clock.now = T0 + 40_000
    for shard in (0, 1):
        live.apply(Voice(shard=shard, shards=2).sees(T0 + 30_000, T0 + 40_000))

    assert overlap is UP
    assert truth(live, "a").state is UP
    assert set(live.observers) == {"video-0of2", "video-1of2"}


def test_answers_are_summed_from_the_sights(live_of: Callable[..., Live]) -> None:
    live, voice = live_of("a"), Voice()

    for step in (0, 1):
        live.apply(voice.sees(T0, T0 + step, results={"rtsp": {"ok": 3, "refused": 1}}))

    assert live.answers == {("video", "rtsp", "ok"): 6, ("video", "rtsp", "refused"): 2}
    assert live.events == {"quanshi.collector.sight": 2}


@pytest.mark.parametrize(
    "results",
    [
        [],
        5,
        {"rtsp": 5},
        {"rtsp": {"ok": "many"}},
        {"rtsp": {"ok": -1}},
        {"rtsp": {"ok": True}},
        {"rtsp": {"ok": 10**400}},
        {"rtsp": {"no such cause": 1}},
        {"\ud800": {"ok": 1}},
    ],
)
def test_results_that_are_no_counts_are_not_counted(live_of: Callable[..., Live], results: Any) -> None:
    live = live_of("a")

    live.apply(Voice().sees(T0 - 1000, T0, results=results))

    assert not live.answers
    assert live.observers["video-0of1"].footing is Footing.SEES


def test_nobody_sees_for_another_collector(live_of: Callable[..., Live]) -> None:
    live = live_of("a")
    sight = Voice().sees(T0 - 1000, T0).payload

    live.apply(Voice("police").say(sight, T0))

    assert not live.observers


def test_a_backlog_is_what_was_said_before_and_is_still_kept(live_of: Callable[..., Live]) -> None:
    live, voice = live_of("a"), Voice(sequence=9, oldest=4)

    live.apply(voice.sees(T0, T0))

    assert live.backlogs == {"video-0of1": 6}


NAMES = ("a", "b", "c", "d", "e")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.sampled_from(NAMES), st.sampled_from(State)),
        st.tuples(st.just("sight"), st.integers(0, 1), st.booleans()),
        st.tuples(st.just("wait"), st.integers(0, 30_000), st.none()),
        st.tuples(st.just("snapshot"), st.sets(st.sampled_from(NAMES)), st.none()),
        st.tuples(st.just("reload"), st.sets(st.sampled_from(NAMES), min_size=1), st.none()),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_the_counts_are_always_those_of_the_states(tmp_path: Path, steps: list[Any]) -> None:
    clock = Clock()
    networks = {"video": {"shards": 2}}
    live = Live(make_site(tmp_path, [camera(name) for name in NAMES], networks=networks), clock)
    voices = [Voice(shard=shard, shards=2) for shard in (0, 1)]
    for kind, what, how in steps:
        match kind:
            case "change":
                live.apply(voices[0].turns(what, UNKNOWN, how, clock.now))
            case "sight":
                live.apply(voices[what].sees(clock.now - 10_000, clock.now, blind=how))
            case "wait":
                clock.now += what
            case "snapshot":
                live.apply(voices[0].sums_up(clock.now, what))
            case "reload":
                live.reload(make_site(tmp_path, [camera(name) for name in what], networks=networks))
        live.refresh()
        states = [live.board.truth(row).state for row in range(len(live.board))]
        assert tally(live).to_json() == {state.value: states.count(state) for state in reversed(State)}
        assert list(live.board.shown) == [state.code for state in states]
        assert list(live.board.shown_since) == [live.board.truth(row).since for row in range(len(live.board))]
