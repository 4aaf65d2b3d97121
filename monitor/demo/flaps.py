"""Holds what is told of a flapping watch against its true turns.

Each turn to refusing is a fault of its own, with its edges, until the judge has seen so many that it
says once that the watch flaps; then nothing more until it has been still for long enough.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from monitor.config import JudgeSettings
from monitor.demo.comparison import Comparison
from monitor.demo.patience import Patience
from monitor.demo.told import Edge, Episode, Timeline
from monitor.demo.truth import Span, TruthRow
from monitor.model.observations import Cause, State

FLAPPING: Final = (State.DEGRADED, Cause.FLAPPING)


def check_flapping(
    row: TruthRow, timeline: Timeline, patience: Patience, judge: JudgeSettings, result: Comparison
) -> None:
    """Count into ``result`` what is missing or wrong about this fault."""
    turns = _Turns(row, timeline, patience, judge)
    seen = turns.to_be_found(seen=True)
    result.count(long_enough=bool(turns.to_be_found(seen=False)), in_sight=bool(seen))
    episodes = timeline.about(row)
    if not all(any(_covers(episode, turn) for episode in episodes) for turn in seen):
        result.miss(row)
    if not episodes:
        return
    words = {standing.word for episode in episodes for standing in episode.said}
    if turns.must_be_called_so() and FLAPPING not in words:
        result.mistake_state(row, f"never told as flapping, but as {episodes[0]}")
    right = row.expected.lasting if turns.may_be_called_so() else row.expected.lasting - {FLAPPING}
    for episode in episodes:
        turns.check_edges(episode, result)
        for standing in episode.said:
            if not result.weigh(row, standing, episode, right):
                break


class _Turns:
    """The true turns of one row: to refusing, to working, to refusing, and so on."""

    def __init__(self, row: TruthRow, timeline: Timeline, patience: Patience, judge: JudgeSettings) -> None:
        self._row = row
        self._timeline = timeline
        self._patience = patience
        self._judge = judge
        self._end = timeline.now if row.ended is None else min(row.ended, timeline.now)
        turns = [(row.began, row.began_by), *row.turns]
        if row.ended is not None and len(turns) % 2:
            turns.append((row.ended, row.ended_by or timeline.now))
        self._refusals: list[Span] = turns[0::2]
        self._admissions: list[Span] = turns[1::2]
        # While the fault lasts; the last of its stretches ends with it.
        begun = [first for first, _ in turns if first < self._end]
        self._stretches = list(pairwise([*begun, self._end]))

    def to_be_found(self, *, seen: bool) -> list[Span]:
        """The turns in which it refused for so long that this is surely judged (and, if asked for, seen)."""
        return [
            (first, last)
            for first, last in self._stretches[0::2]
            if (self._timeline.longest_sight(first, last) if seen else last - first) > self._patience.refused
        ]

    def must_be_called_so(self) -> bool:
        """Whether it turned more often than the judge lets pass, and each turn lasted to be seen."""
        length = self._judge.flap_changes + 1
        for number in range(len(self._stretches) - length + 1):
            run = self._stretches[number : number + length]
            before = self._stretches[max(0, number - 1)]
            first, known = run[0][0], run[-1][0] + self._patience.refused
            sure = all(end - begin > self._patience.refused for begin, end in [before, *run])
            quick = known - first < 1000 * self._judge.flap_within
            if sure and quick and not self._timeline.hidden(before[0], known):
                return True
        return False

    def may_be_called_so(self) -> bool:
        """Whether it turned so often that the judge can have counted too many turns within its span."""
        moments = sorted(first for first, _ in self._refusals + self._admissions)
        span = 1000 * self._judge.flap_within + self._patience.window
        return any(
            last - first <= span
            for first, last in zip(moments, moments[self._judge.flap_changes :], strict=False)
        )

    def check_edges(self, episode: Episode, result: Comparison) -> None:
        """It begins when it refuses, ends when it works; flapping ends when that has lasted for a while."""
        flapped = FLAPPING in {standing.word for standing in episode.said}
        if not _holds(episode.begin, self._refusals):
            result.mistake_edge(self._row, f"begin in {episode.begin}")
        if episode.end is None:
            still = 1000 * self._judge.flap_settle if flapped else 0
            if self._seen_since_end() > self._patience.window + still:
                result.mistake_edge(self._row, "told as lasting")
        elif not _holds(episode.end, self._admissions):
            result.mistake_edge(self._row, f"end in {episode.end}")
        elif flapped and self._turns_after(episode.end.high):
            result.mistake_edge(self._row, f"told as settled in {episode.end}, and it still flaps")

    def _turns_after(self, moment: int) -> bool:
        """Whether it surely turned down again before the judge can have called it settled."""
        settled = moment + round(1000 * self._judge.flap_settle) - self._patience.refused
        spans = zip(self._refusals, self._admissions, strict=False)
        return any(
            moment < first < settled and last - by > self._patience.refused
            for (first, by), (last, _) in spans
        )

    def _seen_since_end(self) -> int:
        row = self._row
        if row.ended is None:
            return 0
        return self._timeline.longest_sight(row.ended_by or row.ended, self._timeline.now)


def _covers(episode: Episode, turn: Span) -> bool:
    """Whether the episode speaks of this turn, or of a longer time that it lies in."""
    first, last = turn
    return episode.begin.high < last and (episode.end is None or episode.end.high > first)


def _holds(edge: Edge, spans: list[Span]) -> bool:
    return any(edge.may_be(first, last) for first, last in spans)
