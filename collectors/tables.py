"""What people look at beside the events: what each probe last said, what that took, when certificates end."""

from __future__ import annotations

import asyncio
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from collectors.roster import Roster
from monitor.bus.keys import Keys

EVERY: Final = 10.0
"""Seconds between two writings."""

EXPIRES: Final = 60
"""Seconds after which Redis forgets them: what a dead collector last saw is no news."""


class Tables:
    """Writes the tables of one shard to expiring keys, for people who look, and for graphs."""

    def __init__(self, roster: Roster, redis: Redis, keys: Keys, shard: tuple[str, int, int]) -> None:
        self._roster = roster
        self._redis = redis
        self._layers = keys.layers(*shard)
        self._durations = keys.durations(*shard)
        self._certificates = keys.certificates(*shard)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.write()
            except (RedisError, OSError):
                # Graphs have a hole then, which is the truth; the publisher logs the outage.
                continue

    async def write(self) -> None:
        """Write all as it is now, in one transaction. Raises RedisError or OSError where Redis is away."""
        layers = await self._roster.layers.packed()
        wards = self._roster.wards
        ends = [
            (node, ward.certificate_end) for node, ward in wards.items() if ward.certificate_end is not None
        ]
        pipe = self._redis.pipeline(transaction=True)
        pipe.set(self._layers, layers, ex=EXPIRES)
        pipe.set(self._durations, self._roster.durations.packed(), ex=EXPIRES)
        pipe.delete(self._certificates)  # what has no certificate any more shall not keep its end
        if ends:
            pipe.hset(self._certificates, mapping={node: str(end) for node, end in ends})
            pipe.expire(self._certificates, EXPIRES)
        await pipe.execute()
