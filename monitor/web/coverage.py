"""How many watches a decision covers: each scope is held against all of them once for a node list."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from monitor.config import Site
from monitor.config.atlas import Atlas
from monitor.live.board import Board
from monitor.live.maintenance import above_of
from monitor.model.decisions import Scope
from monitor.model.nodes import Watch


class Coverage:
    """Counts beside the event loop, one after the other, and remembers."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._board: Board | None = None
        self._counts: dict[Scope, int] = {}

    async def of(self, site: Site, board: Board, scopes: Collection[Scope]) -> Mapping[Scope, int]:
        """By scope, how many watches of this board it holds."""
        async with self._turn:
            if board is not self._board:
                self._board, self._counts = board, {}
            new = [scope for scope in scopes if scope not in self._counts]
            if new:
                self._counts |= await asyncio.to_thread(_counted, site, board, new)
            return {scope: self._counts[scope] for scope in scopes}


def _counted(site: Site, board: Board, scopes: Collection[Scope]) -> dict[Scope, int]:
    atlas, nodes = Atlas(site.regions), site.inventory.nodes

    def holds(scope: Scope, watch: Watch) -> bool:
        above = above_of(nodes, watch.node.id, watch.network) if scope.parents else ()
        return scope.holds(watch.node, watch.network, atlas.around(watch.node.region), above)

    return {scope: sum(holds(scope, watch) for watch in board.watches) for scope in scopes}
