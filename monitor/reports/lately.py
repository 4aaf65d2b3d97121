"""What pages ask for between reports: the last hours of a group, the days and the timeline of one watch.

By the same rules as a report, and from the same facts; nothing is recorded, and nothing is a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from monitor.config.atlas import Atlas
from monitor.model.decisions import Correction
from monitor.model.observations import State
from monitor.model.spans import Span, common, merged, without
from monitor.model.timeline import Frame, Parts, Step, corrected
from monitor.reports.cover import Cover
from monitor.reports.document import WatchKey
from monitor.reports.exclusions import Left, left_out
from monitor.reports.facts import Facts
from monitor.reports.measure import Measuring
from monitor.reports.stays import Stay, stays_of

Chooses = Callable[[Stay, Atlas], bool]

_UPSTREAM: Final = "upstream"
_OWN: Final = "own"


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start`` to ``end`` a watch was in ``state``; of what a rule leaves out the state is said too.

    ``attribution``: ``own`` or ``upstream`` while it was down, else empty.
    """

    start: int
    end: int
    state: State
    attribution: str
    excluded: bool


class Lately:
    """Facts about a window, and what follows from them for some watches."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._atlas = Atlas(facts.setting.regions)
        self._cover = Cover(facts.sights)
        self._left: Left = left_out(facts.exclusions, facts.eras, self._atlas)
        self._stays = stays_of(facts.eras, facts.window.span, facts.window.zone)

    def pieces(self, cuts: Sequence[int], chooses: Chooses) -> list[Parts]:
        """From one cut to the next, the time of all watches that are chosen."""
        measuring = Measuring(self.facts, self._cover, self._left, cuts=cuts)
        for _, stays in self._chosen(chooses):
            measuring.measure(stays)
        return measuring.pieces()

    def _chosen(self, chooses: Chooses) -> Iterator[tuple[WatchKey, list[Stay]]]:
        for key, stays in self._stays.items():
            found = [stay for stay in stays if chooses(stay, self._atlas)]
            if found:
                yield key, found

    def days(self, key: WatchKey) -> list[tuple[str, Parts]]:
        """Each day of the window with the time of one watch; nothing if it was never in service."""
        stays = self._stays.get(key)
        if not stays:
            return []
        measuring = Measuring(self.facts, self._cover, self._left)
        measuring.measure(stays)
        return measuring.days()

    def stretches(self, key: WatchKey) -> list[Stretch]:
        """What one watch was, in order, without gaps while it was in service."""
        out = [span for _, span in self._left.get(key, ())]
        told = [one for one in self.facts.corrections if (one.node, one.network) == key]
        # Of time that was put right somebody knows, though nobody looked.
        right = [(one.start, one.end) for one in told if one.state is not State.UNKNOWN]
        seen = [*self._cover.seen(self._cover.part(*key)), *right]
        life = merged(span for stay in self._stays.get(key, ()) for span in stay.spans)
        frame = Frame.of(self.facts.window.span, seen, life=life)
        upstream = self.facts.upstream.get(key, ())
        found = [
            piece
            for (start, end), state in _states(self._steps(key, told), frame)
            for piece in _parted((start, end), state, upstream, out)
        ]
        return _joined(sorted(found, key=lambda piece: piece.start))

    def _steps(self, key: WatchKey, told: Sequence[Correction]) -> Sequence[Step]:
        found = self.facts.steps.get(key, ())
        return corrected(found, ((one.start, one.end, one.state) for one in told)) if told else found


def _states(steps: Sequence[Step], frame: Frame) -> Iterator[tuple[Span, State]]:
    """Where somebody looked the state that was said last, elsewhere that nobody knows."""
    before = next((step.state for step in reversed(steps) if step.at <= frame.start), State.UNKNOWN)
    within = [(step.at, step.state) for step in steps if frame.start < step.at < frame.end]
    for (start, state), (end, _) in pairwise([(frame.start, before), *within, (frame.end, before)]):
        span = (start, end)
        seen = common([span], frame.seen.spans)
        yield from ((each, state) for each in seen)
        yield from ((each, State.UNKNOWN) for each in without(common([span], frame.counted.spans), seen))


def _parted(span: Span, state: State, upstream: Sequence[Span], out: Sequence[Span]) -> Iterator[Stretch]:
    """One stretch, cut where it is left out and where it is another's fault."""
    for excluded, pieces in ((True, common([span], merged(out))), (False, without([span], out))):
        for piece in pieces:
            if state is not State.DOWN:
                yield Stretch(*piece, state, "", excluded)
                continue
            theirs = common([piece], upstream)
            yield from (Stretch(*each, state, _UPSTREAM, excluded) for each in theirs)
            yield from (Stretch(*each, state, _OWN, excluded) for each in without([piece], theirs))


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Those that only a cut divided are one."""
    found: list[Stretch] = []
    for each in stretches:
        last = found[-1] if found else None
        if (
            last is not None
            and last.end == each.start
            and (last.state, last.attribution, last.excluded) == (each.state, each.attribution, each.excluded)
        ):
            found[-1] = Stretch(last.start, each.end, each.state, each.attribution, each.excluded)
        elif each.start < each.end:
            found.append(each)
    return found
