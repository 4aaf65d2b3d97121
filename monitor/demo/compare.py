"""Holds what the ledger says against what truly happened.

A fault that lasted longer than its watch needs to confirm it must be in the ledger: the right node,
network, state and cause, and its true moments inside the interval that each edge states. And the
ledger must hold nothing that did not happen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from monitor.config import JudgeSettings
from monitor.demo.comparison import Comparison
from monitor.demo.faults import FaultKind
from monitor.demo.flaps import check_flapping
from monitor.demo.patience import Patience
from monitor.demo.told import ChangeLike, Episode, Gap, Key, Timeline
from monitor.demo.truth import TruthRow
from monitor.model.observations import Cause

_USUAL = JudgeSettings()


def compare(
    truth: Iterable[TruthRow],
    changes: Iterable[ChangeLike],
    patience: Mapping[Key, Patience],
    now: int,
    *,
    judge: JudgeSettings = _USUAL,
    gaps: Sequence[Gap] = (),
) -> Comparison:
    """What the ledger got right and wrong until ``now`` (milliseconds).

    ``patience``: how long each watch needs to be judged. A fault that is younger, shorter, or was hidden
    in ``gaps`` for all but such a time is not asked for. The time before the collectors' first look is
    such a gap, and the caller's to say: of a watch that the ledger never mentions every fault is missed.
    """
    rows: dict[Key, list[TruthRow]] = defaultdict(list)
    for row in truth:
        rows[row.key].append(row)
    told: dict[Key, list[ChangeLike]] = defaultdict(list)
    for change in changes:
        told[change.node, change.network].append(change)
    result = Comparison()
    for key in rows.keys() | told.keys():
        timeline = Timeline(key, told[key], now, gaps)
        for row in rows[key]:
            if row.fault is FaultKind.FLAPPING:
                check_flapping(row, timeline, patience[key], judge, result)
            else:
                _check(row, timeline, patience[key].window, result)
        _check_widths(timeline, patience[key], result)
        _look_for_inventions(rows[key], timeline, result)
    return result


def _check(row: TruthRow, timeline: Timeline, window: int, result: Comparison) -> None:
    end = timeline.now if row.ended is None else min(row.ended, timeline.now)
    in_sight = timeline.longest_sight(row.began, end) > window
    result.count(long_enough=end - row.began > window, in_sight=in_sight)
    episodes = timeline.about(row)
    if episodes:
        _check_said(row, episodes, window, timeline, result)
        _check_edges(row, episodes, window, timeline, result)
    elif in_sight:
        result.miss(row)


def _check_said(
    row: TruthRow, episodes: list[Episode], window: int, timeline: Timeline, result: Comparison
) -> None:
    """Every word, also of a fault that need not have been found; as for passing ones, see Expectation."""
    settled, end = row.began_by + window, timeline.now if row.ended is None else row.ended
    for hidden_from, hidden_to in timeline.unseen:
        if hidden_from < end and hidden_to > row.began:
            settled = max(settled, hidden_to + window)  # what had begun to be judged begins anew
    for episode in episodes:
        for standing, until in episode.stretches(timeline.now):
            right = row.expected.lasting
            if max(standing.since, settled) >= min(until, end):
                right |= row.expected.passing
            if not result.weigh(row, standing, episode, right):
                return


def _check_edges(
    row: TruthRow, episodes: list[Episode], window: int, timeline: Timeline, result: Comparison
) -> None:
    begin, end = episodes[0].begin, episodes[-1].end
    if len(episodes) > 1:
        result.mistake_edge(row, f"told as {len(episodes)} faults")
        return
    if not begin.may_be(row.began, row.began_by):
        result.mistake_edge(row, f"begin in {begin}")
    if row.ended is None:
        if end is not None:
            result.mistake_edge(row, f"ended in {end}, and it still lasts")
    elif end is not None:
        if not end.may_be(row.ended, row.ended_by or timeline.now):
            result.mistake_edge(row, f"end in {end}")
    elif timeline.longest_sight(row.ended_by or row.ended, timeline.now) > window:
        result.mistake_edge(row, "told as lasting")


def _check_widths(timeline: Timeline, patience: Patience, result: Comparison) -> None:
    """An interval that holds any moment proves none: what was seen is known as closely as it is judged."""
    for episode in timeline.episodes:
        for edge in episode.edges:
            if edge.low is None:
                continue  # what was so at the first look claims no beginning
            result.widths.append(edge.high - edge.low)
            was_silent = edge is episode.end and episode.said[-1].cause is Cause.HEARTBEAT_MISSED
            window = max(patience.window, patience.silence) if was_silent else patience.window
            if edge.high - edge.low > window and not timeline.hidden(edge.low, edge.high):
                result.too_wide(timeline.key, episode, edge, window)


def _look_for_inventions(rows: Sequence[TruthRow], timeline: Timeline, result: Comparison) -> None:
    for episode in timeline.episodes:
        if not any(episode.touches(row, timeline.now) for row in rows):
            result.invent(timeline.key, episode)
