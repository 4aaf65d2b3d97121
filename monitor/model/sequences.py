"""Which of the events that came are new: no repeat twice, and no hole passed over in silence.

Every reader that keeps what it reads (the ledger, the alert role) sorts its batches here and stores the
result in one transaction with its own work. Within an epoch a collector's sequences run 1, 2, 3, …; a
higher epoch is a new outbox, so nothing of an older one can come again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from monitor.model.events import Event

Mark = tuple[int, int]
"""How far a collector is committed: (epoch, sequence). Marks compare as tuples."""

_NOTHING: Final[Mark] = (-1, 0)


@dataclass(frozen=True, slots=True)
class Gap:
    """Sequences ``first`` to ``last`` of an epoch that were never seen and can never come."""

    collector: str
    epoch: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Intake:
    """A batch, sorted.

    ``taken``: the new events; those of one collector in the order of their sequence. ``committed``: the
    mark after the batch of every collector in it (none for one of which nothing was ever taken).
    ``waiting``: collectors of which something came that cannot be taken before what is missing.
    """

    taken: tuple[Event, ...]
    committed: Mapping[str, Mark]
    waiting: frozenset[str]
    gaps: tuple[Gap, ...]


def take(events: Iterable[Event], committed: Mapping[str, Mark]) -> Intake:
    """Sort a batch by what is committed already.

    The next in sequence is taken, what is committed is a repeat and dropped. Behind a hole nothing is
    taken as long as the writer can still send what is missing (``event.oldest`` says so): it will send
    the rest again too. What it can no longer send is a gap, and the reading goes on behind it.
    """
    places: dict[str, list[int]] = {}
    batch = list(events)
    for place, event in enumerate(batch):
        places.setdefault(event.id.collector, []).append(place)
    lines = {
        collector: _Line(collector, committed.get(collector, _NOTHING), [batch[place] for place in mine])
        for collector, mine in places.items()
    }
    # Each collector's events go back to places where it spoke, so that the batch keeps its order.
    slots = [
        (place, event)
        for collector, line in lines.items()
        for place, event in zip(places[collector], line.taken, strict=False)
    ]
    return Intake(
        taken=tuple(event for _, event in sorted(slots, key=lambda slot: slot[0])),
        committed={name: line.mark for name, line in lines.items() if line.mark != _NOTHING},
        waiting=frozenset(name for name, line in lines.items() if line.waiting),
        gaps=tuple(gap for line in lines.values() for gap in line.gaps),
    )


class _Line:
    """The events of one collector in a batch, taken in sequence as far as that goes."""

    def __init__(self, collector: str, mark: Mark, events: list[Event]) -> None:
        self.collector = collector
        self.mark = mark
        self.waiting = False
        self.taken: list[Event] = []
        self.gaps: list[Gap] = []
        newest = max(event.id.epoch for event in events)
        for epoch in sorted({event.id.epoch for event in events if event.id.epoch >= mark[0]}):
            self._take_epoch(epoch, [event for event in events if event.id.epoch == epoch], epoch == newest)

    def _take_epoch(self, epoch: int, events: list[Event], living: bool) -> None:
        said: dict[int, Event] = {}
        for event in events:
            said.setdefault(event.id.sequence, event)
        # An outbox that a newer one has replaced sends nothing any more.
        floor = max(event.oldest for event in events) if living else max(said)
        last = self.mark[1] if epoch == self.mark[0] else 0
        for sequence in sorted(said):
            if sequence <= last:
                continue
            last = self._lose(epoch, last, min(floor, sequence) - 1)
            if sequence > last + 1:
                self.waiting = True
                break
            self.taken.append(said[sequence])
            last = sequence
            self.mark = (epoch, last)

    def _lose(self, epoch: int, last: int, until: int) -> int:
        """Give up the sequences behind ``last`` up to ``until``; the new last."""
        if until <= last:
            return last
        self.gaps.append(Gap(self.collector, epoch, last + 1, until))
        self.mark = (epoch, until)
        return until
