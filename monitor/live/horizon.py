"""Who looked at what, and up to when anything can be known. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from monitor.live.seentime import Seen, Shape
from monitor.model.spans import Span

ON_ITS_WAY: Final = 60_000
"""A sight may take so long to arrive. Until then its time is not missing, and nothing is known of it yet."""

Place = tuple[str, int, int]
"""A shard: its network, its number, and into how many the network was cut."""


class Part(NamedTuple):
    """Watches of a network that the same collectors look at: their shard in every layout of late."""

    network: str
    shards: tuple[tuple[int, int], ...]


class Looked(NamedTuple):
    """A collector looked at a shard of a network for this time, or was ``blind`` then."""

    network: str
    shard: int
    shards: int
    start: int
    end: int
    blind: bool


class Horizon:
    """Takes sights as they come, and hands them to the shapes of the watches that they prove."""

    def __init__(self) -> None:
        self.moment = 0
        """Up to here everything is known, or known to be missing; it never goes back."""
        self.stale = False
        """Whether a sight said something that is too old, or of too new a layout, to be added here."""
        self._seen: dict[Part, Seen] = {}
        self._shapes: defaultdict[Part, list[Shape]] = defaultdict(list)
        self._parts: defaultdict[Place, list[Part]] = defaultdict(list)
        self._ends: dict[Place, int] = {}
        self._layouts: defaultdict[str, dict[int, int]] = defaultdict(dict)

    def begin(self, sights: Iterable[Looked]) -> None:
        """The sights known so far: of them only what is the last counts here."""
        for one in sights:
            self._note(one)

    def place(self, part: Part, seen: Iterable[Span], shape: Shape) -> None:
        """``shape`` is one of the watches of ``part``, which was seen in these spans so far."""
        if part not in self._seen:
            self._seen[part] = Seen(seen)
            for shard, shards in part.shards:
                self._parts[part.network, shard, shards].append(part)
        self._shapes[part].append(shape)

    def see(self, one: Looked) -> None:
        """One more sight."""
        if one.shards not in self._layouts.get(one.network, ()):
            self.stale = True
            return
        self._note(one)
        if one.blind:
            return
        for part in self._parts.get((one.network, one.shard, one.shards), ()):
            seen = self._seen[part]
            if not seen.has(one.start, min(one.end, seen.end)):
                self.stale = True
            seen.add(one.start, one.end)
            for shape in self._shapes[part]:
                shape.see(one.start, one.end)

    def known(self, part: Part) -> int:
        """Up to when it is known how much of the time of these watches counts."""
        return min(self.moment, self._seen[part].end)

    def move(self, now: int) -> None:
        """To the end of the newest sights while more are on their way. What is overdue is missing."""
        ends = [end for end in self._newest() if now - ON_ITS_WAY <= end]
        self.moment = max(self.moment, min([now, *ends]))

    def _newest(self) -> Iterable[int]:
        """Until when each shard was seen, of the layout of its network that was used last."""
        for network, layouts in self._layouts.items():
            _, shards = max((end, shards) for shards, end in layouts.items())
            for shard in range(shards):
                yield self._ends.get((network, shard, shards), 0)

    def _note(self, one: Looked) -> None:
        layouts = self._layouts[one.network]
        layouts[one.shards] = max(one.end, layouts.get(one.shards, 0))
        if not one.blind:
            place = (one.network, one.shard, one.shards)
            self._ends[place] = max(one.end, self._ends.get(place, 0))
