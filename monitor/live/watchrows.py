"""Watches one by one as the API lists them, in JSON text: thousands of them as models would take too long."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from monitor.live.board import Board
from monitor.live.maintenance import Covers
from monitor.live.states import Live
from monitor.model.nodes import Watch
from monitor.model.times import format_time

_JSON: Final = {True: "true", False: "false"}


class Rows:
    """Writes them: what does not change with states once for each board, with details and without."""

    def __init__(self) -> None:
        self._of: dict[bool, Board] = {}
        self._fixed: dict[bool, list[str]] = {}

    def text(self, live: Live, rows: Iterable[int], excluded: Covers, *, detail: bool) -> str:
        """The rows, each with the fields of ``WatchNow``, parted by commas."""
        if self._of.get(detail) is not live.board:
            self._of[detail] = live.board
            self._fixed[detail] = [_fixed(live, watch, detail=detail) for watch in live.board.watches]
        fixed = self._fixed[detail]
        return ",".join([fixed[row] + _standing(live, row, excluded) for row in rows])


def _fixed(live: Live, watch: Watch, *, detail: bool) -> str:
    """The beginning of a row: all that the node list says."""
    node = watch.node
    region = live.site.regions.get(node.region)
    fields = {
        "node": node.id,
        "name": node.label,
        "network": watch.network,
        "kind": node.kind.value,
        "point_class": node.point_class,
        "region": node.region,
        "region_name": node.region if region is None else region.name,
        "level": None if node.level is None else node.level.value,
        "contractor": node.contractor,
        "parents": list(node.parents),
        "address": str(watch.address) if detail else None,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))[:-1]


def _standing(live: Live, row: int, excluded: Covers) -> str:
    """The rest of it: how the watch stands. Of these only the name of a probe is somebody's own words."""
    word, key = live.board.truth(row), live.board.watches[row].key
    outage = live.outages.outage_of(*key)
    return (
        f',"state":"{word.state.value}","cause":"{word.cause.value}"'
        f',"upstream":{_JSON[live.outages.covers(*key)]},"excluded":{_JSON[bool(excluded(*key))]}'
        f',"since":{_moment(word.since)},"detected_at":{_moment(word.detected)}'
        f',"probe":{json.dumps(word.probe)},"outage":{json.dumps(outage) if outage else "null"}}}'
    )


def _moment(millis: int) -> str:
    return f'"{format_time(millis)}"' if millis else "null"
