"""Clocks that are wrong and are put right: a collector's, and that of the whole machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from live_kit import DOWN, T0, UNKNOWN, UP, Clock, truth
from small_site import Voice

from monitor.live.board import Word
from monitor.live.states import FRESH, Footing, Live
from monitor.model.observations import Cause

HOUR = 3_600_000
EVERY = 10_000


class Watched:
    """One camera that is up, and its collector, whose clock may differ from ours by ``off``."""

    def __init__(self, live: Live, clock: Clock) -> None:
        self.live = live
        self.clock = clock
        self.voice = Voice()
        self.off = 0
        self.live.apply(self.voice.turns("a", UNKNOWN, UP, T0 - 5000))

    def looks_on(self, seconds: int, *, blind: bool = False) -> None:
        """So much time goes by, and the collector says every ten seconds that it looks."""
        for _ in range(seconds * 1000 // EVERY):
            self.clock.now += EVERY
            now = self.clock.now + self.off
            self.live.apply(self.voice.sees(now - EVERY, now, blind=blind))

    @property
    def footing(self) -> Footing:
        self.live.refresh()
        return self.live.observers[self.voice.name].footing

    @property
    def age(self) -> float | None:
        return self.live.sight_age(self.voice.name, self.clock.now)


@pytest.fixture
def watched(live_of: Callable[..., Live], clock: Clock) -> Watched:
    return Watched(live_of("a"), clock)


def test_a_collector_whose_clock_runs_ahead_does_not_outlive_its_death(
    live_of: Callable[..., Live], clock: Clock
) -> None:
    live, voice = live_of("a"), Voice()
    live.apply(voice.turns("a", UNKNOWN, UP, T0))
    live.apply(voice.sees(T0, T0 + 600_000))

    clock.now = T0 + FRESH + 1

    assert truth(live, "a").state is UNKNOWN


def test_a_collector_that_was_an_hour_ahead_and_is_put_right_is_believed_at_once(watched: Watched) -> None:
    watched.off = HOUR
    watched.looks_on(30)
    ahead = watched.footing

    watched.off = 0
    watched.looks_on(10)
    watched.live.apply(watched.voice.turns("a", UP, DOWN, watched.clock.now))

    assert ahead is Footing.SEES
    assert truth(watched.live, "a").state is DOWN
    assert watched.age == 0


def test_a_collector_that_goes_blind_after_its_clock_was_put_right_is_blind(watched: Watched) -> None:
    watched.off = HOUR
    watched.looks_on(30)

    watched.off = 0
    watched.looks_on(20, blind=True)

    assert truth(watched.live, "a") == Word(UNKNOWN, Cause.BLIND, T0 + 30_000, T0 + 30_000)


def test_a_collector_set_back_by_an_hour_proves_nothing_of_now_until_it_is_put_right(
    watched: Watched,
) -> None:
    watched.looks_on(30)
    proven = watched.clock.now

    watched.off = -HOUR
    watched.looks_on(60)
    meanwhile = truth(watched.live, "a")
    watched.off = 0
    watched.looks_on(10)

    assert meanwhile == Word(UNKNOWN, Cause.BLIND, proven, proven)
    assert truth(watched.live, "a").state is UP


def test_when_the_whole_machine_is_set_back_by_an_hour_looking_goes_on(watched: Watched) -> None:
    watched.looks_on(30)

    watched.clock.now -= HOUR
    at_once = watched.footing
    watched.looks_on(10)
    watched.live.apply(watched.voice.turns("a", UP, DOWN, watched.clock.now))

    assert at_once is Footing.SEES
    assert truth(watched.live, "a").state is DOWN
    assert watched.age == 0


def test_a_collector_that_dies_as_the_machine_is_set_back_is_silent_after_35_seconds(
    watched: Watched,
) -> None:
    watched.looks_on(30)

    watched.clock.now -= HOUR
    set_back = watched.clock.now
    before = watched.footing
    watched.clock.now += FRESH + 1

    assert before is Footing.SEES
    assert watched.footing is Footing.SILENT
    assert truth(watched.live, "a") == Word(UNKNOWN, Cause.BLIND, set_back, set_back)


def test_a_collector_that_was_silent_is_not_heard_because_the_machine_is_set_back(watched: Watched) -> None:
    watched.looks_on(30)
    watched.clock.now += FRESH + 1
    before = watched.footing

    watched.clock.now -= HOUR

    assert before is Footing.SILENT
    assert watched.footing is Footing.SILENT
    assert watched.age is not None
    assert watched.age > FRESH / 1000
    watched.looks_on(10)
    assert watched.footing is Footing.SEES


def test_sights_of_an_hour_ago_that_come_late_prove_nothing_of_now(watched: Watched) -> None:
    watched.looks_on(30)
    watched.clock.now += HOUR
    silent = watched.footing

    for start in range(T0 + 30_000, T0 + 90_000, EVERY):
        watched.live.apply(watched.voice.sees(start, start + EVERY))

    assert silent is Footing.SILENT
    assert watched.footing is Footing.SILENT
    assert watched.age == (HOUR - 60_000) / 1000
