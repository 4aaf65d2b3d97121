"""What is known of one node layer by layer, fetched from Redis when somebody looks at that node.

Only its own row is fetched, with the head line that says what the row means (``model.layers``).
"""

from __future__ import annotations

import asyncio
import json
import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.keys import Keys
from monitor.live.durations import PackedError, header_of
from monitor.live.probetimes import PATIENCE, cut_of
from monitor.live.states import Live
from monitor.model.layers import CELL, MARK, NO_PROBE, Layer, mark_of, row_size
from monitor.model.nodes import shard_of
from monitor.model.observations import Cause

FETCH_AGAIN: Final = 1_000
"""Milliseconds for which fetched layers are good enough: many viewers of one node cost one fetch."""

_LONGEST_HEAD: Final = 16_384
"""Bytes in which a head line ends, or it is none."""

_LAST_MOMENT: Final = 253_402_300_799_999
"""The end of the year 9999 in milliseconds: nothing later can be written as a date."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a shard's rows. ``size``: of the line in bytes."""

    inventory: str
    probes: tuple[str, ...]
    nodes: int
    causes: tuple[Cause, ...]
    size: int

    @classmethod
    def parse(cls, value: bytes) -> Head:
        """From the beginning of the value. Raises PackedError for anything that does not say what it is."""
        line, newline, _ = value.partition(b"\n")
        if not newline:
            raise PackedError("no header line")
        inventory, probes, nodes = header_of(line)
        try:
            causes = tuple(Cause(word) for word in json.loads(line)["causes"])
        except (ValueError, KeyError, TypeError) as error:
            raise PackedError(f"header: causes: {error}") from error
        if len(causes) > NO_PROBE:
            raise PackedError("header: more causes than a byte can name")
        return cls(inventory, probes, nodes, causes, len(line) + 1)

    def layers(self, network: str, node: str, row: bytes) -> Iterator[Layer]:
        """The cells of a row. Raises PackedError unless it is a whole row, of this node."""
        if len(row) != row_size(len(self.probes)):
            raise PackedError(f"a row of {len(row)} bytes for {len(self.probes)} probes")
        if MARK.unpack_from(row)[0] != mark_of(node):
            raise PackedError(f"the row of {node} is another node's")
        cells = CELL.iter_unpack(row[MARK.size :])
        for probe, (at, duration, code) in zip(self.probes, cells, strict=True):
            if code == NO_PROBE:
                continue
            if code >= len(self.causes) or not 0 <= at <= _LAST_MOMENT:
                raise PackedError(f"cause {code} of {len(self.causes)}, at {at}")
            taken = duration if math.isfinite(duration) else None
            yield Layer(network, probe, self.causes[code], at or None, taken)


class Layers:
    """Reads the layers of single nodes. Without Redis, or without their collector, there are none to show."""

    def __init__(self, live: Live, redis: Redis, keys: Keys) -> None:
        self._live = live
        self._redis = redis
        self._keys = keys
        self._heads: dict[str, bytes] = {}
        self._kept: dict[str, tuple[int, list[Layer]]] = {}

    async def of(self, node: str) -> list[Layer]:
        """Of each network that the node is in, each probe and source that it has there, by name.

        Empty where the collector works from another inventory than this monitor, or is not heard.
        """
        now = self._live.clock()
        kept = self._kept.get(node)
        if kept is not None and 0 <= now - kept[0] < FETCH_AGAIN:
            return kept[1]
        found = [layer for network in self._networks(node) for layer in await self._fetch(node, network)]
        self._kept = {name: one for name, one in self._kept.items() if 0 <= now - one[0] < FETCH_AGAIN}
        self._kept[node] = (now, found)
        return found

    def _networks(self, node: str) -> tuple[str, ...]:
        known = self._live.site.inventory.nodes.get(node)
        return () if known is None else known.networks

    async def _fetch(self, node: str, network: str) -> list[Layer]:
        board = self._live.board
        row, shards = board.row(node, network), cut_of(self._live).get(network)
        if row is None or shards is None:
            return []
        shard = (network, shard_of(node, shards), shards)
        rows = board.rows_of_shard(*shard)
        key = self._keys.layers(*shard)
        try:
            async with asyncio.timeout(PATIENCE):
                head, packed = await self._row(key, bisect_left(rows, row))
            if head is None or head.inventory != self._live.site.inventory.digest or head.nodes != len(rows):
                return []
            return list(head.layers(network, node, packed))
        except PackedError as error:
            log.warning("layers of a shard are not readable", shard=shard, error=str(error))
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            log.warning("layers are not to be had", error=str(error) or f"no answer in {PATIENCE} s")
        return []

    async def _row(self, key: str, place: int) -> tuple[Head | None, bytes]:
        """A row with the head that goes with it; no head when the key is gone. Raises PackedError."""
        line = self._heads.get(key) or await self._line(key)
        while line:
            head = Head.parse(line)
            start = head.size + place * row_size(len(head.probes))
            # In one transaction: its collector may write the value anew between two questions.
            pipe = self._redis.pipeline(transaction=True)
            pipe.getrange(key, 0, head.size - 1)
            pipe.getrange(key, start, start + row_size(len(head.probes)) - 1)
            now_line, packed = map(_bytes, await pipe.execute())
            if now_line == line:
                self._heads[key] = line
                return head, packed
            line = await self._line(key)
        self._heads.pop(key, None)
        return None, b""

    async def _line(self, key: str) -> bytes:
        """The head line as it is now; empty when there is no such key. Raises PackedError."""
        command: Any = self._redis.execute_command  # redis-py gives it no types
        beginning: bytes = await command("GETRANGE", key, 0, _LONGEST_HEAD - 1, NEVER_DECODE=True)
        line, newline, _ = beginning.partition(b"\n")
        if beginning and not newline:
            raise PackedError("no header line")
        return line + newline


def _bytes(text: str) -> bytes:
    """What was on the wire: the client decodes replies of a transaction, and keeps what is no UTF-8."""
    return text.encode(errors="surrogateescape")
