"""What holds of every timeline, however it came about."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import asdict
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.events import Change
from monitor.model.faults import faults
from monitor.model.observations import Cause, State
from monitor.model.reading import Reading
from monitor.model.spans import Measure, Span, common, merged, without
from monitor.model.tally import Tally, divide
from monitor.model.timeline import Frame, Parts, Rate, Step, doubts, in_order

END = 1000
moments = st.integers(-200, END + 200)
spans = st.lists(st.tuples(moments, moments), max_size=6)


def _step(at: int, back: int | None, state: State, flaps: bool) -> Step:
    cause = Cause.FLAPPING if flaps and state is State.DEGRADED else Cause.OK
    return Step(at, None if back is None else at - back, state, cause)


steps = st.lists(
    st.builds(_step, moments, st.none() | st.integers(0, 300), st.sampled_from(State), st.booleans()),
    max_size=12,
).map(lambda found: sorted(found, key=lambda step: step.at))
frames = st.builds(
    lambda seen, life, excluded: Frame.of((0, END), seen, life=life, excluded=excluded),
    spans,
    st.none() | spans,
    spans,
)


def size(found: list[Span]) -> set[int]:
    """Spans as the set of their moments: slow, and plainly right."""
    return {moment for start, end in found for moment in range(start, end)}


@given(spans, spans)
def test_arithmetic_on_spans_is_arithmetic_on_sets(mine: list[Span], theirs: list[Span]) -> None:
    for found, expected in (
        (merged(mine), size(mine)),
        (without(mine, theirs), size(mine) - size(theirs)),
        (common(mine, theirs), size(mine) & size(theirs)),
    ):
        assert size(found) == expected
        assert all(start < end for start, end in found)
        assert all(end < start for (_, end), (start, _) in pairwise(found))


@given(spans, moments, moments)
def test_a_measure_is_the_size_of_what_lies_within(mine: list[Span], start: int, end: int) -> None:
    measure = Measure(mine)
    inside = size(mine) & set(range(start, end))
    assert measure.total == len(size(mine))
    assert measure.within(start, end) == len(inside)
    assert size(measure.parts(start, end)) == inside


@given(steps, frames, spans)
def test_the_parts_add_up_to_the_time_in_service(
    told: list[Step], frame: Frame, upstream: list[Span]
) -> None:
    parts = divide(told, frame, upstream)
    six = (parts.up, parts.degraded, parts.down_own, parts.down_upstream, parts.excluded, parts.unknown)
    assert all(part >= 0 for part in six)
    assert sum(six) == frame.counted.total == parts.window


def plainly(told: list[Step], frame: Frame, upstream: list[Span]) -> Counter[str]:
    """The same as ``divide``, millisecond by millisecond."""
    found: Counter[str] = Counter()
    seen, stated, blamed = size(frame.seen.spans), size(frame.stated.spans), size(upstream)
    for moment in size(frame.counted.spans):
        past = [step for step in told if step.at <= moment]
        current = past[-1] if past else Step(moment, None, State.UNKNOWN, Cause.NOT_ASKED)
        if moment not in stated:
            found["excluded"] += 1
        elif moment not in seen or current.state is State.UNKNOWN:
            found["unknown"] += 1
        else:
            down = "down_upstream" if moment in blamed else "down_own"
            found[{State.UP: "up", State.DEGRADED: "degraded"}.get(current.state, down)] += 1
            following = told[len(past)] if len(past) < len(told) else None
            if current.cause is Cause.FLAPPING:
                found.update(doubts(current.state, State.UNKNOWN))
            elif following and (following.not_before is None or following.not_before <= moment):
                flaps = following.cause is Cause.FLAPPING
                found.update(doubts(current.state, State.UNKNOWN if flaps else following.state))
    return found


@settings(max_examples=60, deadline=None)
@given(steps, frames, spans)
def test_the_parts_are_what_each_millisecond_was(
    told: list[Step], frame: Frame, upstream: list[Span]
) -> None:
    parts = divide(told, frame, upstream)
    assert {name: count for name, count in asdict(parts).items() if count} == plainly(told, frame, upstream)


@given(steps, frames, spans)
def test_the_value_lies_between_its_bounds(told: list[Step], frame: Frame, upstream: list[Span]) -> None:
    parts = divide(told, frame, upstream)
    for rate in (parts.intact, parts.online, parts.own_fault):
        assert (rate.low is None) == (rate.high is None)
        if rate.low is not None and rate.high is not None:
            assert 0 <= rate.low <= rate.high <= 1
            assert rate.value is None or rate.low <= rate.value <= rate.high


@given(steps, spans, spans, st.lists(st.integers(1, END - 1), max_size=4), spans)
def test_a_window_cut_anywhere_adds_up_to_the_same(
    told: list[Step], seen: list[Span], excluded: list[Span], cuts: list[int], upstream: list[Span]
) -> None:
    def parts(window: Span) -> Parts:
        return divide(told, Frame.of(window, seen, excluded=excluded), upstream)

    pieces = [parts(piece) for piece in pairwise([0, *sorted(cuts), END])]
    assert Parts.total(pieces) == parts((0, END))


@given(
    st.lists(st.tuples(steps, spans), max_size=4), spans, spans, st.sets(st.integers(1, END - 1), max_size=5)
)
def test_a_tally_knows_each_piece_of_the_window(
    watches: list[tuple[list[Step], list[Span]]], seen: list[Span], excluded: list[Span], cuts: set[int]
) -> None:
    whole_frame = Frame.of((0, END), seen, excluded=excluded)
    tally = Tally(whole_frame, sorted(cuts))
    whole = [tally.add(Reading.of(told, whole_frame), upstream) for told, upstream in watches]
    expected = []
    for piece in pairwise([0, *sorted(cuts), END]):
        frame = Frame.of(piece, seen, excluded=excluded)
        expected.append(Parts.total(divide(told, frame, upstream) for told, upstream in watches))
    assert tally.pieces() == expected
    assert Parts.total(tally.pieces()) == Parts.total(whole)


@given(steps, spans, st.randoms(use_true_random=False))
def test_sights_cut_into_pieces_in_any_order_show_the_same(
    told: list[Step], seen: list[Span], random: Random
) -> None:
    cut = []
    for start, end in seen:
        middle = random.randint(min(start, end), max(start, end))
        cut += [(start, middle), (middle, end), (start, end)][: random.choice((2, 3))]
    random.shuffle(cut)
    whole = [span for span in seen if span[0] < span[1]]
    assert divide(told, Frame.of((0, END), cut)) == divide(told, Frame.of((0, END), whole))


states = st.sampled_from(State)
changes = st.lists(
    st.builds(
        lambda old, new, at, back, late: Change("n", "v", old, new, at, at - back, at + late, Cause.OK),
        states, states, st.integers(0, 6), st.integers(0, 2), st.integers(0, 2),
    ),
    max_size=8,
)  # fmt: skip


@given(changes, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(told: list[Change], random: Random) -> None:
    other = random.sample(told, len(told))
    assert in_order(told) == in_order(other)
    assert [step.at for step in in_order(told)] == sorted(change.at for change in told)


@given(steps, frames, spans)
def test_the_faults_hold_all_the_time_down(told: list[Step], frame: Frame, stopped: list[Span]) -> None:
    found = faults(told, frame, stopped)
    assert sum(fault.down for fault in found) == divide(told, frame).down
    for fault in found:
        assert fault.not_before <= fault.start
        assert 0 <= fault.down <= fault.lasted
        assert 0 <= fault.repair <= fault.lasted
        assert fault.end is None or fault.start <= (fault.end_not_before or 0) <= fault.end
    assert all(one.end is not None and one.end <= other.start for one, other in pairwise(found))


polls = st.integers(5, 40)
turns = st.lists(st.integers(50, 300), min_size=1, max_size=8)


@given(turns, polls, spans)
def test_the_truth_lies_between_the_bounds(lengths: list[int], every: int, unseen: list[Span]) -> None:
    """A watch that is truly up and down in turns, each longer than it takes to ask, and polls that see it."""
    edges, moment = [], -100
    for length in lengths:
        moment += length
        edges.append(moment)
    seen = without([(-200, END + 200)], unseen)

    def truly(at: int) -> State:
        return State.DOWN if bisect_right(edges, at) % 2 else State.UP

    told: list[Step] = []
    proven: int | None = None
    for poll in range(-200, END + 200, every):
        if not any(start <= poll < end for start, end in seen):
            continue
        if not told or told[-1].state is not truly(poll):
            told.append(Step(poll, proven, truly(poll), Cause.OK))
        proven = poll
    covered = [(poll, poll + every) for poll in range(-200, END + 200, every)]
    looked = [span for span in covered if {span[0], span[1]} <= size(seen) | {END + 200}]
    rate = divide(told, Frame.of((0, END), looked)).intact
    truth = sum(truly(moment) is State.UP for moment in range(END)) / END
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low <= truth <= rate.high


def test_there_is_no_rate_without_time() -> None:
    assert Parts().intact == Rate(None, None, None)
    assert Parts(excluded=10).coverage is None
