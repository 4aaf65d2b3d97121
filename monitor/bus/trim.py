"""Cutting streams short: behind the slowest reader only, and not before outsiders had their time."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import Redis

from monitor.bus.keys import Keys, entry_order

CROWDED: Final = 0.75
"""The share of maxmemory from which on nothing is kept for outside readers."""

AWAY: Final = 3 * 86_400
"""Seconds for which a deputy that is away finds what it has not read, while memory is not short."""


async def trim(redis: Redis, keys: Keys, stream: str, keep: float, own: tuple[str, str] | None = None) -> int:
    """Removes entries that every announced reader has read and that are older than ``keep`` seconds.

    ``own``: the name and position of the reader that calls, which counts in place of what it announced. A
    full server refuses every announcement, and without this would stay full for ever.

    Where nobody announced a position nothing is removed. When memory is short, age counts no more;
    reading always does. Whole nodes of the stream go, so some entries stay longer. Returns how many went.
    """
    positions: dict[Any, Any] = await redis.hgetall(keys.positions(stream))
    positions |= dict([own] if own else [])
    if not positions:
        return 0
    limit = min(positions.values(), key=entry_order)
    if not await _is_crowded(redis):
        seconds, _ = await redis.time()  # entry ids are made by the server's clock
        old = f"{max(0, int((seconds - keep) * 1000))}-0"
        limit = min([limit, old, *await _deputies(redis, keys, stream, seconds)], key=entry_order)
    removed = 0
    # One call removes at most 100 nodes (10,000 entries), so that the server is not held up.
    while entry_order(limit) > (0, 0) and (count := await redis.xtrim(stream, minid=limit, approximate=True)):
        removed += count
    return removed


async def _deputies(redis: Redis, keys: Keys, stream: str, now: int) -> list[str]:
    """Where they are; those that have been away for too long are forgotten."""
    words: dict[Any, Any] = await redis.hgetall(keys.deputies(stream))
    found = []
    for name, word in words.items():
        position, _, at = word.rpartition("/")
        if at.isdecimal() and now - int(at) < AWAY:
            found.append(position)
        else:
            await redis.hdel(keys.deputies(stream), name)
    return found


async def _is_crowded(redis: Redis) -> bool:
    memory = await redis.info("memory")
    most = int(memory.get("maxmemory", 0))
    return most > 0 and int(memory["used_memory"]) > CROWDED * most
