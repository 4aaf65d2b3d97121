"""The last duration of every probe, for graphs: one expiring Redis key per shard, no stream.

The value is a line of JSON (``inventory``, ``probes``, ``nodes``) and then, for each node of the shard
in the order of its id, one little-endian float32 of seconds per probe name; NaN where there is none, or where
the last question got no answer: the graph of a dead device has a gap, not the time of its last good day.
"""

from __future__ import annotations

import json
import math
import sys
from array import array
from collections.abc import Iterable, Mapping

NO_ANSWER = math.nan


class Durations:
    """A packed table, written in place by the hot path and sent as it lies in memory."""

    def __init__(self, inventory: str, rows: Mapping[str, Iterable[str]]) -> None:
        """``rows`` gives the probe names of each node id."""
        names: dict[str, None] = {}
        for probes in rows.values():
            names.update(dict.fromkeys(probes))
        self.inventory = inventory
        self.probes = tuple(sorted(names))
        self._columns = {name: column for column, name in enumerate(self.probes)}
        self._rows = {node: row for row, node in enumerate(sorted(rows))}
        self.values = array("f", [NO_ANSWER]) * (len(rows) * len(self.probes))

    def index(self, node: str, probe: str) -> int:
        """Where the hot path writes this probe's seconds. Raises KeyError for what is not in the table."""
        return self._rows[node] * len(self.probes) + self._columns[probe]

    def packed(self) -> bytes:
        header = {"inventory": self.inventory, "probes": self.probes, "nodes": len(self._rows)}
        values = self.values
        if sys.byteorder == "big":
            values = array("f", values)
            values.byteswap()
        return json.dumps(header).encode() + b"\n" + values.tobytes()
