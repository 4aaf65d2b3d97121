"""A plausible past of the invented city: who was down when, who was looking, and what people decided.

All of it is chance with a seed: single faults, restarts, town switches and county links with all behind them,
two days of a storm with power cuts, nights of planned work, and times in which no collector looked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from monitor.demo.city import City
from monitor.model.decisions import Exclusion, Reason, Scope, Signed
from monitor.model.nodes import Kind, Level, Node
from monitor.model.observations import Cause, State
from monitor.model.spans import Span

_SECOND: Final = 1000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

_QUIET: Final = _MINUTE
"""Before the end all is well and seen, for longer than it takes to be sure: what is told is past, too."""

_LEMONS: Final = 0.02
"""The share of points that fail ten times as often as the others."""

_KINDS: Final = (
    # mean days between two of them, median minutes, spread, state, causes
    (22.0, 190.0, 1.3, State.DOWN, (Cause.NO_REPLY, Cause.REFUSED, Cause.TIMEOUT, Cause.BAD_REPLY)),
    (18.0, 2.5, 0.5, State.DOWN, (Cause.NO_REPLY, Cause.REFUSED)),
    (60.0, 25.0, 0.8, State.DEGRADED, (Cause.SLOW, Cause.BUSY)),
    (250.0, 90.0, 0.6, State.DEGRADED, (Cause.FLAPPING,)),
)


class Spell(NamedTuple):
    """A watch was not up during [start, end), milliseconds."""

    start: int
    end: int
    state: State
    cause: Cause


@dataclass(frozen=True, slots=True)
class Unseen:
    """A time in which the collector of a network did not look; ``blind``: it said so itself."""

    span: Span
    blind: bool


@dataclass(slots=True)
class History:
    """``spells`` by node and network, in order and apart; ``unseen`` by network; approved exclusions."""

    start: int
    end: int
    spells: dict[tuple[str, str], list[Spell]] = field(default_factory=dict)
    unseen: dict[str, list[Unseen]] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)


def invent(city: City, seed: int, start: int, end: int) -> History:
    """What happened in [start, end), of which nothing goes on at the end."""
    return _Inventor(city, Random(f"history {seed}"), start, end).history()


class _Inventor:
    def __init__(self, city: City, rng: Random, start: int, end: int) -> None:
        self._city = city
        self._rng = rng
        self._start = start
        self._end = end
        self._spells: defaultdict[str, list[Spell]] = defaultdict(list)
        self._exclusions: list[Exclusion] = []

    def history(self) -> History:
        self._single_faults()
        self._blackouts()
        self._storm()
        self._nights_of_work()
        history = History(self._start, self._end, exclusions=self._exclusions)
        over = self._end - _QUIET
        for watch in self._city.watches:
            history.spells[watch.key] = _apart(self._spells[watch.node.id], over)
        for network in sorted({watch.network for watch in self._city.watches}):
            history.unseen[network] = sorted(self._unseen(over), key=lambda each: each.span)
        return history

    def _single_faults(self) -> None:
        for node in self._city.nodes:
            # What the city cannot do without is looked after better than a camera on a pole.
            steadiness = 1.0 if node.kind is Kind.CAMERA else 6.0
            if node.kind is Kind.CAMERA and self._rng.random() < _LEMONS:
                steadiness = 0.1
            for days, median, spread, state, causes in _KINDS:
                cause = self._rng.choice(causes)
                for at in self._moments(days * steadiness):
                    length = int(median * _MINUTE * self._rng.lognormvariate(0, spread))
                    self._spells[node.id].append(Spell(at, at + max(20 * _SECOND, length), state, cause))

    def _moments(self, days: float) -> Iterator[int]:
        at = float(self._start)
        while True:
            at += self._rng.expovariate(1 / (days * _DAY))
            if at >= self._end:
                return
            yield int(at)

    def _blackouts(self) -> None:
        """Switches of towns and platforms of counties fail, and all behind them with them."""
        for node in self._city.nodes:
            if node.kind is Kind.SWITCH and node.level is Level.TOWN:
                self._fail_behind(node, days=150.0, hours=1.5)
            elif node.kind is Kind.GATEWAY and node.level is Level.COUNTY:
                self._fail_behind(node, days=300.0, hours=0.4)

    def _fail_behind(self, root: Node, days: float, hours: float) -> None:
        for at in self._moments(days):
            end = at + int(hours * _HOUR * self._rng.lognormvariate(0, 0.7))
            self._black_out(root, at, end)

    def _black_out(self, root: Node, start: int, end: int) -> None:
        for node in self._city.behind(root.id):
            # Neither at the same second nor in the same probe: each is noticed at its own turn.
            begin = start + self._rng.randrange(8 * _SECOND)
            self._spells[node].append(
                Spell(begin, end + self._rng.randrange(_MINUTE), State.DOWN, Cause.NO_REPLY)
            )

    def _storm(self) -> None:
        """Two days in the middle: towns without mains power, which somebody lets be excluded afterwards."""
        start = self._start + (self._end - self._start) // 2
        roots = [node for node in self._city.nodes if node.kind is Kind.SWITCH and node.level is Level.TOWN]
        for number, root in enumerate(self._rng.sample(roots, max(1, len(roots) // 6)), 1):
            begin = start + self._rng.randrange(_DAY)
            end = begin + int(_HOUR * self._rng.uniform(4, 30))
            self._black_out(root, begin, end)
            later = min(self._end, end + 3 * _DAY)
            signed = Signed("演示值班员", later, "演示审批人", later)
            scope = Scope(parents=(root.id,))
            self._exclusions.append(
                Exclusion(f"S{number}", scope, begin, end, Reason.MAINS_POWER, "演示：台风停电", signed)
            )

    def _nights_of_work(self) -> None:
        """One night in each quarter of a year a contractor works on its points, announced before."""
        contractors = sorted({node.contractor for node in self._city.nodes if node.contractor})
        nights = max(1, (self._end - self._start) // (91 * _DAY))
        for number in range(nights * len(contractors)):
            contractor = contractors[number % len(contractors)]
            day = self._start + self._rng.randrange(self._end - self._start) // _DAY * _DAY
            begin = day + 17 * _HOUR  # one in the morning there
            end = min(begin + 4 * _HOUR, self._end)
            if end <= begin:
                continue
            signed = Signed("演示维护单位", begin - 2 * _DAY, "演示审批人", begin - _DAY)
            scope = Scope(contractors=(contractor,))
            self._exclusions.append(
                Exclusion(f"W{number + 1}", scope, begin, end, Reason.PLANNED_WORK, "演示：割接", signed)
            )
            self._work_on(contractor, begin, end)

    def _work_on(self, contractor: str, start: int, end: int) -> None:
        for node in self._city.nodes:
            if node.contractor == contractor and node.kind is Kind.CAMERA and self._rng.random() < 0.3:
                begin = start + self._rng.randrange((end - start) // 2)
                until = min(end, begin + int(_HOUR * self._rng.uniform(0.2, 2)))
                self._spells[node.id].append(Spell(begin, until, State.DOWN, Cause.NO_REPLY))

    def _unseen(self, over: int) -> Iterator[Unseen]:
        """Restarts of the collector, one long loss of its machine, two times of blindness; until ``over``."""
        for at in self._moments(45.0):
            until = min(over, at + self._rng.randrange(40 * _SECOND, 8 * _MINUTE))
            if at < until:
                yield Unseen((at, until), blind=False)
        for hours, blind in ((5.0, False), (0.4, True), (0.3, True)):
            at = self._start + self._rng.randrange(max(1, self._end - self._start - 6 * _HOUR))
            yield Unseen((at, min(over, at + int(hours * _HOUR))), blind)


def _apart(spells: list[Spell], over: int) -> list[Spell]:
    """In order, at least a minute between two: who is down already cannot fall. All end by ``over``."""
    found: list[Spell] = []
    for spell in sorted(spells):
        if spell.start < over and (not found or spell.start >= found[-1].end + _MINUTE):
            found.append(spell._replace(end=min(spell.end, over)))
    return found
