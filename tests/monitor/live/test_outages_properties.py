"""Promises of the outage engine over random falls and returns, in any order."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outage_kit import CLOSED, NODE, OPENED, T0, Play, node, town

from monitor.config import Site
from monitor.live.outages import OutageEngine
from monitor.model.events import Change
from monitor.model.observations import Cause, State
from monitor.model.outages import Blame, Outage

SWITCHES = ["Core", "East", "West", "Far"]
CAMERAS = [f"{letter}{n}" for letter in "ewf" for n in range(4)] + ["both"]
EVERYBODY = [*SWITCHES, *CAMERAS]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    rows = [node("Core"), node("East", "Core"), node("West", "Core"), node("Far", "East")]
    rows += [node(f"{name[0].lower()}{n}", name) for name in ("East", "West", "Far") for n in range(4)]
    return town(tmp_path_factory.mktemp("site"), *rows, node("both", "East;West"))


steps = st.lists(
    st.tuples(
        st.sampled_from(EVERYBODY),
        st.sampled_from([State.DOWN, State.DOWN, State.UP, State.UNKNOWN, State.DEGRADED]),
        st.sampled_from([0.0, 0.0, 0.3, 2.0, 7.0, 65.0]),
        st.booleans(),
    ),
    max_size=40,
)
usual = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def played(site: Site, script: list[tuple[str, State, float, bool]], restart_at: int = -1) -> Play:
    play = Play.of(site)
    for number, (name, state, pause, alive) in enumerate(script):
        if number == restart_at and len(play.judged()) == play.number:
            play = play.reopened(site)
        if play.standings[name, "video"].state is not state:
            parents = play.engine._topology.parents((name, "video"))
            play.turn(name, state, alive=parents if alive and state is State.DOWN else ())
        play.wait(pause)
    return play


def settled(play: Play) -> Play:
    """All is well again, and long enough."""
    for name in EVERYBODY:
        if play.standings[name, "video"].state is not State.UP:
            play.up(name)
    play.wait(300)
    return play


@given(script=steps, restart_at=st.integers(-1, 40))
@usual
def test_every_change_is_judged_once_and_every_outage_has_one_end(
    site: Site, script: list[tuple[str, State, float, bool]], restart_at: int
) -> None:
    play = settled(played(site, script, restart_at))

    assert sorted(play.judged()) == list(range(1, play.number + 1))
    assert play.open() == {}
    opened = Counter(each.id for each in play.told(OPENED))
    assert opened == Counter(each.id for each in play.told(CLOSED))
    assert all(attribution is None for attribution, _ in play.blames().values())


@given(script=steps)
@usual
def test_a_watch_is_down_for_one_outage_that_is_open(
    site: Site, script: list[tuple[str, State, float, bool]]
) -> None:
    play = played(site, script)
    play.wait(10)

    engine = play.engine
    members = [watch for case in engine._docket.cases.values() for watch in case.members]
    assert len(members) == len(set(members))
    down = {watch for watch, standing in play.standings.items() if standing.state is State.DOWN}
    assert down <= set(members), "after the longest hold each has its outage"
    told = play.open()
    for case in engine._docket.cases.values():
        assert told[case.told.root].id == case.id
        assert case.told.affected >= 1


@given(script=steps)
@usual
def test_an_outage_ends_no_sooner_than_it_began(
    site: Site, script: list[tuple[str, State, float, bool]]
) -> None:
    for closed in settled(played(site, script)).told(CLOSED):
        assert closed.ended_at is not None
        assert closed.ended_at >= closed.at


@given(order=st.permutations(["Core", "East", "West", "Far", *CAMERAS]), pause=st.sampled_from([0.0, 0.2]))
@usual
def test_a_death_has_one_root_in_whatever_order_it_is_seen(
    site: Site, order: list[str], pause: float
) -> None:
    play = Play.of(site)
    for name in order:
        play.down(name)
        play.wait(pause)
    play.wait(10)

    assert set(play.open()) == {"Core"}
    assert len(play.told(OPENED)) == 1 + sum(each.merged_into != "" for each in play.told(CLOSED))
    settled(play)
    assert len(play.told(CLOSED)) == len(play.told(OPENED))


def test_a_city_that_falls_at_once_takes_half_a_second(tmp_path: Path) -> None:
    """3,352 cameras below a core, the core seen last: the worst order. And one by one it costs no more."""
    rows = [node("Core"), *(node(f"S{n}", "Core") for n in range(100))]
    rows += [node(f"c{n}", f"S{n % 100}") for n in range(3352)]
    engine = OutageEngine(town(tmp_path, *rows))
    names = [f"c{n}" for n in range(3352)] + [f"S{n}" for n in range(100)] + ["Core"]
    changes = [
        Change(name, "video", State.UP, State.DOWN, T0 + n, T0 - 5000, T0 + n + 3000, Cause.NO_REPLY)
        for n, name in enumerate(names)
    ]

    begun, said = time.process_time(), []
    for number, change in enumerate(changes, 1):
        said += engine.change(number, change, T0 + 3000)
    said += engine.tick(T0 + 20_000)
    took = time.process_time() - begun

    opened = [each for each in said if isinstance(each, Outage) and each.phase is OPENED]
    assert [each.root for each in opened] == ["Core"]
    assert opened[0].kind is NODE
    assert sum(isinstance(each, Blame) for each in said) == len(changes)
    assert took < 1.5, f"{took:.2f} s"
