"""What was looked at: the sights of all collectors, as spans for each watch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from monitor.model.nodes import shard_of
from monitor.model.spans import Span, merged, without


class Looked(NamedTuple):
    """A collector looked at a shard of a network for this time, or was ``blind`` then."""

    network: str
    shard: int
    shards: int
    start: int
    end: int
    blind: bool


class Part(NamedTuple):
    """Watches of a network that the same collectors look at: their shard in every layout that it ever had."""

    network: str
    shards: tuple[tuple[int, int], ...]

    @property
    def label(self) -> str:
        """The shard in the layout that was used last: ``0/1``."""
        return "/".join(map(str, self.shards[-1])) if self.shards else ""


class Cover:
    """A watch is seen where the sight of any layout covers its shard: whoever looks, proves."""

    def __init__(self, sights: Iterable[Looked]) -> None:
        self._seen: defaultdict[tuple[str, int, int], list[Span]] = defaultdict(list)
        self._blind: defaultdict[tuple[str, int, int], list[Span]] = defaultdict(list)
        ends: dict[tuple[str, int], int] = {}
        for network, shard, shards, start, end, blind in sights:
            (self._blind if blind else self._seen)[network, shard, shards].append((start, end))
            ends[network, shards] = max(end, ends.get((network, shards), end))
        # The layout in use last stands last.
        self._layouts: defaultdict[str, list[int]] = defaultdict(list)
        for network, shards in sorted(ends, key=lambda layout: (ends[layout], layout)):
            self._layouts[network].append(shards)
        self._merged: dict[Part, list[Span]] = {}

    def part(self, node: str, network: str) -> Part:
        """Which part of its network a node is in."""
        layouts = self._layouts.get(network, ())
        return Part(
            network, tuple((shard_of(node, shards) if shards > 1 else 0, shards) for shards in layouts)
        )

    def seen(self, part: Part) -> list[Span]:
        """When somebody looked at this part."""
        if part not in self._merged:
            self._merged[part] = self._spans(self._seen, part)
        return self._merged[part]

    def unseen(self, part: Part, window: Span) -> list[tuple[Span, bool]]:
        """When nobody did, and whether a collector said then that it was blind."""
        gaps = without([window], self.seen(part))
        blind = self._spans(self._blind, part)
        silent = [(span, False) for span in without(gaps, blind)]
        return sorted([*silent, *((span, True) for span in without(gaps, [one for one, _ in silent]))])

    def last(self) -> dict[Part, int]:
        """For the shards of each network's last layout, until when they were seen."""
        found = {}
        for network, layouts in self._layouts.items():
            for shard in range(layouts[-1]):
                spans = self._seen.get((network, shard, layouts[-1]), [])
                found[Part(network, ((shard, layouts[-1]),))] = max((end for _, end in spans), default=0)
        return found

    def _spans(self, known: dict[tuple[str, int, int], list[Span]], part: Part) -> list[Span]:
        return merged(
            span for shard, shards in part.shards for span in known.get((part.network, shard, shards), ())
        )
