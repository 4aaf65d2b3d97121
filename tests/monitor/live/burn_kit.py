"""A city of points on one clock, told to what measures it as collectors would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from clockwork import ZONE

from monitor.live.burn import MONTH, Belongs, Burn, Stay, spent_of
from monitor.live.horizon import Looked, Part
from monitor.model.measured import WINDOWS, Spent
from monitor.model.observations import State
from monitor.model.spans import Span
from monitor.model.timeline import Step

ALWAYS = ((-(2**62), 2**62),)
PART = Part("video", ((0, 1),))
POINTS = Belongs("video", "440902001", 1)


@dataclass
class City:
    """Points ``0`` to ``points - 1`` of one shard, all up since ``since`` and seen until ``begun``."""

    since: int
    begun: int
    points: int = 2
    out: tuple[Span, ...] = ()
    burn: Burn = field(init=False)

    def __post_init__(self) -> None:
        self.burn = Burn(ZONE, [self.looked(self.since, self.begun)], self.begun)
        for number in range(self.points):
            steps = [Step(self.since, None, State.UP, None)]  # type: ignore[arg-type]
            self.add(str(number), steps)

    def add(self, node: str, steps: Iterable[Step], *, life: tuple[Span, ...] = ALWAYS) -> None:
        stay = Stay(POINTS, PART, life, self.out)
        self.burn.add((node, "video"), [stay], [(self.since, self.begun)], steps)

    def looked(self, start: int, end: int, *, blind: bool = False) -> Looked:
        return Looked("video", 0, 1, start, end, blind)

    def see(self, start: int, end: int, *, blind: bool = False) -> None:
        self.burn.see(self.looked(start, end, blind=blind))

    def turn(self, at: int, state: State, nodes: Iterable[int] = (0,)) -> None:
        for node in nodes:
            self.burn.change((str(node), "video"), at, state)

    def spent(self, now: int) -> dict[str, Spent]:
        """By window, over all points."""
        self.burn.settle(now)
        rows = [row for _, row in self.burn.spent()]
        row = [sum(column) for column in zip(*rows, strict=True)]
        return dict(
            zip((*WINDOWS, "month"), (spent_of(row, place) for place in range(MONTH + 1)), strict=True)
        )
