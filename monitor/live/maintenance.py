"""Which approved exclusion covers the root of an outage, or any watch, at a moment. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from monitor.config import Site
from monitor.config.atlas import Atlas
from monitor.model.decisions import Decision, Exclusion, fold
from monitor.model.nodes import Kind, Node
from monitor.model.outages import Common

_NOWHERE: Final[frozenset[str]] = frozenset()
_END_OF_TIME: Final = 2**62

Covers = Callable[[str, str], str]
"""For a root or a watch and its network: the id of the exclusion that covers it; empty if none does."""


class Maintenance:
    """The approved exclusions of one site against its node list."""

    def __init__(self, site: Site, decisions: Iterable[Decision] = ()) -> None:
        """Raises DecisionError for rows that could not have been recorded."""
        self._nodes = site.inventory.nodes
        self._atlas = Atlas(site.regions)
        self._approved = [
            each for each in fold(decisions).values() if isinstance(each, Exclusion) and each.signed.approved
        ]

    def of(self, now: int) -> Covers:
        """What covers whom at ``now``; whoever asks of the same again is answered at once."""
        valid = [each for each in self._approved if each.start <= now < each.end]
        return cache(lambda root, network: self._covering(valid, root, network))

    def next_edge(self, now: int) -> int | None:
        """When, after ``now``, something else may be covered; None: never, as far as is decided."""
        edges = (edge for each in self._approved for edge in (each.start, each.end))
        return min((edge for edge in edges if edge > now), default=None)

    def _covering(self, valid: Collection[Exclusion], root: str, network: str) -> str:
        if not valid:
            return ""
        node = self._nodes.get(root) or _stand_in(root)
        around = self._atlas.around(node.region)
        above = above_of(self._nodes, root, network)
        return next((one.id for one in valid if one.scope.holds(node, network, around, above)), "")


class Excluding:
    """Asks :class:`Maintenance` once for each watch, until something else may be covered."""

    def __init__(self) -> None:
        self._site: Site | None = None
        self._decisions: Sequence[Decision] = ()
        self._valid = (0, 0)
        self._covers: Covers = lambda _node, _network: ""

    def of(self, site: Site, decisions: Sequence[Decision], now: int) -> Covers:
        """What covers whom at ``now``: another object only when it may say something else."""
        first, last = self._valid
        if self._site is not site or self._decisions != decisions or not first <= now < last:
            maintenance = Maintenance(site, decisions)
            edge = maintenance.next_edge(now)
            self._site, self._decisions = site, decisions
            self._valid = (now, _END_OF_TIME if edge is None else edge)
            self._covers = maintenance.of(now)
        return self._covers


def above_of(nodes: Mapping[str, Node], root: str, network: str) -> Collection[str]:
    """All nodes on the ways up from ``root`` that are in this network, however they go in circles."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        node = nodes.get(waiting.pop())
        for parent in node.parents if node else ():
            other = nodes.get(parent)
            if other is not None and network in other.networks and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found or _NOWHERE


def _stand_in(root: str) -> Node:
    """For a root that is no node: one that has nothing but what is suspected, so that a scope may hold it."""
    common, _, name = root.partition(":")
    return Node(
        id=root,
        kind=Kind.SWITCH,
        networks=(),
        addresses=(),
        probes=(),
        region=name if common == Common.REGION.value else "",
        contractor=name if common == Common.CONTRACTOR.value else "",
    )
