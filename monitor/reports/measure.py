"""Works out every watch: its time by what it was, its faults, and how it was found at inspections.

Watches that share what counts of them (when they were in service, seen and left out) share the work.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING

from monitor.model.decisions import Correction
from monitor.model.faults import Fault, faults_in
from monitor.model.observations import State
from monitor.model.reading import FLAPS, Reading
from monitor.model.spans import Measure, Span, merged
from monitor.model.tally import Tally, together
from monitor.model.timeline import Frame, Parts, Step, corrected
from monitor.reports.cover import Cover, Part
from monitor.reports.document import Repairs, Snapshots, WatchKey
from monitor.reports.exclusions import Left
from monitor.reports.facts import Facts
from monitor.reports.inspected import Inspector
from monitor.reports.repairs import limit_of, repairs
from monitor.reports.stays import Services, Stay

if TYPE_CHECKING:
    from monitor.reports.bulk import Shared

_Shape = tuple[Part, tuple[Span, ...], tuple[Span, ...], tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Piece:
    """What a stay comes to. A fault belongs to the stay in which it began, or first counted.

    ``repairs`` counts all faults; of ``faults`` those are there that a report may list one by one.
    """

    stay: Stay
    parts: Parts
    snapshots: Snapshots
    repairs: Repairs
    faults: Sequence[Fault]
    changes: int
    flapping: int


class Measuring:
    """Measures watches one by one, and knows the sums by day and by inspection of all it measured."""

    def __init__(
        self,
        facts: Facts,
        cover: Cover,
        left: Left,
        *,
        corrections: bool = True,
        cuts: Sequence[int] | None = None,
    ) -> None:
        """``cuts``: moments within the window, in order, that :meth:`pieces` lie between; None: midnights."""
        self._facts = facts
        self._cover = cover
        self._left = left
        self._window = facts.window.span
        self._services = Services(facts.window.zone)
        self._cuts = [start for _, start in facts.window.days()][1:] if cuts is None else list(cuts)
        self._moments = facts.window.at_times(facts.setting.rules.inspections)
        self._frames: dict[_Shape, tuple[Frame, Tally, Inspector]] = {}
        self._ready: dict[WatchKey, Piece] = {}
        self._corrections: defaultdict[WatchKey, list[Correction]] = defaultdict(list)
        for correction in facts.corrections if corrections else ():
            self._corrections[correction.node, correction.network].append(correction)

    def prepare(self, every: Iterable[Sequence[Stay]]) -> None:
        """Measure in bulk what can be, if the steps were read for that; :meth:`measure` then has it at hand.

        What is prepared must be measured.
        """
        if self._facts.columns is None:
            return
        from monitor.reports.batches import FEW, measured

        rules = self._facts.setting.rules
        for shape, stays in self._alike(every).items():
            if len(stays) < FEW:
                continue
            limits = [limit_of(stay.node, rules) for stay in stays]
            shared = self._shared(shape)
            for stay, found in measured(self._facts.columns, stays, limits, self._services, shared):
                self._ready[stay.key] = Piece(
                    stay,
                    shared.tally.parts(found.fields),
                    shared.inspector.found(found.unknown, found.down),
                    found.repairs,
                    found.faults,
                    found.changes,
                    found.flapping,
                )

    def _alike(self, every: Iterable[Sequence[Stay]]) -> dict[_Shape, list[Stay]]:
        """The stays of watches with only one and no correction, by what counts of them."""
        found: defaultdict[_Shape, list[Stay]] = defaultdict(list)
        for stays in every:
            key = stays[0].key
            if len(stays) == 1 and key not in self._corrections and key not in self._facts.upstream:
                found[self._shape(stays[0], ())].append(stays[0])
        return found

    def _shared(self, shape: _Shape) -> Shared:
        from monitor.reports.bulk import Shared

        frame, tally, inspector = self._frame(shape)
        stopped = Measure([*shape[2], *_away(frame)])
        return Shared(frame, tally, inspector, self._cuts, self._moments, shape[1], stopped)

    def _shape(self, stay: Stay, right: tuple[Span, ...]) -> _Shape:
        out = tuple(span for _, span in self._left.get(stay.key, ()))
        return (self._cover.part(*stay.key), stay.spans, out, right)

    def measure(self, stays: Sequence[Stay]) -> list[Piece]:
        """All that is wanted of one watch; ``stays`` in order."""
        key = stays[0].key
        if key in self._ready:
            return [self._ready.pop(key)]
        told = self._corrections.get(key, ())
        steps = self._steps(key, stays, told)
        right = tuple((one.start, one.end) for one in told if one.state is not State.UNKNOWN)
        shapes = [self._shape(stay, right) for stay in stays]
        part, _, out, _ = shapes[0]
        frames = list(map(self._frame, shapes))
        readings = [Reading.of(steps, frame) for frame, _, _ in frames]
        whole = readings[0]
        if len(stays) > 1:
            spans = tuple(merged(span for stay in stays for span in stay.spans))
            whole = Reading.of(steps, self._make((part, spans, out, right)))
        by_stay = self._faults(whole, stays, out)
        upstream = self._facts.upstream.get(key, ())
        return [
            Piece(
                stay,
                tally.add(reading, upstream),
                inspector.add(reading),
                repairs(by_stay[place], limit_of(stay.node, self._facts.setting.rules)),
                by_stay[place],
                *_changes(reading, stay.spans),
            )
            for place, (stay, reading, (_, tally, inspector)) in enumerate(
                zip(stays, readings, frames, strict=True)
            )
        ]

    def days(self) -> list[tuple[str, Parts]]:
        """Each day of the window with the parts of all that was measured."""
        names = [name for name, _ in self._facts.window.days()]
        return list(zip(names, self.pieces(), strict=True))

    def pieces(self) -> list[Parts]:
        """From one cut to the next, the parts of all that was measured."""
        return together(self._tallies(), len(self._cuts) + 1)

    def inspections(self) -> list[tuple[int, Snapshots]]:
        """What was found at each inspection, over all that was measured."""
        sums = [[0] * len(self._moments) for _ in range(3)]
        for _, _, inspector in self._frames.values():
            for row, more in zip(sums, inspector.rows(), strict=True):
                row[:] = map(add, row, more)
        return [(moment, Snapshots(*three)) for moment, *three in zip(self._moments, *sums, strict=True)]

    def unseen(self) -> list[tuple[Part, Span, bool, int]]:
        """When which part was not seen, whether blindly, and how many watches were in service then."""
        watches: defaultdict[Part, list[tuple[Frame, int]]] = defaultdict(list)
        for (part, *_), (frame, tally, _) in self._frames.items():
            watches[part].append((frame, tally.watches))
        return [
            (part, span, blind, count)
            for part, frames in watches.items()
            for span, blind in self._cover.unseen(part, self._window)
            if (count := sum(number for frame, number in frames if frame.stated.within(*span)))
        ]

    def _tallies(self) -> Iterable[Tally]:
        return (tally for _, tally, _ in self._frames.values())

    def _steps(self, key: WatchKey, stays: Sequence[Stay], told: Iterable[Correction]) -> Sequence[Step]:
        """What was said of a watch and put right, without what it did before it was in service."""
        steps = self._facts.steps.get(key, ())
        if told:
            steps = corrected(steps, ((one.start, one.end, one.state) for one in told))
        born = self._services.of(stays[0].node)[0]
        if steps and steps[0].at < born:
            steps = corrected(steps, [(steps[0].at, born, State.UNKNOWN)])
        return steps

    def _frame(self, shape: _Shape) -> tuple[Frame, Tally, Inspector]:
        if shape not in self._frames:
            frame = self._make(shape)
            self._frames[shape] = (frame, Tally(frame, self._cuts), Inspector(frame, self._moments))
        return self._frames[shape]

    def _make(self, shape: _Shape) -> Frame:
        part, life, out, right = shape
        seen = [*self._cover.seen(part), *right] if right else self._cover.seen(part)
        return Frame.of(self._window, seen, life=life, excluded=out)

    def _faults(
        self, reading: Reading, stays: Sequence[Stay], out: Iterable[Span]
    ) -> defaultdict[int, list[Fault]]:
        """The faults of a watch by the place of the stay that they belong to.

        While it is out of service nobody has to repair it.
        """
        by_stay: defaultdict[int, list[Fault]] = defaultdict(list)
        found = faults_in(reading, [*out, *_away(reading.frame)])
        if len(stays) == 1:
            by_stay[0] = found
            return by_stay
        ends = [stay.spans[-1][1] for stay in stays]
        for fault in found:
            # A fault that began while the watch was out of service belongs to the stay that came next.
            by_stay[min(bisect_left(ends, fault.start + 1), len(stays) - 1)].append(fault)
        return by_stay


def _away(frame: Frame) -> list[Span]:
    """When a watch was out of service, in between."""
    return [(end, start) for (_, end), (start, _) in pairwise(frame.counted.spans)]


def _changes(reading: Reading, spans: Iterable[Span]) -> tuple[int, int]:
    """How many changes there were during these spans, and how many of them were into flapping."""
    changes = flapping = 0
    for span in spans:
        first, last = (bisect_left(reading.all, edge, key=_moment) - reading.past for edge in span)
        changes += last - first
        flapping += reading.codes[max(0, first + 1) : last + 1].count(FLAPS)
    return changes, flapping


def _moment(step: Step) -> int:
    return step.at
