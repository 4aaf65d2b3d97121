"""Which events of a batch are new."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.model.events import Change, Event, EventId
from monitor.model.observations import Cause, State
from monitor.model.sequences import Gap, take

CHANGE = Change("cam", "video", State.UP, State.DOWN, 2, 1, 3, Cause.TIMEOUT)


def said(sequence: int, *, oldest: int = 1, epoch: int = 1, collector: str = "a") -> Event:
    return Event(EventId(collector, epoch, sequence), "site", 0, CHANGE, oldest)


def numbers(events: tuple[Event, ...]) -> list[int]:
    return [event.id.sequence for event in events]


def test_the_next_in_sequence_is_taken() -> None:
    intake = take([said(1), said(2)], {})
    assert numbers(intake.taken) == [1, 2]
    assert intake.committed == {"a": (1, 2)}
    assert not intake.waiting


def test_a_repeat_is_dropped_and_its_mark_is_told_again() -> None:
    intake = take([said(4), said(5)], {"a": (1, 5)})
    assert intake.taken == ()
    assert intake.committed == {"a": (1, 5)}


def test_the_same_event_twice_in_a_batch_is_taken_once() -> None:
    assert numbers(take([said(1), said(1), said(2), said(1)], {}).taken) == [1, 2]


def test_behind_a_hole_nothing_is_taken_while_the_writer_can_send_again() -> None:
    intake = take([said(1), said(3), said(4)], {})
    assert numbers(intake.taken) == [1]
    assert intake.waiting == {"a"}
    assert intake.gaps == ()


def test_a_hole_at_the_very_start_leaves_nothing_committed() -> None:
    intake = take([said(2)], {})
    assert intake.committed == {}
    assert intake.waiting == {"a"}


def test_what_the_writer_can_no_longer_send_is_a_gap_and_reading_goes_on() -> None:
    intake = take([said(8, oldest=8), said(9, oldest=8)], {"a": (1, 4)})
    assert numbers(intake.taken) == [8, 9]
    assert intake.gaps == (Gap("a", 1, 5, 7),)
    assert not intake.waiting


def test_of_a_hole_only_the_part_that_cannot_come_is_given_up() -> None:
    intake = take([said(8, oldest=6)], {"a": (1, 2)})
    assert intake.taken == ()
    assert intake.gaps == (Gap("a", 1, 3, 5),)
    assert intake.committed == {"a": (1, 5)}
    assert intake.waiting == {"a"}


def test_what_is_at_hand_is_taken_though_the_writer_has_forgotten_it() -> None:
    intake = take([said(3, oldest=1), said(6, oldest=6)], {"a": (1, 1)})
    assert numbers(intake.taken) == [3, 6]
    assert intake.gaps == (Gap("a", 1, 2, 2), Gap("a", 1, 4, 5))


def test_what_fills_a_hole_later_in_the_batch_frees_what_came_before_it() -> None:
    intake = take([said(3), said(1), said(2)], {})
    assert numbers(intake.taken) == [1, 2, 3]
    assert not intake.waiting


def test_a_new_epoch_begins_at_one_again() -> None:
    intake = take([said(1, epoch=2)], {"a": (1, 70)})
    assert intake.committed == {"a": (2, 1)}
    assert intake.gaps == ()


def test_a_new_epoch_that_begins_late_waits_and_the_old_mark_stays() -> None:
    intake = take([said(3, epoch=2)], {"a": (1, 70)})
    assert intake.taken == ()
    assert intake.committed == {"a": (1, 70)}
    assert intake.waiting == {"a"}


def test_an_older_epoch_is_a_repeat() -> None:
    assert take([said(71, epoch=1)], {"a": (2, 1)}).taken == ()


def test_what_an_outbox_that_was_replaced_left_out_can_never_come() -> None:
    intake = take([said(5), said(1, epoch=2)], {"a": (1, 2)})
    assert numbers(intake.taken) == [5, 1]
    assert intake.gaps == (Gap("a", 1, 3, 4),)
    assert intake.committed == {"a": (2, 1)}
    assert not intake.waiting


def test_collectors_do_not_wait_for_each_other_and_the_batch_keeps_its_order() -> None:
    batch = [said(1), said(1, collector="b"), said(3), said(2, collector="b")]
    intake = take(batch, {})
    assert intake.taken == (batch[0], batch[1], batch[3])
    assert intake.waiting == {"a"}


@given(st.integers(1, 40), st.integers(0, 2**32))
def test_whatever_the_bus_does_every_event_of_an_honest_writer_is_taken_once_in_order(
    count: int, seed: int
) -> None:
    random, taken = Random(seed), list[int]()
    marks: dict[str, tuple[int, int]] = {}
    while len(taken) < count:
        last = marks.get("a", (1, 0))[1]
        batch = mangled([said(n, oldest=last + 1) for n in range(last + 1, count + 1)], random)
        intake = take(batch, marks)
        marks |= intake.committed
        taken += numbers(intake.taken)
        assert intake.gaps == ()
        assert marks.get("a", (1, 0))[1] == len(taken)
    assert taken == list(range(1, count + 1))


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12)), max_size=60), st.data())
def test_every_number_up_to_the_mark_was_taken_or_given_up_and_none_twice(
    spoken: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    events = [said(n, epoch=epoch, oldest=min(oldest, n)) for epoch, n, oldest in spoken]
    marks: dict[str, tuple[int, int]] = {}
    accounted: list[tuple[int, int]] = []
    while events:
        size = data.draw(st.integers(1, len(events)))
        intake = take(events[:size], marks)
        events = events[size:]
        marks |= intake.committed
        accounted += [(event.id.epoch, event.id.sequence) for event in intake.taken]
        accounted += [(gap.epoch, n) for gap in intake.gaps for n in range(gap.first, gap.last + 1)]
    assert len(accounted) == len(set(accounted))
    for epoch in {epoch for epoch, _ in accounted}:
        mine = {n for e, n in accounted if e == epoch}
        assert mine == set(range(1, max(mine) + 1))


def mangled(events: list[Event], random: Random) -> list[Event]:
    """What may arrive of these: some dropped, some twice, some out of order."""
    kept = [event for event in events for _ in range(random.choice((0, 1, 1, 1, 2)))]
    for place in range(len(kept) - 1):
        if random.random() < 0.2:
            kept[place], kept[place + 1] = kept[place + 1], kept[place]
    return kept
