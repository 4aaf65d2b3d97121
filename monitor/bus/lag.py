"""How far the readers of a stream are behind."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

from redis.asyncio import Redis

from monitor.bus.keys import Keys

MOST_LAG: Final = 10_000
"""Entries behind a reader are counted up to here; more is as bad, and each must be fetched to be counted."""

_PAGE: Final = 1000
_ENTRY: Final = re.compile(r"\d{1,19}-\d{1,19}", re.ASCII)


async def lags(redis: Redis, keys: Keys) -> dict[str, int]:
    """For each reader that announced itself, how many entries lie behind its position, in all streams."""
    found: Counter[str] = Counter()
    for stream in (keys.facts, keys.judgements, keys.alerts):
        positions: dict[Any, Any] = await redis.hgetall(keys.positions(stream))
        for reader, position in positions.items():
            if reader.isprintable() and _ENTRY.fullmatch(position):  # anybody may write there
                found[reader] += await _behind(redis, stream, position)
    return dict(found)


async def _behind(redis: Redis, stream: str, position: str) -> int:
    count = 0
    while count < MOST_LAG:
        page: Any = await redis.xrange(stream, f"({position}", count=_PAGE) or ()
        count += len(page)
        if len(page) < _PAGE:
            break
        position = page[-1][0]
    return count
