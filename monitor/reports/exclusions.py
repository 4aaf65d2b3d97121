"""Which time of which watch the approved exclusions leave out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from monitor.config.atlas import Atlas
from monitor.model.decisions import Exclusion, Scope
from monitor.model.nodes import Node
from monitor.model.spans import Span
from monitor.reports.document import WatchKey
from monitor.reports.facts import Era

Left = Mapping[WatchKey, Sequence[tuple[int, Span]]]
"""For each watch: the place of an exclusion in the list, and when it leaves the watch out."""


def left_out(exclusions: Sequence[Exclusion], eras: Sequence[Era], atlas: Atlas) -> Left:
    """By the node lists that were valid during each exclusion.

    What lies before the first of these lists or behind the last one goes by that list.
    """
    found: defaultdict[WatchKey, list[tuple[int, Span]]] = defaultdict(list)
    for number, era in enumerate(eras):
        start = None if number == 0 else era.start
        end = None if number == len(eras) - 1 else era.end
        family = Family(era.nodes, atlas)
        for place, exclusion in enumerate(exclusions):
            span = (
                exclusion.start if start is None else max(exclusion.start, start),
                exclusion.end if end is None else min(exclusion.end, end),
            )
            if span[0] < span[1]:
                for key in family.held(exclusion.scope):
                    found[key].append((place, span))
    return dict(found)


class Family:
    """A node list and what lies in what in it: regions, firms, and the ways up within a network."""

    def __init__(self, nodes: Mapping[str, Node], atlas: Atlas) -> None:
        self._nodes = nodes
        self._atlas = atlas
        self._known: dict[WatchKey, frozenset[str]] = {}

    def held(self, scope: Scope) -> Iterator[WatchKey]:
        """The watches that a scope holds."""
        for node in self._candidates(scope):
            around = self._atlas.around(node.region) if scope.regions else ()
            for network in node.networks:
                above = self.above(node.id, network) if scope.parents else frozenset()
                if scope.holds(node, network, around, above):
                    yield (node.id, network)

    def _candidates(self, scope: Scope) -> Iterable[Node]:
        """All nodes that may be meant, and not many others: hundreds of exclusions are usual in a year."""
        if scope.nodes:
            return [self._nodes[name] for name in scope.nodes if name in self._nodes]
        if scope.regions:
            return {node.id: node for code in scope.regions for node in self._by_region[code]}.values()
        return self._nodes.values()

    @cached_property
    def _by_region(self) -> defaultdict[str, list[Node]]:
        found: defaultdict[str, list[Node]] = defaultdict(list)
        for node in self._nodes.values():
            for code in self._atlas.around(node.region):
                found[code].append(node)
        return found

    def above(self, node: str, network: str) -> frozenset[str]:
        """All nodes on the ways up that are in this network. A circle in the list ends where it closes."""
        key = (node, network)
        if key not in self._known:
            self._known[key] = frozenset()  # what asks for itself on the way finds this
            above: set[str] = set()
            for parent in self._nodes[node].parents:
                other = self._nodes.get(parent)
                if other is not None and network in other.networks:
                    above |= {parent, *self.above(parent, network)}
            self._known[key] = frozenset(above)
        return self._known[key]
