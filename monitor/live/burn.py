"""How much device-time was good, bad and unknown: in the last minutes, hours and days, and in this month.

Exact, and by the same rules as a report (see ``model.timeline``): a state counts from ``at`` on where a sight
covers it, however late it is told, and what is excluded counts as nothing. Pure: no I/O, the clock is handed
in.

Watches that share a group and what counts of their time make a *pool*. A pool knows how many of it are good
and bad, as changes of these numbers. A change is kept with what had been seen until it (τ), so that the time
of a state is a difference of sums, whatever was not seen in between: with a change of the number by d at τ,
d·(T - τ) device-time was gained until T. Changes are kept by the minute; each window has their sums, and
moves by whole minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from monitor.live.horizon import Horizon, Looked, Part
from monitor.live.seentime import Shape
from monitor.model.measured import WINDOWS, Spent
from monitor.model.observations import State
from monitor.model.spans import Span
from monitor.model.timeline import Step

MINUTE: Final = 60_000
MONTH: Final = len(WINDOWS)
"""The place of the month among the windows, which stand in the order of ``WINDOWS``."""

_LENGTHS: Final = tuple(round(1000 * seconds) for seconds in WINDOWS.values())
_LONGEST: Final = _LENGTHS.index(max(_LENGTHS))
_BEFORE_ALL: Final = -1

_NEITHER, _GOOD, _BAD = range(3)
_KINDS: Final = {
    State.UNKNOWN: _NEITHER,
    State.UP: _GOOD,
    State.DEGRADED: _BAD,
    State.DOWN: _BAD,
}

WatchKey = tuple[str, str]


class Belongs(NamedTuple):
    """What a watch is counted by. ``point_class`` is that of a camera point, None for anything else."""

    network: str
    region: str
    point_class: int | None


class Stay(NamedTuple):
    """A watch while it was in service and nothing of what it is counted by changed.

    ``out``: what approved exclusions leave out. ``right``: what approved corrections say, so it is known.
    """

    belongs: Belongs
    part: Part
    life: tuple[Span, ...]
    out: tuple[Span, ...] = ()
    right: tuple[Span, ...] = ()


_Form = tuple[Part, tuple[Span, ...], tuple[Span, ...], tuple[Span, ...]]
"""All that decides which time of a watch counts."""


class Pool:
    """Watches counted together that share their shape.

    ``levels`` has for each window: how many were good when it began, and of the changes since then their sum
    and the sum of each times its τ; then the same of those that were bad.
    """

    __slots__ = ("belongs", "levels", "shape", "watches")

    def __init__(self, belongs: Belongs, shape: Shape) -> None:
        self.belongs = belongs
        self.shape = shape
        self.watches = 0
        self.levels = [[0] * 6 for _ in range(MONTH + 1)]


@dataclass(slots=True)
class _Watch:
    """Where a watch counts, and what it was last; ``certain``: until when somebody put its past right."""

    pools: Sequence[Pool]
    part: Part
    certain: int
    kind: int = _NEITHER
    at: int = _BEFORE_ALL


class Burn:
    """The device-time of all groups. ``settle`` decides up to when; nothing counts before."""

    def __init__(self, zone: ZoneInfo, sights: Iterable[Looked], now: int) -> None:
        """Begin with all sights that the windows may touch, as of ``now``; watches are to be added."""
        self._zone = zone
        self._horizon = Horizon()
        self._horizon.begin(sights)
        self._horizon.move(now)
        self._stale = False
        self._watches: dict[WatchKey, _Watch] = {}
        self._pools: dict[tuple[Belongs, _Form], Pool] = {}
        self._shapes: dict[_Form, Shape] = {}
        self._waiting: list[tuple[WatchKey, int, int]] = []
        self._minutes: defaultdict[int, dict[Pool, list[int]]] = defaultdict(dict)
        self.month = month_of(self.moment, zone)
        self._starts = [_window_start(self.moment, length) for length in _LENGTHS]
        self._starts.append(self.month[0])

    @property
    def moment(self) -> int:
        """Up to when device-time is counted, in milliseconds."""
        return self._horizon.moment

    @property
    def stale(self) -> bool:
        """Whether something was told that cannot be added any more: the ledger knows it, begin with that."""
        return self._stale or self._horizon.stale

    @property
    def windows(self) -> list[Span]:
        """All windows, the month last. Those that roll begin with a minute: they may be 59 s longer."""
        return [(start, self.moment) for start in self._starts]

    @property
    def size(self) -> int:
        """How many numbers of minutes and pools are kept."""
        return sum(map(len, self._minutes.values()))

    # -- what is told

    def add(self, key: WatchKey, stays: Sequence[Stay], seen: Sequence[Span], steps: Iterable[Step]) -> None:
        """One watch with its past: when its part was ``seen``, and its steps in the order of time."""
        pools = [self._pool(stay, seen) for stay in stays]
        certain = max((end for stay in stays for _, end in stay.right), default=0)
        watch = self._watches[key] = _Watch(pools, stays[-1].part, certain)
        horizon, first = self._horizon.known(watch.part), min(self._starts)
        before: Step | None = None
        for step in steps:
            if step.at < first:
                before = step
                continue
            if before is not None:
                self._turn(watch, _KINDS[before.state], _BEFORE_ALL)
                before = None
            if step.at > horizon:
                self._waiting.append((key, step.at, _KINDS[step.state]))
            else:
                self._turn(watch, _KINDS[step.state], step.at)
        if before is not None:
            self._turn(watch, _KINDS[before.state], _BEFORE_ALL)

    def change(self, key: WatchKey, at: int, state: State, *, again: bool = False) -> None:
        """A watch turned at ``at``. Of one that is not in the list: nothing.

        ``again``: it may be one of the steps with which the watch was added.
        """
        watch = self._watches.get(key)
        if watch is None or (again and self._knows(watch, key, at, _KINDS[state])):
            return
        if at < max(watch.at, watch.certain, min(self._starts)):
            self._stale = True
            return
        self._waiting.append((key, at, _KINDS[state]))

    def see(self, one: Looked) -> None:
        """A collector looked, or was blind. In the order told."""
        self._horizon.see(one)

    def settle(self, now: int) -> None:
        """Count everything up to where it can be known."""
        self._horizon.move(now)
        self._apply()
        for place, length in enumerate(_LENGTHS):
            self._roll(place, _window_start(self.moment, length))
        if self.moment >= self.month[1]:
            self._turn_month()
        for minute in [minute for minute in self._minutes if minute * MINUTE < self._starts[_LONGEST]]:
            del self._minutes[minute]

    # -- what it comes to

    def spent(self) -> Iterator[tuple[Belongs, list[int]]]:
        """For each pool, by window: milliseconds good, bad and unknown; then how many watches still serve."""
        moment = self.moment
        measured = {
            id(shape): [
                (
                    shape.seen_until(moment),
                    shape.seen_until(moment) - shape.seen_until(start),
                    shape.stated.within(start, moment),
                )
                for start in self._starts
            ]
            for shape in self._shapes.values()
        }
        for pool in self._pools.values():
            row: list[int] = []
            count = pool.watches
            windows = zip(measured[id(pool.shape)], pool.levels, strict=True)
            for (reached, seen, stated), (good0, good1, good2, bad0, bad1, bad2) in windows:
                good = good0 * seen + good1 * reached - good2
                bad = bad0 * seen + bad1 * reached - bad2
                row += (good, bad, count * stated - good - bad)
            row.append(count if pool.shape.ends > moment else 0)
            yield pool.belongs, row

    # -- inside

    def _knows(self, watch: _Watch, key: WatchKey, at: int, kind: int) -> bool:
        return at < watch.at or (at, kind) == (watch.at, watch.kind) or (key, at, kind) in self._waiting

    def _pool(self, stay: Stay, seen: Sequence[Span]) -> Pool:
        form = (stay.part, stay.life, stay.out, stay.right)
        pool = self._pools.get((stay.belongs, form))
        if pool is None:
            shape = self._shapes.get(form)
            if shape is None:
                shape = self._shapes[form] = Shape(seen, *form[1:])
                self._horizon.place(stay.part, seen, shape)
            pool = self._pools[stay.belongs, form] = Pool(stay.belongs, shape)
        pool.watches += 1
        return pool

    def _apply(self) -> None:
        """What waits for a horizon that is there by now. The order in which a watch turned stays."""
        waiting, self._waiting = self._waiting, []
        for key, at, kind in waiting:
            watch = self._watches[key]
            if at > self._horizon.known(watch.part):
                self._waiting.append((key, at, kind))
            elif at < watch.at:
                self._stale = True
            else:
                self._turn(watch, kind, at)

    def _turn(self, watch: _Watch, kind: int, at: int) -> None:
        good = (kind == _GOOD) - (watch.kind == _GOOD)
        bad = (kind == _BAD) - (watch.kind == _BAD)
        watch.kind, watch.at = kind, at
        if good or bad:
            for pool in watch.pools:
                self._count(pool, good, bad, at)

    def _count(self, pool: Pool, good: int, bad: int, at: int) -> None:
        reached = pool.shape.seen_until(at)
        for start, level in zip(self._starts, pool.levels, strict=True):
            if at < start:
                level[0] += good
                level[3] += bad
            else:
                level[1] += good
                level[2] += good * reached
                level[4] += bad
                level[5] += bad * reached
        if at >= self._starts[_LONGEST]:
            kept = self._minutes[at // MINUTE].setdefault(pool, [0, 0, 0, 0])
            kept[0] += good
            kept[1] += good * reached
            kept[2] += bad
            kept[3] += bad * reached

    def _roll(self, place: int, start: int) -> None:
        """What a window leaves behind is what it begins with."""
        for minute in range(self._starts[place] // MINUTE, start // MINUTE):
            for pool, (good, good_seen, bad, bad_seen) in self._minutes.get(minute, {}).items():
                level = pool.levels[place]
                level[0] += good
                level[1] -= good
                level[2] -= good_seen
                level[3] += bad
                level[4] -= bad
                level[5] -= bad_seen
        self._starts[place] = max(start, self._starts[place])

    def _turn_month(self) -> None:
        """Begin the month in which we are with what its first days, which are all kept, hold already."""
        self.month = month_of(self.moment, self._zone)
        self._starts[MONTH] = self.month[0]
        for pool in self._pools.values():
            good0, good1, _, bad0, bad1, _ = pool.levels[MONTH]
            pool.levels[MONTH] = [good0 + good1, 0, 0, bad0 + bad1, 0, 0]
        for minute, kept in self._minutes.items():
            if minute * MINUTE >= self.month[0]:
                for pool, (good, good_seen, bad, bad_seen) in kept.items():
                    since = (-good, good, good_seen, -bad, bad, bad_seen)
                    pool.levels[MONTH] = [a + b for a, b in zip(pool.levels[MONTH], since, strict=True)]


def spent_of(row: Sequence[int], place: int) -> Spent:
    """A window of a row of :meth:`Burn.spent`."""
    return Spent(*row[3 * place : 3 * place + 3])


def month_of(moment: int, zone: ZoneInfo) -> Span:
    """The month of the calendar there in which a moment lies."""
    first = datetime.fromtimestamp(moment / 1000, zone).date().replace(day=1)
    return _midnight(first, zone), _midnight((first + timedelta(days=31)).replace(day=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def _window_start(moment: int, length: int) -> int:
    return (moment - length) // MINUTE * MINUTE
