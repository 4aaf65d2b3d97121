"""How long it takes to know that a device died, from the first question that it does not answer."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from collector_kit import answering, at, city, collecting, device, hang, now
from small_site import camera

from collectors.judge import Judge, Rules
from collectors.wards import Turn, Ward, WardMaker
from monitor.model.observations import Cause, Layer, Observation, State

DIES = 100.0
"""Seconds; before that the device has answered all its probes."""

Answer = Callable[[Turn, float], tuple[Cause, float]]
"""What a turn hears when it is asked (second, turn), and after how many seconds if it does not time out."""


def ward_of(folder: Path, probes: str, judge: dict[str, object] | None = None) -> Ward:
    """A camera with a site's default settings, that answered within 10 ms until just before it died."""
    site = city(folder, [camera("cam", address="127.0.5.1", probes=probes)], probes={}, judge=judge or {})
    (watch,) = site.inventory.watches()
    ward = WardMaker(site, defaultdict(dict)).make(watch, None)
    for name, turn in ward.turns.items():
        turn.last = 0.01
        ward.judge.observe(Observation(name, 90_000, 90_010, Cause.OK))
    return ward


def silent(turn: Turn, _: float) -> tuple[Cause, float]:
    return (Cause.NO_REPLY if turn.pings else Cause.TIMEOUT), 1_000.0


def played(ward: Ward, asked: dict[str, float], answer: Answer, until: float = 60.0) -> float | None:
    """Seconds from the first question to the moment at which the ward is down, asked as a watcher does.

    ``asked``: how long after the device's death each probe's usual turn comes.
    """
    turns = ward.turns
    ahead = [
        (DIES + after + k * turns[name].spec.every, name, "turn")
        for name, after in asked.items()
        for k in range(round(until / turns[name].spec.every))
    ]
    heapq.heapify(ahead)
    answers: list[tuple[float, str, float, Cause]] = []
    while ahead or answers:
        if answers and (not ahead or answers[0][0] <= ahead[0][0]):
            moment, name, started, cause = heapq.heappop(answers)
            seen = Observation(name, round(1000 * started), round(1000 * moment), cause)
            decision = ward.judge.observe(seen)
            if ward.judge.state is State.DOWN:
                return moment - DIES - min(asked.values())
            for other in decision.ask:
                heapq.heappush(ahead, (moment, other, "judge"))
            if decision.again is not None:
                heapq.heappush(ahead, (moment + turns[name].pause(decision.again), name, "turn"))
            continue
        moment, name, by = heapq.heappop(ahead)
        turn = turns[name]
        usual = by == "turn" and turn.track.steady is not None
        in_flight = name in {one[1] for one in answers}
        if in_flight or (not usual and turn.hasty(round(1000 * moment))):
            continue
        timeout = turn.spec.timeout if usual else turn.hurried()
        cause, taken = answer(turn, moment - DIES)
        if taken > timeout:
            cause, taken = silent(turn, 0.0)[0], timeout
        heapq.heappush(answers, (moment + taken, name, moment, cause))
    return None


@pytest.mark.parametrize(
    ("probes", "asked", "seconds"),
    [
        ("ping", {"ping": 0.0}, 4.0),
        ("rtsp", {"rtsp": 0.0}, 9.0),
        ("ping;rtsp", {"ping": 0.0, "rtsp": 20.0}, 4.0),
        ("ping;rtsp", {"ping": 2.0, "rtsp": 0.0}, 6.0),
    ],
    ids=["ping", "rtsp", "ping first", "rtsp first"],
)
def test_a_silent_death_is_known_after_one_full_timeout_and_two_hurried_ones(
    tmp_path: Path, probes: str, asked: dict[str, float], seconds: float
) -> None:
    known = played(ward_of(tmp_path, probes), asked, silent)
    assert known == pytest.approx(seconds)


def test_a_ping_is_known_within_its_interval_and_four_seconds(tmp_path: Path) -> None:
    ward = ward_of(tmp_path, "ping")
    known = played(ward, {"ping": 0.0}, silent)
    assert ward.turns["ping"].spec.every == 5.0
    assert known is not None
    assert known <= 4.0


