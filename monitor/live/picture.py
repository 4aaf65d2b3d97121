"""All watches at once, column by column: what a wall draws its cells from."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from monitor.live.board import Board
from monitor.live.maintenance import Covers
from monitor.live.states import Live
from monitor.model.nodes import Kind
from monitor.model.observations import Cause
from monitor.model.times import format_time

_T = TypeVar("_T")

EXACT: Final = 6
"""Digits of a degree for whoever may see details: a decimetre."""

ROUGH: Final = 3
"""For everybody else: a street."""

_CAUSES: Final = [cause.value for cause in Cause]
_PLACES: Final = {cause: place for place, cause in enumerate(Cause)}


class Picture:
    """Makes the columns of a board; what does not change with states is written once for each board."""

    def __init__(self, *, exact: bool) -> None:
        """``exact``: positions are told as they are."""
        self._digits = EXACT if exact else ROUGH
        self._board: Board | None = None
        self._fixed = ""

    def columns(self, live: Live, *, event: str, excluded: Covers) -> bytes:
        """JSON (see ``Board`` in the schemas). ``event``: behind which viewers go on."""
        board = live.board
        if self._board is not board:
            self._board, self._fixed = board, _inner(_fixed(live, self._digits))
        keys = [watch.key for watch in board.watches]
        head = {
            "event": event,
            "time": format_time(live.clock()),
            "inventory": live.site.inventory.digest,
        }
        turning = {
            "state": list(board.shown),
            "cause": _causes(board),
            "since": board.shown_since.tolist(),
            "upstream": [row for row, key in enumerate(keys) if live.outages.covers(*key)],
            "excluded": [row for row, key in enumerate(keys) if excluded(*key)],
        }
        return f"{{{_inner(head)},{self._fixed},{_inner(turning)}}}".encode()


def _inner(fields: Mapping[str, Any]) -> str:
    """A JSON object without its braces."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))[1:-1]


def _causes(board: Board) -> list[int]:
    rows = zip(board.causes, board.lost, strict=True)
    return [_PLACES[cause if lost is None else lost.cause] for cause, lost in rows]


def _fixed(live: Live, digits: int) -> dict[str, Any]:
    nodes = [watch.node for watch in live.board.watches]
    networks = list(live.site.networks)
    kinds = [kind.value for kind in Kind]
    regions, in_region = _numbered(node.region for node in nodes)
    contractors, by_contractor = _numbered(node.contractor for node in nodes)
    return {
        "networks": networks,
        "regions": regions,
        "contractors": contractors,
        "causes": _CAUSES,
        "kinds": kinds,
        "id": [node.id for node in nodes],
        "name": [node.label for node in nodes],
        "network": [networks.index(watch.network) for watch in live.board.watches],
        "region": in_region,
        "kind": [kinds.index(node.kind.value) for node in nodes],
        "point_class": [node.point_class or 0 for node in nodes],
        "contractor": by_contractor,
        "lon": _rounded([node.lon for node in nodes], digits),
        "lat": _rounded([node.lat for node in nodes], digits),
    }


def _rounded(values: Iterable[float | None], digits: int) -> list[float | None]:
    return [None if value is None else round(value, digits) for value in values]


def _numbered(values: Iterable[_T]) -> tuple[list[_T], Sequence[int]]:
    """The different values in the order seen, and for each value its place among them."""
    places: dict[_T, int] = {}
    found = [places.setdefault(value, len(places)) for value in values]
    return list(places), found


@dataclass(slots=True)
class Made:
    """A board as it goes out. ``key``: what it was made of. ``packed``: by gzip, once somebody wants that."""

    key: tuple[object, ...]
    body: bytes
    packed: bytes = b""


class Boards:
    """The board as it was made last, for viewers with details and without: many ask for the same."""

    def __init__(self) -> None:
        self._pictures = {exact: Picture(exact=exact) for exact in (True, False)}
        self._made: dict[bool, Made] = {}
        self._packing = asyncio.Lock()

    def of(self, live: Live, *, event: str, excluded: Covers, exact: bool) -> Made:
        """As :meth:`Picture.columns`, made anew only when something was told, shown or excluded since."""
        # The objects themselves, which it keeps alive: none of another time can be taken for them.
        key = (event, live.board, bytes(live.board.shown), excluded)
        known = self._made.get(exact)
        if known is None or known.key != key:
            body = self._pictures[exact].columns(live, event=event, excluded=excluded)
            known = self._made[exact] = Made(key, body)
        return known

    async def packed(self, made: Made) -> bytes:
        """Its bytes as gzip, by a thread: done once for all who wait for it."""
        async with self._packing:
            if not made.packed:
                made.packed = await asyncio.to_thread(gzip.compress, made.body, 6, mtime=0)
            return made.packed
