"""Which row of which table a watch belongs to, by what it was at that time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from monitor.config.atlas import NOWHERE, Atlas
from monitor.model.nodes import Node
from monitor.reports.document import TABLES, Figures, Group, Rules
from monitor.reports.figures import Sum
from monitor.reports.measure import Piece


class Row(NamedTuple):
    """The place of a watch in a table: see :class:`Group`."""

    key: str
    name: str = ""
    within: str = ""


class Tables:
    """All tables of a report, as the pieces of watches are added."""

    def __init__(self, rules: Rules, atlas: Atlas, networks: Mapping[str, str]) -> None:
        self._rules = rules
        self._sums: dict[str, dict[Row, Sum]] = {name: {} for name in TABLES}
        readers = row_readers(atlas, networks)
        self._rows = [(self._sums[name], readers[name]) for name in TABLES]

    def add(self, piece: Piece) -> None:
        node, network = piece.stay.node, piece.stay.network
        for sums, read in self._rows:
            row = read(node, network)
            if row not in sums:
                sums[row] = Sum(self._rules)
            sums[row].add(piece)

    def groups(self) -> dict[str, tuple[Group, ...]]:
        """The tables by name, their rows in the order of their keys."""
        return {
            name: tuple(_group(row, one.figures()) for row, one in sorted(sums.items(), key=_by_key))
            for name, sums in self._sums.items()
        }


def _by_key(item: tuple[Row, Sum]) -> Row:
    return item[0]


def _group(row: Row, figures: Figures) -> Group:
    return Group(row.key, row.name, figures, row.within)


def row_readers(atlas: Atlas, networks: Mapping[str, str]) -> dict[str, Callable[[Node, str], Row]]:
    """For each table, how a watch finds its row. Classes, kinds and the like are named by who renders.

    In the table of towns, what belongs to no town stands under its county.
    """

    def town(node: Node, _network: str) -> Row:
        code, name = county = atlas.county(node.region)
        if atlas.town(node.region) != NOWHERE:
            code, name = atlas.town(node.region)
        return Row(code, name, county[1])

    return {
        "city": lambda node, _: Row(*atlas.city(node.region)),
        "county": lambda node, _: Row(*atlas.county(node.region)),
        "town": town,
        "network": lambda _, network: Row(network, networks.get(network, network)),
        "class": lambda node, _: Row("none" if node.point_class is None else str(node.point_class)),
        "kind": lambda node, _: Row(node.kind.value),
        "contractor": lambda node, _: Row(node.contractor, node.contractor),
    }
