"""What is known of a watch layer by layer: the last answer of each probe and source, with its moment.

A collector writes it to an expiring key for each shard. First a line of JSON, ``{"inventory": digest,
"probes": [names], "nodes": N, "causes": [words]}``; then N rows of one size, node by node in the order of the
shard's sorted ids. A row is the CRC-32 of its node's id, which says whose it is, and then for each of
``probes`` a cell: when its answer was known (milliseconds, UTC; 0: not yet), how many seconds it took (NaN:
it was told, not asked), and the place of its cause in ``causes``. Little-endian, without gaps: a reader can
have one row alone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from monitor.model.observations import Cause, Weight

CELL: Final = struct.Struct("<qfB")
MARK: Final = struct.Struct("<I")
"""What a row begins with."""

NO_PROBE: Final = 255
"""Stands for the cause where a node does not have the probe."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The last answer of one probe or source of a node, seen from one network.

    ``at`` is when it was known (milliseconds, UTC), None while there was none yet, with the cause
    ``not_asked``. ``duration``: seconds from question to answer; None for what was told.
    """

    network: str
    probe: str
    cause: Cause
    at: int | None
    duration: float | None

    @property
    def ok(self) -> bool | None:
        """Whether the answer was good; None where it says nothing about the device."""
        return None if self.cause.weight is Weight.BLIND else self.cause.weight is Weight.GOOD


def row_size(probes: int) -> int:
    """Bytes of a row with so many cells."""
    return MARK.size + probes * CELL.size


def mark_of(node: str) -> int:
    """What the row of this node begins with."""
    return crc32(node.encode())
