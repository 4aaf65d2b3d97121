"""What states are read by, as samples: names, regions, the levels of the joined network, open outages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from monitor.config import Site
from monitor.config.atlas import NOWHERE, Atlas, Place
from monitor.live.board import Board
from monitor.live.exposition import Gauge, labels
from monitor.model.nodes import Kind, Node
from monitor.model.observations import State
from monitor.model.outages import Outage

_NODE: Final = Gauge(b"quanshi_node_info", b"Name and contractor of a node. Always 1.")
_NETWORK: Final = Gauge(b"quanshi_network_info", b"Name of a network. Always 1.")
_REGION: Final = Gauge(
    b"quanshi_region_info",
    b"Name of a region, and the county that it lies in or is; both empty for what is wider. Always 1.",
)
_LEVEL: Final = Gauge(
    b"quanshi_level_nodes", b"Watches that are no cameras, by their level in the joined network and by state."
)
_AFFECTED: Final = Gauge(
    b"quanshi_outage_affected",
    b"Watches that are down, or unseen, for an open outage, its root among them. No sample otherwise.",
)
_START: Final = Gauge(
    b"quanshi_outage_start_timestamp_seconds", b"Since when an outage is open. No sample otherwise."
)

_Place = tuple[str, str, str]
"""Network, level and kind."""


class Surroundings:
    """Of one site and its board. Names and regions are rendered once: they change with the board alone."""

    def __init__(self, site: Site, board: Board) -> None:
        self._board = board
        nodes = {watch.node.id: watch.node for watch in board.watches}
        still = (
            _NODE.render(map(_node, nodes.values())),
            _REGION.render(_regions(site, nodes.values())),
            _NETWORK.render(_networks(site)),
        )
        self._still = b"".join(still)
        self._joining: list[tuple[int, _Place]] = [
            (row, (watch.network, watch.node.level.value, watch.node.kind.value))
            for row, watch in enumerate(board.watches)
            if watch.node.level is not None and watch.node.kind is not Kind.CAMERA
        ]
        self._places = list(dict.fromkeys(place for _, place in self._joining))

    def families(self, outages: Iterable[Outage]) -> Iterator[bytes]:
        """``outages``: those that are open."""
        yield self._still
        yield _LEVEL.render(self._levels())
        found = {_outage(each): each for each in outages}  # a sample twice would spoil the whole scrape
        yield _AFFECTED.render(b"%b} %d\n" % (of, each.affected) for of, each in found.items())
        yield _START.render(b"%b} %.3f\n" % (of, each.at / 1000) for of, each in found.items())

    def _levels(self) -> Iterator[bytes]:
        """Every state of what there is, also those that nothing is in: a count of none is a count."""
        shown = self._board.shown
        counts = Counter((place, shown[row]) for row, place in self._joining)
        for network, level, kind in self._places:
            for state in State:
                found = labels({"network": network, "level": level, "kind": kind, "state": state.value})
                yield b"%b} %d\n" % (found, counts[(network, level, kind), state.code])


def _node(node: Node) -> bytes:
    return labels({"node": node.id, "name": node.label, "contractor": node.contractor}) + b"} 1\n"


def _networks(site: Site) -> Iterator[bytes]:
    for network, settings in site.networks.items():
        yield labels({"network": network, "network_name": settings.name or network}) + b"} 1\n"


def _regions(site: Site, nodes: Iterable[Node]) -> Iterator[bytes]:
    """Where these nodes stand, and what that lies in."""
    atlas = Atlas(site.regions)
    for code in sorted({around for node in nodes for around in atlas.around(node.region)}):
        known = site.regions.get(code)
        county, county_name = _county(atlas, code)
        found = {"region": code, "region_name": known.name if known else code}
        yield labels(found | {"county": county, "county_name": county_name}) + b"} 1\n"


def _county(atlas: Atlas, code: str) -> Place:
    """What the atlas takes for a county may be a city: its six digits end in 00."""
    county = atlas.county(code)
    return NOWHERE if county[0].endswith("00") else county


def _outage(outage: Outage) -> bytes:
    found = {"network": outage.network, "kind": outage.kind.value, "root": outage.root, "name": outage.name}
    return labels(found | {"region": outage.region, "contractor": outage.contractor})
