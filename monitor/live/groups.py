"""Watches counted together: from pools and the board to networks, regions and classes, each with its budget.

Pure. Sums of time, never averages of averages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import add
from typing import Final

from monitor.config import Site
from monitor.config.atlas import Atlas
from monitor.live.board import Board
from monitor.live.burn import MONTH, Belongs, Burn, spent_of
from monitor.model.measured import WINDOWS, Budget, GroupNow, Spent
from monitor.model.nodes import Kind
from monitor.model.observations import State
from monitor.model.spans import Span

Key = tuple[str | None, str | None, int | None]
"""Network, region and class of a group, each None for all."""

_MILLION: Final = 1_000_000
_SERVING: Final = 3 * (MONTH + 1)
_STATES: Final = _SERVING + 1
_SUPPRESSED: Final = _STATES + len(State)
_MAINTAINED: Final = _SUPPRESSED + 1
_SIZE: Final = _MAINTAINED + 1
_LONGEST: Final = list(WINDOWS).index(max(WINDOWS, key=WINDOWS.__getitem__))

Covers = Callable[[str, str], object]
"""Whether a watch (node, network) is down by the fault of something above it, or is under maintenance."""


def _nobody(_node: str, _network: str) -> bool:
    return False


class Groups:
    """The groups of a site: in every network and in all, in every region with what lies in it and in all,
    the camera points of every class and all watches. Only those in which there is a watch.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._atlas = Atlas(site.regions)

    def now(
        self, board: Board, burn: Burn, is_upstream: Covers = _nobody, is_maintained: Covers = _nobody
    ) -> tuple[GroupNow, ...]:
        """How all of them are; that of all watches first."""
        sums: dict[Key, list[int]] = {}
        for belongs, row in _rows(board, burn, is_upstream, is_maintained):
            _add(sums, belongs, row)
        _fold(sums, ((key, (*key[:2], None)) for key in list(sums) if key[2] is not None))
        self._fold_regions(sums)
        _fold(sums, ((key, (None, *key[1:])) for key in list(sums)))
        return tuple(self._group(key, sums[key], burn) for key in sorted(sums, key=_order))

    def _fold_regions(self, sums: dict[Key, list[int]]) -> None:
        """What lies deepest first: a region that is added to what it lies in is whole by then."""
        waiting: defaultdict[int, set[Key]] = defaultdict(set)
        for key in sums:
            waiting[self._depth(key)].add(key)
        for depth in range(max(waiting, default=0), 0, -1):
            for network, region, point_class in waiting[depth]:
                around = self._atlas.around(region or "")
                outer = (network, around[1] if len(around) > 1 else None, point_class)
                _add(sums, outer, sums[network, region, point_class])
                waiting[self._depth(outer)].add(outer)
        for key in [key for key in sums if key[1] == ""]:
            del sums[key]

    def _depth(self, key: Key) -> int:
        """How many regions a region lies in, itself included; what is in none lies in no region at all."""
        return 0 if key[1] is None else max(1, len(self._atlas.around(key[1])))

    def _group(self, key: Key, row: Sequence[int], burn: Burn) -> GroupNow:
        spent = [spent_of(row, place) for place in range(MONTH + 1)]
        target = None if key[2] is None else self.site.targets.get(key[2])
        states = row[_STATES:_SUPPRESSED]
        return GroupNow(
            *key,
            watches=sum(states),
            states={state.value: states[state.code] for state in State},
            suppressed=row[_SUPPRESSED],
            maintained=row[_MAINTAINED],
            target=target,
            windows=dict(zip((*WINDOWS, "month"), spent, strict=True)),
            budget=None if target is None else budget(target, spent, row[_SERVING], burn.windows, burn.month),
        )


def _add(sums: dict[Key, list[int]], key: Key, row: list[int]) -> None:
    known = sums.get(key)
    sums[key] = row if known is None else list(map(add, known, row))


def _fold(sums: dict[Key, list[int]], pairs: Iterable[tuple[Key, Key]]) -> None:
    """Add the row of each first key to that of the second."""
    for inner, outer in pairs:
        _add(sums, outer, sums[inner])


def _rows(
    board: Board, burn: Burn, is_upstream: Covers, is_maintained: Covers
) -> Iterator[tuple[Belongs, list[int]]]:
    """What is counted: of each pool its time, of each group of the board how its watches are."""
    for belongs, spent in burn.spent():
        yield belongs, [*spent, *[0] * (_SIZE - len(spent))]
    excused = _excused(board, is_upstream, is_maintained)
    for number, group in enumerate(board.groups):
        of = group.point_class if group.kind is Kind.CAMERA else None
        states = board.counts[4 * number : 4 * number + 4]
        yield (
            Belongs(group.network, group.region, of),
            [*[0] * _STATES, *states, *excused.get(number, (0, 0))],
        )


def _excused(board: Board, is_upstream: Covers, is_maintained: Covers) -> Mapping[int, list[int]]:
    """By group of the board, how many are down by another's fault, and how many else for maintenance."""
    found: dict[int, list[int]] = {}
    for row in board.rows_showing(State.DOWN):
        key = board.watches[row].key
        place = 0 if is_upstream(*key) else 1 if is_maintained(*key) else None
        if place is not None:
            found.setdefault(board.group_of[row], [0, 0])[place] += 1
    return found


def _order(key: Key) -> tuple[str, str, int]:
    network, region, point_class = key
    return (network or "", region or "", point_class or 0)


def budget(
    target: float, spent: Sequence[Spent], serving: int, windows: Sequence[Span], month: Span
) -> Budget:
    """What the target leaves of the device-time of the whole month, and how far it is used.

    The ``serving`` watches are taken to stay until the month ends, as in a report. ``spent`` and ``windows``
    run side by side, the month last.
    """
    so_far = spent[MONTH]
    end = windows[MONTH][1]
    device_time = so_far.good + so_far.bad + so_far.unknown + serving * max(0, month[1] - end)
    # In whole numbers: what is allowed must be the same on every machine.
    total = device_time * (_MILLION - round(target * _MILLION)) // _MILLION
    recent = (spent[_LONGEST].bad, windows[_LONGEST])
    return Budget(total, so_far.bad, _gone_at(total, so_far.bad, recent, month))


def _gone_at(total: int, used: int, recent: tuple[int, Span], month: Span) -> int | None:
    """When a budget is gone if it goes on as in the ``recent`` days, or when it was.

    What was used before them, in this month, is taken to have been used evenly; so is what was used in them.
    """
    lately, (since, moment) = recent
    if used < total:
        rest = (total - used) * (moment - since)
        gone = moment + -(-rest // lately) if lately else month[1]
        return gone if gone < month[1] else None
    if not used:
        return None  # no device-time, no budget
    before = used - lately if since > month[0] else 0
    if total <= before:
        return month[0] + total * (since - month[0]) // before if before else month[0]
    since = max(since, month[0])
    return since + (total - before) * (moment - since) // (used - before)
