"""All watches at once, column by column: what a wall draws its cells from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from monitor.live.states import Live
from monitor.model.nodes import Kind
from monitor.model.observations import Cause
from monitor.model.times import format_time

_T = TypeVar("_T")
_NOWHERE: Final = 6
"""Digits of a degree that are sent: a decimetre. Without the right to see details, three: a street."""


class Picture:
    """Makes the columns of a board; what does not change with states is made once for each board."""

    def __init__(self) -> None:
        self._of: tuple[object, bool] | None = None
        self._fixed: dict[str, Any] = {}

    def columns(self, live: Live, *, event: str, excluded: Callable[[str, str], str], exact: bool) -> bytes:
        """JSON (see ``Board`` in the schemas). ``event``: behind which viewers go on; ``excluded`` says which
        exclusion covers a watch now; ``exact``: whether positions may be told as they are.
        """
        board = live.board
        if self._of != (board, exact):
            self._fixed = _fixed(live, exact=exact)
            self._of = (board, exact)
        causes = [cause.value for cause in Cause]
        places = {cause: place for place, cause in enumerate(Cause)}
        truths = [board.truth(row) for row in range(len(board))]
        keys = [watch.key for watch in board.watches]
        document = {
            "event": event,
            "time": format_time(live.clock()),
            "inventory": live.site.inventory.digest,
            **self._fixed,
            "causes": causes,
            "state": list(board.shown),
            "cause": [places[word.cause] for word in truths],
            "since": [word.since for word in truths],
            "upstream": [row for row, key in enumerate(keys) if live.outages.covers(*key)],
            "excluded": [row for row, key in enumerate(keys) if excluded(*key)],
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _fixed(live: Live, *, exact: bool) -> dict[str, Any]:
    nodes = [watch.node for watch in live.board.watches]
    networks = list(live.site.networks)
    kinds = [kind.value for kind in Kind]
    regions, in_region = _numbered(node.region for node in nodes)
    contractors, by_contractor = _numbered(node.contractor for node in nodes)
    digits = _NOWHERE if exact else 3
    return {
        "networks": networks,
        "regions": regions,
        "contractors": contractors,
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


class Boards:
    """The board as it was made last, for viewers with details and without: many ask for the same."""

    def __init__(self) -> None:
        self._pictures = {exact: Picture() for exact in (True, False)}
        self._made: dict[bool, tuple[object, bytes]] = {}

    def bytes(self, live: Live, *, event: str, excluded: Callable[[str, str], str], exact: bool) -> bytes:
        """As :meth:`Picture.columns`, made anew only when something was told or shown since."""
        key = (event, id(live.board), bytes(live.board.shown))
        known = self._made.get(exact)
        if known is None or known[0] != key:
            body = self._pictures[exact].columns(live, event=event, excluded=excluded, exact=exact)
            known = self._made[exact] = (key, body)
        return known[1]
