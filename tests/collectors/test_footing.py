"""A collector that loses its own footing says that it is blind, and nothing about the city."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.footing import Footing, Stand
from monitor.model.nodes import stable_hash

TICK = 100


@dataclass
class Camera:
    phase: int
    every: int
    alive: bool = True
    missing: bool = False
    lost_at: int | None = None


class City:
    """Cameras asked every so often, spread by hash. A dead one is known as silent after ``silence`` ms."""

    def __init__(self, count: int, every: float, footing: Footing, silence: int = 0) -> None:
        period = round(every * 1000)
        self.cameras = [Camera(stable_hash(f"c{i}") % period, period) for i in range(count)]
        self.footing = footing
        self.silence = silence
        self.now = 0
        self.asked = 0
        self._due: dict[int, list[Camera]] = {}
        self._silent: dict[int, list[Camera]] = {}
        for camera in self.cameras:
            self._plan(camera, camera.phase + 1)

    def _plan(self, camera: Camera, at: int) -> None:
        self._due.setdefault(-(-at // TICK), []).append(camera)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 1000 / TICK)):
            self.step()

    def step(self) -> None:
        self.now += TICK
        good = bad = lost = 0
        for camera in self._due.pop(self.now // TICK, []):
            self._plan(camera, self.now + camera.every)
            if camera.alive:
                good += 1
                camera.missing, camera.lost_at = False, None
            else:
                self._silent.setdefault((self.now + self.silence) // TICK, []).append(camera)
        for camera in self._silent.pop(self.now // TICK, []):
            bad += 1
            if not camera.missing:
                lost += 1
                camera.missing, camera.lost_at = True, self.now
        self.footing.tick(self.now, good, bad, lost)
        self.asked += self.footing.ask_witnesses

    def kill(self, count: int) -> None:
        for camera in self.cameras[:count]:
            camera.alive = False

    def revive(self, *, forgotten: bool = False) -> None:
        """All live again; ``forgotten``: what they failed to answer meanwhile, as after a blindness."""
        for camera in self.cameras:
            camera.alive = True
            if forgotten:
                camera.missing, camera.lost_at = False, None

    def doubted(self, since: int = 0) -> int:
        """Run until the footing doubts itself; how long after the first loss ``since`` then that is."""
        for _ in range(600):
            if self.footing.holding:
                break
            self.step()
        assert self.footing.holding
        lost = [camera.lost_at for camera in self.cameras if camera.lost_at is not None]
        return self.now - min(at for at in lost if at >= since)


@pytest.mark.parametrize("silence", [0, 2_000])
@pytest.mark.parametrize(("count", "every"), [(3352, 5), (3352, 30), (300, 5), (40, 5), (100_000, 30)])
def test_an_uplink_that_is_lost_is_doubted_before_the_first_camera_is_confirmed_down(
    count: int, every: float, silence: int
) -> None:
    footing = Footing(count, 1, 0.5, 5)
    city = City(count, every, footing, silence)
    city.run(40)
    assert footing.stand is Stand.SURE
    died = city.now
    city.kill(count)
    assert city.doubted() < 3_000, "the first is confirmed three seconds after it failed"
    assert footing.ask_witnesses
    footing.witness(city.now + 50, False)
    assert footing.blind
    assert died - 500 <= (footing.blind_since or 0) <= died


def test_without_witnesses_it_is_blind_at_once() -> None:
    footing = Footing(3352, 0, 0.5, 5)
    city = City(3352, 5, footing)
    city.run(40)
    city.kill(3352)
    city.run(2)
    assert footing.blind


def test_a_town_switch_with_31_points_is_no_reason_to_doubt() -> None:
    footing = Footing(3352, 0, 0.5, 5)
    city = City(3352, 5, footing)
    city.run(40)
    for town in range(0, 310, 31):
        for camera in city.cameras[town : town + 31]:
            camera.alive = False
        city.run(20)
        assert footing.stand is Stand.SURE
    city.revive()
    city.run(20)
    assert footing.stand is Stand.SURE


def test_all_cameras_gone_with_a_living_witness_is_an_outage() -> None:
    footing = Footing(3352, 1, 0.5, 5)
    city = City(3352, 5, footing)
    city.run(40)
    city.kill(3352)
    held = 0
    for _ in range(600):
        city.step()
        if footing.ask_witnesses:
            footing.witness(city.now + 2, True)
        held += footing.holding
        assert not footing.blind
    assert held == 0, "a witness that answers in two milliseconds delays nothing"
    assert city.asked <= 3


def test_while_explained_losses_go_on_the_witnesses_are_asked_every_two_seconds_and_no_longer() -> None:
    footing = Footing(3352, 1, 0.5, 5)
    city = City(3352, 5, footing)
    city.run(40)
    city.kill(3352)
    for _ in range(300):
        city.step()
        if footing.ask_witnesses:
            footing.witness(city.now, True)
    assert city.asked == 3, "they go on for the five seconds in which each is asked once"


@pytest.mark.parametrize("pause", [0.5, 2.5, 4.0, 6.0, 9.0])
@pytest.mark.parametrize("silence", [0, 2_000])
@pytest.mark.parametrize("every", [5, 30])
def test_an_uplink_that_goes_again_after_a_moment_is_doubted_as_soon_as_the_first_time(
    every: float, silence: int, pause: float
) -> None:
    footing = Footing(3352, 1, 0.5, 5)
    city = City(3352, every, footing, silence)
    city.run(40)
    city.kill(3352)
    city.doubted()
    footing.witness(city.now + 50, False)
    city.run(2)
    assert footing.blind
    city.revive(forgotten=True)
    footing.witness(city.now, True)
    city.run(pause)
    assert footing.stand is Stand.SURE
    cut = city.now
    city.kill(3352)
    assert city.doubted(cut) < 3_000, "the first is confirmed three seconds after it failed"


def test_losses_right_after_explained_ones_are_looked_at_though_none_comes_later() -> None:
    footing = Footing(1000, 1, 0.5, 5)
    footing.tick(10_000, 400, 0, 0)
    footing.tick(10_100, 0, 600, 600)
    footing.witness(10_110, True)
    footing.tick(10_200, 0, 400, 400)
    for now in range(10_300, 12_000, TICK):
        footing.tick(now, 0, 0, 0)
        assert footing.stand is Stand.SURE
    for now in range(12_000, 12_300, TICK):
        footing.tick(now, 0, 0, 0)
    assert footing.stand is Stand.ASKING


@pytest.mark.parametrize("count", [1, 2, 4, 6, 40, 3352])
def test_a_dead_witness_keeps_nobody_blind_once_the_cameras_answer(count: int) -> None:
    footing = Footing(count, 1, 0.5, 5)
    city = City(count, 5, footing)
    city.run(40)
    city.kill(count)
    for _ in range(600):
        city.step()
        if footing.ask_witnesses:
            footing.witness(city.now, False)
    assert footing.blind
    city.revive()
    for _ in range(100):
        city.step()
        if footing.ask_witnesses:
            footing.witness(city.now, False)
    assert footing.stand is Stand.SURE


@pytest.mark.parametrize(("count", "lost"), [(1, 1), (2, 2), (3, 2), (4, 3)])
def test_with_witnesses_more_than_half_of_a_small_shard_is_enough_to_ask(count: int, lost: int) -> None:
    footing = Footing(count, 1, 0.5, 5)
    city = City(count, 5, footing)
    city.run(40)
    city.kill(lost - 1)
    city.run(60)
    assert city.asked == 0
    city.revive()
    city.run(60)
    city.kill(lost)
    city.doubted()
    assert footing.stand is Stand.ASKING


def test_while_blind_the_witnesses_are_asked_every_second_until_one_answers() -> None:
    footing = Footing(3352, 2, 0.5, 5)
    city = City(3352, 5, footing)
    city.run(40)
    city.kill(3352)
    city.run(2)
    footing.witness(city.now, False)
    city.asked = 0
    city.run(10)
    assert city.asked == pytest.approx(10, abs=1)
    footing.witness(city.now, False)
    assert footing.blind
    footing.witness(city.now, True)
    assert (footing.stand, footing.blind_since) == (Stand.SURE, None)


def test_witnesses_that_nobody_reports_on_are_silent() -> None:
    footing = Footing(3352, 1, 0.5, 5)
    city = City(3352, 5, footing)
    city.run(40)
    city.kill(3352)
    city.run(6)
    assert footing.blind


@pytest.mark.parametrize(("count", "every"), [(3352, 5), (3352, 30), (40, 5), (6, 5)])
def test_without_witnesses_sight_returns_with_the_answers(count: int, every: float) -> None:
    footing = Footing(count, 0, 0.5, 5)
    city = City(count, every, footing)
    city.run(60)
    city.kill(count)
    city.run(60)
    assert footing.blind
    city.revive()
    city.run(2 * every)
    assert footing.stand is Stand.SURE


def test_where_most_were_dead_before_the_rest_is_what_counts() -> None:
    footing = Footing(3352, 0, 0.5, 5)
    city = City(3352, 5, footing)
    for camera in city.cameras[:2300]:
        camera.alive, camera.missing = False, True
    city.run(40)
    city.kill(3352)
    city.run(5)
    assert footing.blind
    for camera in city.cameras[2300:]:
        camera.alive = True
    city.run(10)
    assert footing.stand is Stand.SURE


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_site_of_two_cameras_may_say_that_both_are_down(count: int) -> None:
    footing = Footing(count, 0, 0.5, 5)
    city = City(count, 5, footing)
    city.run(40)
    city.kill(count)
    city.run(40)
    assert footing.stand is Stand.SURE


def test_cameras_that_come_and_go_in_a_small_site_are_no_mass_failure() -> None:
    footing = Footing(6, 0, 0.5, 5)
    city = City(6, 5, footing)
    for second in range(0, 200, 5):
        for camera in city.cameras[:2]:
            camera.alive = second % 10 == 0
        city.run(5)
        assert footing.stand is Stand.SURE


def test_an_inventory_that_changes_leaves_it_where_it_stands() -> None:
    footing = Footing(3352, 0, 0.5, 5)
    city = City(3352, 5, footing)
    city.run(40)
    city.kill(3352)
    city.run(2)
    footing.resize(3353, 0)
    assert footing.blind


def test_less_than_half_is_not_doubted_and_clearly_more_is() -> None:
    for share, doubted in ((0.4, False), (0.7, True)):
        footing = Footing(1000, 0, 0.5, 5)
        city = City(1000, 5, footing)
        city.run(40)
        city.kill(round(share * 1000))
        city.run(10)
        assert footing.blind is doubted, share


@given(
    st.integers(0, 200),
    st.integers(0, 2),
    st.lists(
        st.tuples(st.integers(-500, 5000), *[st.integers(0, 300)] * 3, st.sampled_from([None, True, False]))
    ),
)
@settings(max_examples=200, deadline=None)
def test_whatever_comes_it_holds_exactly_while_it_is_not_sure(
    watches: int, witnesses: int, steps: list[tuple[int, int, int, int, bool | None]]
) -> None:
    footing = Footing(watches, witnesses, 0.5, 5)
    now = 1_000_000
    for passed, good, bad, lost, word in steps:
        now += passed
        footing.tick(now, good, bad, min(bad, lost))
        if word is not None:
            footing.witness(now, word)
        assert footing.holding is (footing.stand is not Stand.SURE)
        assert footing.holding is (footing.blind_since is not None)
        assert footing.stand is not Stand.ASKING or witnesses
        assert not (footing.ask_witnesses and footing.stand is Stand.SURE and word is not True)
        assert witnesses or watches >= footing.least or not footing.blind
