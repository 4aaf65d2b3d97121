"""The judge against chance: any sequence of answers, and simulated devices whose truth is known."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.judge import Decision, Judge, Remembered, Rules
from monitor.model.events import Change
from monitor.model.observations import Cause, Layer, Observation, State, Weight

LAYERS = {"ping": Layer.REACH, "rtsp": Layer.SERVICE, "http": Layer.SERVICE, "mqtt": Layer.TOLD}
ANSWERS = [Cause.OK, Cause.AUTH_WANTED, Cause.BUSY, Cause.SLOW, Cause.NO_REPLY, Cause.REFUSED, Cause.TIMEOUT]
UNASKED = [Cause.NAME_UNRESOLVED, Cause.NOT_PERMITTED, Cause.NOT_ASKED]
TELLINGS = [Cause.OK, Cause.REPORTED_OFF, Cause.HEARTBEAT_MISSED, Cause.SOURCE_LOST]

RULES = st.builds(
    Rules,
    confirm=st.integers(1, 4),
    recover=st.integers(1, 4),
    degrades=st.sampled_from([Rules().degrades, frozenset(), frozenset({Cause.REFUSED, Cause.SLOW})]),
    flap_changes=st.integers(1, 6),
    flap_within=st.sampled_from([60.0, 300.0]),
    flap_settle=st.sampled_from([10.0, 120.0]),
)
PROBES = st.sets(st.sampled_from(sorted(LAYERS)), min_size=1).map(sorted)
STANDINGS = st.one_of(
    st.none(),
    st.builds(
        Remembered,
        st.sampled_from(State),
        st.sampled_from(
            [Cause.OK, Cause.REFUSED, Cause.CONTRADICTED, Cause.FLAPPING, Cause.HEARTBEAT_MISSED]
        ),
        st.integers(0, 900_000),
        st.one_of(st.none(), st.integers(0, 1_000_000)),
    ),
)


@st.composite
def sequences(draw: st.DrawFn) -> tuple[list[str], list[Observation]]:
    """Probes and answers; time mostly goes forward, and each kind of answer mostly repeats."""
    probes = draw(PROBES)
    random = Random(draw(st.integers(0, 2**32)))
    now, seen, usual = 1_000_000, [], dict.fromkeys(probes, Cause.OK)
    for _ in range(draw(st.integers(0, 120))):
        probe = random.choice(probes)
        if random.random() < 0.25:
            told = LAYERS[probe] is Layer.TOLD
            usual[probe] = random.choice(TELLINGS if told else ANSWERS * 3 + UNASKED)
        now += random.choice([0, 100, 1_000, 5_000, 30_000])
        early = random.choice([0] * 20 + [1_000, 20_000, 4_000_000])
        seen.append(
            Observation(probe, now - early - random.choice([0, 100, 5_000]), now - early, usual[probe])
        )
    return probes, seen


def judge_of(probes: list[str], rules: Rules, standing: Remembered | None) -> Judge:
    return Judge("n1", "video", {probe: LAYERS[probe] for probe in probes}, rules, standing)


def supports(change: Change, rules: Rules) -> bool:
    """Whether the evidence holds an answer that speaks for the new state."""
    weights = {rules.weights[piece.cause] for piece in change.evidence}
    wanted = {
        State.UP: {Weight.GOOD},
        State.DOWN: {Weight.HARD},
        State.UNKNOWN: {Weight.BLIND},
        State.DEGRADED: {Weight.SOFT, Weight.HARD},
    }
    return bool(weights & wanted[change.new]) or change.cause is Cause.FLAPPING


@given(sequences(), RULES, STANDINGS)
@settings(max_examples=300, deadline=None)
def test_changes_form_a_chain_in_order_each_with_its_reason(
    sequence: tuple[list[str], list[Observation]], rules: Rules, standing: Remembered | None
) -> None:
    probes, answers = sequence
    judge = judge_of(probes, rules, standing)
    state, at = judge.state, judge.at
    for seen in answers:
        decision = judge.observe(seen)
        assert decision.again is None or decision.again >= 0
        assert seen.probe not in decision.ask
        assert set(decision.ask) <= set(probes) - {"mqtt"}
        assert len(set(decision.ask)) == len(decision.ask)
        assert judge.flapping or judge.cause is not Cause.FLAPPING
        change = decision.change
        if change is None:
            assert (judge.state, judge.at) == (state, at)
            continue
        assert change.old is state
        assert change.new is not state
        assert at <= change.at <= change.detected_at
        assert change.not_before is None or change.not_before <= change.at
        assert change.not_before is not None or change.old is State.UNKNOWN
        assert supports(change, rules) or standing is not None, change
        assert len(change.evidence) <= 8 + 2 * len(probes)
        assert judge.before == Remembered(change.old, judge.before.cause, at, change.not_before)
        state, at = change.new, change.at
        assert (judge.state, judge.cause, judge.at) == (state, change.cause, at)


@given(sequences(), RULES, STANDINGS)
@settings(max_examples=300, deadline=None)
def test_the_hot_path_is_the_same_as_asking_the_judge(
    sequence: tuple[list[str], list[Observation]], rules: Rules, standing: Remembered | None
) -> None:
    probes, answers = sequence
    asked, hot = judge_of(probes, rules, standing), judge_of(probes, rules, standing)
    for seen in answers:
        track = hot.tracks[seen.probe]
        if seen.finished < track.last:
            continue
        expected = asked.observe(seen)
        if seen.cause is track.steady:
            track.proof, track.last = seen.started, seen.finished
            assert expected == Decision()
        else:
            assert hot.observe(seen) == expected
        assert everything(hot) == everything(asked)


def everything(judge: Judge) -> object:
    """All that may decide later; ``agreed`` means something only while there is a run."""
    tracks = [
        [getattr(track, name) for name in track.__slots__ if name != "agreed" or track.run]
        for track in judge.tracks.values()
    ]
    flap, panel = judge._flap, judge._panel
    heard = panel.state, panel.cause, panel.at, panel.awaited
    return (judge.standing, judge.before, tracks, flap.flips, flap.held, heard)


@given(sequences(), RULES, st.integers(0, 100), st.sampled_from([1_000, 30_000, 59_000, 3_600_000]))
@settings(max_examples=200, deadline=None)
def test_a_clock_that_is_set_back_changes_no_decision(
    sequence: tuple[list[str], list[Observation]], rules: Rules, when: int, by: int
) -> None:
    probes, answers = sequence
    steady, moved = judge_of(probes, rules, None), judge_of(probes, rules, None)
    for number, seen in enumerate(answers):
        if number == when:
            moved.set_back(by)
        back = by if number >= when else 0
        later = replace(seen, started=seen.started - back, finished=seen.finished - back)
        expected, decision = steady.observe(seen), moved.observe(later)
        assert (decision.again, decision.ask, decision.settled) == (
            expected.again,
            expected.ask,
            expected.settled,
        )
        assert (moved.state, moved.cause) == (steady.state, steady.cause)
        if (change := decision.change) is not None:
            assert change.not_before is None or change.not_before <= change.at <= change.detected_at


@given(sequences(), RULES)
@settings(max_examples=100, deadline=None)
def test_a_restart_changes_nothing_that_was_said(
    sequence: tuple[list[str], list[Observation]], rules: Rules
) -> None:
    probes, answers = sequence
    judge = judge_of(probes, rules, None)
    for number, seen in enumerate(answers):
        if number % 7 == 0:
            text = judge.remember()
            judge = judge_of(probes, rules, Remembered.parse(text))
            assert (judge.state, judge.cause, judge.at) == (
                Remembered.parse(text).state,
                Remembered.parse(text).cause,
                Remembered.parse(text).at,
            )
        judge.observe(seen)


@dataclass
class Device:
    """Up and down by turns. ``edges[0]`` is when it first goes down, ``edges[1]`` up again, …"""

    edges: list[int]

    @classmethod
    def made(cls, random: Random, shortest: int, longest: int, until: int) -> Device:
        edges, now = [], 60_000
        while (now := now + random.randint(shortest, longest)) < until:
            edges.append(now)
        return cls(edges)

    def up(self, moment: int) -> bool:
        return bisect_right(self.edges, moment) % 2 == 0

    def edges_to(self, state: State) -> list[int]:
        return self.edges[0::2] if state is State.DOWN else self.edges[1::2]


EVERY = {"ping": 5_000, "rtsp": 30_000, "http": 20_000}
TIMEOUT = {"ping": 2_000, "rtsp": 5_000, "http": 4_000}


class Simulation:
    """A device asked as a collector would: usual turns, again, and at once; hot path included."""

    def __init__(self, device: Device, probes: list[str], random: Random, until: int) -> None:
        self.device, self.random, self.until = device, random, until
        self.judge = judge_of(probes, Rules(flap_changes=10_000), None)
        self.changes: list[Change] = []
        self._free = dict.fromkeys(probes, 0)
        self._queue: list[tuple[int, int, str, object]] = []
        self._count = 0
        for probe in probes:
            if probe != "mqtt":
                self._push(random.randrange(EVERY[probe]), probe, "turn")
        if "mqtt" in probes:
            self._plan_wills()

    def _push(self, at: int, probe: str, what: object) -> None:
        self._count += 1
        heapq.heappush(self._queue, (at, self._count, probe, what))

    def _plan_wills(self) -> None:
        for edge, number in zip(self.device.edges, range(len(self.device.edges)), strict=True):
            if number % 2 == 0:
                at = edge + self.random.randint(0, 3_000)
                if not self.device.up(at):
                    self._push(at, "mqtt", Observation("mqtt", at, at, Cause.REPORTED_OFF))
        for at in range(self.random.randrange(20_000), self.until, 20_000):
            if self.device.up(at):
                self._push(at, "mqtt", Observation("mqtt", at, at, Cause.OK))

    def run(self) -> list[Change]:
        while self._queue and self._queue[0][0] < self.until:
            now, _, probe, what = heapq.heappop(self._queue)
            if isinstance(what, Observation):
                self._answered(what)
                continue
            if what == "turn":
                self._push(now + EVERY[probe], probe, "turn")
            if now < self._free[probe]:
                continue  # one question at a time
            self._ask(probe, now)
        return self.changes

    def _ask(self, probe: str, now: int) -> None:
        taken = self.random.choice([1, 20, 400])
        if self.device.up(now + self.random.randint(0, taken)):
            cause = Cause.OK
        elif self.random.random() < 0.5:
            cause = Cause.REFUSED
        else:
            cause, taken = Cause.TIMEOUT, TIMEOUT[probe]
        self._free[probe] = now + taken
        self._push(now + taken, probe, Observation(probe, now, now + taken, cause))

    def _answered(self, seen: Observation) -> None:
        track = self.judge.tracks[seen.probe]
        if seen.cause is track.steady:
            track.proof, track.last = seen.started, seen.finished
            return
        decision = self.judge.observe(seen)
        if decision.change:
            self.changes.append(decision.change)
        if decision.again is not None:
            self._push(seen.finished + round(1000 * decision.again), seen.probe, "again")
        for probe in decision.ask:
            self._push(max(seen.finished, self._free[probe]), probe, "at once")


SETS = [
    ["ping"],
    ["rtsp"],
    ["ping", "rtsp"],
    ["rtsp", "http"],
    ["ping", "rtsp", "http"],
    ["ping", "rtsp", "mqtt"],
]


@pytest.mark.parametrize("probes", SETS, ids="+".join)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_every_long_fault_is_told_once_and_its_edges_contain_the_truth(probes: list[str], seed: int) -> None:
    random, until = Random(seed), 1_800_000
    device = Device.made(random, 70_000, 300_000, until)
    changes = Simulation(device, probes, random, until + 120_000).run()
    assert changes[0].new is State.UP
    told = [change for change in changes[1:] if change.new in (State.UP, State.DOWN)]
    assert len(told) == len(device.edges)
    for number, (edge, change) in enumerate(zip(device.edges, told, strict=True)):
        assert change.new is (State.UP if number % 2 else State.DOWN)
        assert change.not_before is not None
        assert change.not_before <= edge <= change.at, change
        assert change.detected_at - edge <= 50_000


@pytest.mark.parametrize("probes", SETS, ids="+".join)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_however_short_the_faults_no_edge_is_told_that_never_was(probes: list[str], seed: int) -> None:
    random, until = Random(seed), 1_200_000
    device = Device.made(random, 500, 20_000, until)
    for change in Simulation(device, probes, random, until).run()[1:]:
        if change.new not in (State.UP, State.DOWN) or change.old not in (State.UP, State.DOWN):
            continue
        assert change.not_before is not None
        inside = [edge for edge in device.edges_to(change.new) if change.not_before <= edge <= change.at]
        assert inside, change


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_a_device_that_never_fails_is_never_said_to(seed: int) -> None:
    changes = Simulation(Device([]), ["ping", "rtsp", "mqtt"], Random(seed), 600_000).run()
    assert [change.new for change in changes] == [State.UP]