def test_who_becomes_slow_after_a_loss_that_was_noticed_at_once_is_waited_for_in_full(tmp_path: Path) -> None:
    def slowly(turn: Turn, second: float) -> tuple[Cause, float]:
        return (Cause.REFUSED, 0.01) if second < 0.5 else (Cause.OK, 4.0)

    assert played(ward_of(tmp_path, "rtsp"), {"rtsp": 0.0}, slowly) is None


def test_who_always_answered_late_is_never_hurried(tmp_path: Path) -> None:
    ward = ward_of(tmp_path, "rtsp")
    ward.turns["rtsp"].last = 3.0

    def late(turn: Turn, second: float) -> tuple[Cause, float]:
        return (Cause.OK, 1_000.0) if second < 0.5 else (Cause.OK, 3.5)

    assert played(ward, {"rtsp": 0.0}, late) is None


async def test_a_silent_death_is_known_so_by_a_real_collector(tmp_path: Path) -> None:
    async with device(answering()) as cam:
        site = city(tmp_path, [at("cam", cam)], probes={}, judge={})
        async with collecting(site) as collector:
            await collector.become("cam", State.UP, 35)
            cam.answer = hang
            for writer in list(cam.writers):
                writer.close()
            turn = collector.watcher.roster.wards["cam"].turns["rtsp"]
            asked = now()
            collector.watcher.asking.start(turn, turn.spec.timeout)
            await collector.become("cam", State.DOWN, 12)
            _, down = await collector.changes()
            assert [piece.cause for piece in down.evidence] == [Cause.TIMEOUT] * 3
            assert 8_940 <= down.detected_at - asked < 10_200  # three timeouts, each up to 20 ms short


# --- two questions close together are one look ---


def blinking(turn: Turn, second: float) -> tuple[Cause, float]:
    """Gone for one and a half seconds, and says so at once."""
    return (Cause.REFUSED if second < 1.5 else Cause.OK), 0.01


@pytest.mark.parametrize("every", ["900ms", "1s", "1100ms"])
def test_a_blink_is_no_fault_where_the_usual_turn_comes_just_beside_the_quick_repeats(
    tmp_path: Path, every: str
) -> None:
    ward = ward_of(tmp_path, f"rtsp@{every}")
    assert played(ward, {"rtsp": 0.0}, blinking, 10.0) is None
    assert ward.judge.state is State.UP


@pytest.mark.parametrize("every", ["900ms", "1s", "1100ms"])
def test_what_lasts_is_confirmed_there_no_later_than_by_the_quick_repeats_alone(
    tmp_path: Path, every: str
) -> None:
    known = played(ward_of(tmp_path, f"rtsp@{every}"), {"rtsp": 0.0}, lambda *_: (Cause.REFUSED, 0.01))
    assert known is not None
    assert 1.5 <= known <= 3.02


def test_an_interval_shorter_than_the_pause_counts_its_turns_half_a_pause_apart(tmp_path: Path) -> None:
    ward = ward_of(tmp_path, "rtsp@200ms", {"confirm": 3})
    known = played(ward, {"rtsp": 0.0}, lambda *_: (Cause.REFUSED, 0.01))
    assert known == pytest.approx(1.21, abs=0.05)


def test_half_of_the_first_pause_is_enough_and_without_pauses_every_answer_counts(tmp_path: Path) -> None:
    ward = ward_of(tmp_path, "rtsp")
    ward.judge.observe(Observation("rtsp", 100_000, 100_001, Cause.REFUSED))
    assert ward.turns["rtsp"].hasty(100_499)
    assert not ward.turns["rtsp"].hasty(100_500)
    pauseless = ward_of(tmp_path, "rtsp", {"retry": []})
    pauseless.judge.observe(Observation("rtsp", 100_000, 100_001, Cause.REFUSED))
    assert not pauseless.turns["rtsp"].hasty(100_001)


def test_a_word_that_waits_for_an_answer_is_not_kept_waiting() -> None:
    judge = Judge("cam", "video", {"rtsp": Layer.SERVICE, "mqtt": Layer.TOLD}, Rules())
    for probe in ("rtsp", "mqtt"):
        judge.observe(Observation(probe, 0, 0, Cause.OK))
    judge.observe(Observation("rtsp", 60_000, 60_000, Cause.REFUSED))
    assert judge.hasty("rtsp", 60_100)
    judge.observe(Observation("mqtt", 60_050, 60_050, Cause.REPORTED_OFF))
    assert not judge.hasty("rtsp", 60_100)
