"""What hangs on what: parents, children, and what watches have in common. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from monitor.config import Site
from monitor.config.atlas import Atlas
from monitor.config.inventory import in_service
from monitor.model.nodes import Node, collector_name, shard_of
from monitor.model.outages import Common

Watch = tuple[str, str]
"""A node's id and a network."""


@dataclass(frozen=True, slots=True)
class Root:
    """What an outage may be told under: a node, or what watches have in common."""

    name: str
    region: str = ""
    contractor: str = ""


class Topology:
    """The nodes of a site that are in service on a day, each in every network that it is in.

    ``watched``: those that have a state of their own. The others, which nobody asks, only lead upwards.
    """

    def __init__(self, site: Site, day: date | None = None) -> None:
        """``day`` None: the site's own."""
        self._site = site
        self._atlas = Atlas(site.regions)
        today = day or datetime.now(site.zone).date()
        nodes = [node for node in site.inventory.nodes.values() if in_service(node, today)]
        self._nodes: Final[dict[str, Node]] = {node.id: node for node in nodes}
        self.watched: Final[frozenset[Watch]] = frozenset(
            (node.id, network)
            for node in nodes
            if node.probes
            for network in node.networks
            if network in site.networks
        )
        self._parents: Final[dict[Watch, tuple[str, ...]]] = {}
        below: defaultdict[Watch, list[str]] = defaultdict(list)
        for node in nodes:
            for network in node.networks:
                above = tuple(one for one in node.parents if self._is_in(one, network) and one != node.id)
                if above:
                    self._parents[node.id, network] = above
                for parent in above:
                    below[parent, network].append(node.id)
        self._children: Final[dict[Watch, tuple[str, ...]]] = {key: tuple(ids) for key, ids in below.items()}
        heads = (watch for watch in self._children if not self._parents.get(watch) and watch in self.watched)
        self._heads: Final = Counter(network for _, network in heads)
        self.totals: Final = Counter(
            (root, network) for node, network in self.watched for root in self.common((node, network))
        )

    def _is_in(self, node: str, network: str) -> bool:
        known = self._nodes.get(node)
        return known is not None and network in known.networks

    def parents(self, watch: Watch) -> tuple[str, ...]:
        """Ids of those right above it in its network."""
        return self._parents.get(watch, ())

    def children(self, watch: Watch) -> tuple[str, ...]:
        """Ids of those right below it in its network."""
        return self._children.get(watch, ())

    def has_peers(self, watch: Watch) -> bool:
        """Whether others hang on it, nothing is above it, and there are more such in its network."""
        is_head = watch in self._children and not self.parents(watch)
        return is_head and self._heads[watch[1]] > 1

    def nearest_below(self, watch: Watch, leads_on: Callable[[Watch], bool]) -> Iterator[Watch]:
        """The watches right below it, and right below those for which ``leads_on``: these are left out."""
        waiting, seen = [watch], {watch}
        while waiting:
            for child in self.children(waiting.pop()):
                below = (child, watch[1])
                if below in seen:
                    continue
                seen.add(below)
                if leads_on(below):
                    waiting.append(below)
                else:
                    yield below

    def point_class(self, watch: Watch) -> int | None:
        node = self._nodes.get(watch[0])
        return None if node is None else node.point_class

    def depth(self, watch: Watch) -> int:
        """Steps up to where nothing is above."""
        depth, level, seen = 0, {watch}, {watch}
        while level:
            level = {(parent, one[1]) for one in level for parent in self.parents(one)} - seen
            seen |= level
            depth += 1
        return depth

    def behind(self, watch: Watch) -> list[Watch]:
        """The watches that are reached through it alone, itself among them if it is one."""
        found, waiting = {watch[0]}, [watch[0]]
        while waiting:
            for child in self.children((waiting.pop(), watch[1])):
                if child not in found and found.issuperset(self.parents((child, watch[1]))):
                    found.add(child)
                    waiting.append(child)
        return [(node, watch[1]) for node in found if (node, watch[1]) in self.watched]

    def under(self, watch: Watch) -> set[str]:
        """Ids of all that is reached through it, alone or among others."""
        found, waiting = set[str](), [watch[0]]
        while waiting:
            for child in self.children((waiting.pop(), watch[1])):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return found

    def common(self, watch: Watch) -> Iterator[str]:
        """What it has in common with others, the most specific first, as roots: at first its parents."""
        node = self._nodes[watch[0]]
        yield from self.parents(watch)
        yield from (Common.REGION.root(code) for code in self._atlas.around(node.region))
        if node.contractor:
            yield Common.CONTRACTOR.root(node.contractor)
        yield Common.NETWORK.root(watch[1])

    def root(self, root: str) -> Root:
        """What people read of a root, and by what alerts about it find their way."""
        node = self._nodes.get(root)
        if node is not None:
            return Root(node.label, node.region, node.contractor)
        kind, _, name = root.partition(":")
        match kind:
            case Common.REGION.value:
                region = self._site.regions.get(name)
                return Root(region.name or name if region else name, region=name)
            case Common.CONTRACTOR.value:
                return Root(name, contractor=name)
            case Common.NETWORK.value:
                network = self._site.networks.get(name)
                return Root(network.name if network else name)
        return Root(root)

    def has_root(self, root: str, network: str) -> bool:
        """Whether an outage of this root can still be told."""
        if ":" in root and root not in self._nodes:
            return self.totals[root, network] > 0
        return self._is_in(root, network)

    def observer(self, watch: Watch) -> str:
        """The collector that looks at this watch by the plan."""
        settings = self._site.networks.get(watch[1])
        shards = 0 if settings is None else settings.shards
        return collector_name(watch[1], shard_of(watch[0], shards), shards) if shards else ""

    def seen_by(self, collector: str, network: str) -> list[Watch]:
        """The watches that this collector looks at by the plan; none for one that is in no plan."""
        settings = self._site.networks.get(network)
        shards = 0 if settings is None else settings.shards
        if not any(collector_name(network, shard, shards) == collector for shard in range(shards)):
            return []
        return [
            watch
            for watch in self.watched
            if watch[1] == network
            and collector_name(network, shard_of(watch[0], shards), shards) == collector
        ]
