"""What others put into Redis for the metrics, fetched when somebody asks: the last probe times of all shards,
and the numbers of the alert role.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.keys import Keys
from monitor.live.durations import Durations, PackedError, ends_of
from monitor.live.states import Live
from monitor.live.tellings import unpacked
from monitor.model.telling import Telling

Shard = tuple[str, int, int]

FETCH_AGAIN: Final = 5_000
"""Milliseconds for which fetched times are good enough: two scrapers cost one fetch."""

PATIENCE: Final = 0.5
"""Seconds to wait for Redis: a page without times is worth more than one that comes too late."""

log = structlog.get_logger(__name__)


class ProbeTimes:
    """What is put beside the streams: durations, the ends of certificates, and ``telling``."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._fetched_at: int | None = None
        self._durations: dict[Shard, Durations] = {}
        self._certificates: dict[Shard, dict[str, float]] = {}
        self.telling: Telling | None = None

    async def fetch(self, live: Live, now: int) -> None:
        """Ask Redis, unless it was asked a moment ago. Without Redis there are no times to show."""
        if self._fetched_at is not None and 0 <= now - self._fetched_at < FETCH_AGAIN:
            return
        self._fetched_at = now
        shards = _current_shards(live)
        try:
            async with asyncio.timeout(PATIENCE):
                arrays, facts, telling = await self._get(shards)
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            log.warning("probe times are not to be had", error=str(error) or f"no answer in {PATIENCE} s")
            arrays, facts, telling = [], [], None
        self._durations = dict(_unpacked(zip(shards, arrays, strict=False)))
        self._certificates = {shard: ends_of(found) for shard, found in zip(shards, facts, strict=False)}
        self.telling = unpacked(telling)

    async def _get(self, shards: list[Shard]) -> tuple[list[bytes | None], list[dict[str, str]], str | None]:
        names = [self._keys.durations(*shard) for shard in shards]
        command: Any = self._redis.execute_command  # redis-py gives it no types
        # The arrays are no text: this one reply must not be decoded.
        arrays = await command("MGET", *names, NEVER_DECODE=True) if names else []
        pipe = self._redis.pipeline(transaction=False)
        for shard in shards:
            pipe.hgetall(self._keys.certificates(*shard))
        pipe.get(self._keys.telling)
        *facts, telling = await pipe.execute()
        return arrays, facts, telling

    def durations(self, live: Live) -> Iterator[tuple[Shard, Durations]]:
        """The arrays that fit the board: made with another node list, their places mean other nodes."""
        for shard, durations in self._durations.items():
            fits = durations.nodes == len(live.board.rows_of_shard(*shard))
            if fits and durations.inventory == live.site.inventory.digest:
                yield shard, durations

    def certificates(self, live: Live) -> dict[int, float]:
        """The end of the certificate by row, in seconds since 1970."""
        ends: dict[int, float] = {}
        for (network, _, _), facts in self._certificates.items():
            for node, end in facts.items():
                row = live.board.row(node, network)
                if row is not None:
                    ends[row] = end
        return ends


def _unpacked(arrays: Iterable[tuple[Shard, bytes | None]]) -> Iterator[tuple[Shard, Durations]]:
    for shard, packed in arrays:
        if packed is None:
            continue  # expired with its collector, or not yet written
        try:
            yield shard, Durations.unpack(packed)
        except PackedError as error:
            log.warning("probe times of a shard are not readable", shard=shard, error=str(error))


def cut_of(live: Live) -> dict[str, int]:
    """Into how many shards each network is cut, by its last sight."""
    return {
        each.sight.network: each.sight.shards
        for each in sorted(live.observers.values(), key=lambda each: each.heard)
    }


def _current_shards(live: Live) -> list[Shard]:
    """The shards of each network as its last sight cuts it.

    After a network was cut anew the former keys live on for a while, and name the same nodes once more.
    """
    cut = cut_of(live)
    return [
        (each.sight.network, *each.shard)
        for each in live.observers.values()
        if each.sight.shards == cut[each.sight.network]
    ]
