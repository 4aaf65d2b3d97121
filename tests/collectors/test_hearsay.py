"""Words that take watches down, tick by tick: which are believed, and when."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from collectors.footing import Footing
from collectors.hearsay import Hearsay
from collectors.judge import Judge, Rules
from monitor.model.observations import Cause, Layer, Observation, State

MANY = 12
TICK = 100


@dataclass
class Ward:
    judge: Judge


class Town:
    """Cameras that are up by their own word, and a collector's footing, driven by hand."""

    def __init__(self, witnesses: int = 0) -> None:
        self.now = 1_000_000
        self.wards = {f"cam-{n}": Ward(Judge(f"cam-{n}", "video", _MQTT, Rules())) for n in range(MANY)}
        self.footing = Footing(MANY, witnesses, 0.5, 3, 60.0)
        self.hearsay = Hearsay(self.wards, lambda ward, seen: ward.judge.observe(seen))
        self.say(*range(MANY), cause=Cause.OK)
        self.tick()

    def say(self, *cams: int, cause: Cause = Cause.REPORTED_OFF) -> None:
        for cam in cams:
            assert self.hearsay.take(f"cam-{cam}", Observation("mqtt", self.now, self.now, cause))

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.now += TICK
            self.footing.tick(self.now, 0, 0, self.hearsay.lost())
            self.hearsay.release(holding=self.footing.holding, blind=self.footing.blind)

    def down(self) -> list[int]:
        return [n for n in range(MANY) if self.wards[f"cam-{n}"].judge.state is State.DOWN]


_MQTT = {"mqtt": Layer.TOLD}


def test_one_will_is_believed_after_three_ticks() -> None:
    town = Town()
    town.say(0)
    town.tick(2)
    assert town.down() == []
    town.tick()
    assert town.down() == [0]


@pytest.mark.parametrize(("together", "pause"), [(MANY, 1), (3, 1), (2, 1), (4, 2)])
def test_a_storm_that_comes_in_pieces_takes_nobody_down_not_even_the_first(together: int, pause: int) -> None:
    town = Town()
    for first in range(0, MANY, together):
        town.say(*range(first, first + together))
        town.tick(pause)
    town.tick(10)
    assert town.footing.blind
    assert town.down() == []


def test_a_storm_that_a_witness_explains_is_believed_all_at_once() -> None:
    town = Town(witnesses=1)
    for cam in range(0, MANY, 3):
        town.say(cam, cam + 1, cam + 2)
        town.tick()
    assert town.footing.holding
    assert town.down() == []
    town.footing.witness(town.now, answered=True)
    town.tick(3)
    assert town.down() == list(range(MANY))


def test_wills_that_trickle_in_for_ever_keep_none_of_them_waiting_for_longer_than_six_ticks() -> None:
    town = Town()
    town.footing.least = 100
    for cam in range(MANY):
        town.say(cam)
        town.tick()
        assert town.down() == list(range(max(0, cam - 4)))


def test_a_good_word_about_another_watch_waits_for_nobody() -> None:
    town = Town()
    town.say(1)
    town.tick(3)
    town.say(0)
    town.say(1, 1, cause=Cause.OK)
    assert town.down() == []
    town.tick(3)
    assert town.down() == [0]


def test_the_same_will_twice_is_one_loss() -> None:
    town = Town()
    town.say(0, 0)
    assert town.hearsay.lost() == 1
    town.say(0)
    assert town.hearsay.lost() == 0


def test_whatever_was_said_about_one_watch_is_heard_in_its_order() -> None:
    town = Town()
    town.say(0)
    town.tick()
    town.say(0, cause=Cause.OK)
    town.tick()
    assert town.wards["cam-0"].judge.state is State.UP
    assert town.wards["cam-0"].judge.tracks["mqtt"].standing.name == "GOOD"
    town.tick()
    assert town.wards["cam-0"].judge.state is State.UP
    assert town.wards["cam-0"].judge.before.state is State.DOWN


def still(town: Town, cam: int, at: int) -> None:
    town.hearsay.still(f"cam-{cam}", Observation("mqtt", at, at, Cause.HEARTBEAT_MISSED))


def recovered_since(town: Town, cam: int) -> int | None:
    """Say that it lives: since when at the earliest?"""
    town.say(cam, cause=Cause.OK)
    assert town.wards[f"cam-{cam}"].judge.state is State.UP
    return town.wards[f"cam-{cam}"].judge.before.proof


def test_a_silence_that_went_on_is_known_to_have_ended_after_that() -> None:
    town = Town()
    missed = town.now
    town.say(0, cause=Cause.HEARTBEAT_MISSED)
    town.tick(1000)
    still(town, 0, missed + 90_000)
    assert recovered_since(town, 0) == missed + 90_000


def test_who_is_not_down_was_not_still_silent() -> None:
    town = Town()
    still(town, 0, town.now + 5)
    assert town.wards["cam-0"].judge.tracks["mqtt"].standing.name == "GOOD"
    town.say(0)
    still(town, 0, town.now + 5)
    town.tick(3)
    assert town.wards["cam-0"].judge.tracks["mqtt"].proof < town.now - 200, "its will had not been believed"


def test_what_was_heard_in_doubt_proves_nothing() -> None:
    town = Town()
    missed = town.now
    town.say(0, cause=Cause.HEARTBEAT_MISSED)
    town.tick(3)
    town.say(*range(1, MANY))
    town.tick()
    assert town.footing.blind
    still(town, 0, missed + 250)
    assert recovered_since(town, 0) == missed
