"""How long the last probe of each watch took: one packed array for each shard, beside the streams.

A collector writes it to an expiring Redis key. First a line of JSON, ``{"inventory": digest,
"probes": [names], "nodes": N}``; then N × len(probes) little-endian 32-bit floats, in seconds, node by
node in the order of the shard's sorted ids; NaN is "not asked", or no answer. A hash beside it holds measured
facts: node → end of its certificate, in seconds since 1970.
"""

from __future__ import annotations

import json
import math
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


class PackedError(ValueError):
    """A value that is no array of durations: says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Durations:
    """The array of one shard: node ``i`` took ``values[i * len(probes) + j]`` seconds for probe ``j``."""

    inventory: str
    probes: tuple[str, ...]
    nodes: int
    values: array[float]

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Raises PackedError for anything that does not say what it is and hold what it says."""
        head, newline, body = packed.partition(b"\n")
        if not newline:
            raise PackedError("no header line")
        inventory, probes, nodes = header_of(head)
        if len(body) != 4 * nodes * len(probes):
            raise PackedError(f"{len(body)} bytes for {nodes} nodes and {len(probes)} probes")
        values = array("f", body)
        if sys.byteorder == "big":
            values.byteswap()
        return cls(inventory, probes, nodes, values)

    def of_probe(self, probe: str) -> array[float]:
        """One value for each node. Raises ValueError for a probe that is not in the array."""
        return self.values[self.probes.index(probe) :: len(self.probes)]


def header_of(head: bytes) -> tuple[str, tuple[str, ...], int]:
    """The inventory, the probes and the number of nodes that a first line names. Raises PackedError."""
    try:
        fields = json.loads(head)
        inventory, probes, nodes = fields["inventory"], fields["probes"], fields["nodes"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PackedError(f"header: {type(error).__name__}: {error}") from error
    if not isinstance(inventory, str) or type(nodes) is not int or nodes < 0:
        raise PackedError("header: inventory is not a text, or nodes is not a count")
    if not isinstance(probes, list) or not all(isinstance(name, str) for name in probes):
        raise PackedError("header: probes is not a list of names")
    if len(set(probes)) != len(probes):
        raise PackedError("header: a probe is named twice")
    return inventory, tuple(probes), nodes


def ends_of(facts: Mapping[str, str]) -> dict[str, float]:
    """The end of the certificate by node, in seconds since 1970; what is no moment is left out."""
    ends: dict[str, float] = {}
    for node, text in facts.items():
        try:
            end = float(text)
        except ValueError:
            continue  # as from a collector of another version: no reason to show nothing of the others
        if math.isfinite(end):
            ends[node] = end
    return ends
