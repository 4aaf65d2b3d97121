"""The versions of the node list as the ledger recorded them, read once for whoever asks for them often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from monitor.ledger.ledger import Ledger
from monitor.model.nodes import Node
from monitor.reports.facts import node_of

KEPT: Final = 32
"""Versions of which nothing is read again."""


@dataclass(frozen=True, slots=True)
class NodeList:
    """One version. ``called``: its regions and networks; None where a program recorded neither."""

    nodes: Mapping[str, Node]
    called: Mapping[str, Any] | None = None

    def around(self, name: str) -> NodeList:
        """Only this node and all above it: enough for what is asked of it alone."""
        found: dict[str, Node] = {}
        waiting = [name]
        while waiting:
            node = self.nodes.get(waiting.pop())
            if node is not None and node.id not in found:
                found[node.id] = node
                waiting += node.parents
        return NodeList(found, self.called)


class NodeLists:
    """What a digest names never changes. Nodes that are equal in several versions are one object."""

    def __init__(self) -> None:
        self._lists: dict[str, NodeList] = {}
        self._known: dict[str, Node] = {}

    async def get(self, ledger: Ledger, digest: str) -> NodeList:
        """The version with this digest; empty if it was never recorded. Raises LedgerError."""
        found = self._lists.get(digest)
        if found is None:
            row = await ledger.inventory(digest)
            if row is None:
                return NodeList({})
            found = self._lists[digest] = self._read(row.body)
            while len(self._lists) > KEPT:
                del self._lists[next(iter(self._lists))]
        return found

    def _read(self, body: Any) -> NodeList:
        is_whole = isinstance(body, Mapping)
        entries: Iterable[Mapping[str, Any]] = body["nodes"] if is_whole else body
        nodes = {node.id: self._one(node) for node in map(node_of, entries)}
        if is_whole and "regions" in body:
            return NodeList(nodes, {"regions": body["regions"], "networks": body["networks"]})
        return NodeList(nodes)

    def _one(self, node: Node) -> Node:
        """The object for it: that of the version before, if it was the same there."""
        known = self._known.get(node.id)
        if known != node:
            self._known[node.id] = known = node
        return known
