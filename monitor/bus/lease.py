"""Who of several leads: a lease in Redis that runs out with its holder, and a number that only grows.

The lease alone keeps nobody from writing: its holder may sleep through its end and never notice. So each
term has a fencing number, higher than all before it, and whoever stores what a leader says refuses lower
ones (:meth:`monitor.ledger.ledger.Ledger.lead`). Redis may lose it all: ``floor``, the number that the store
knows, is where the count goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Self

import structlog
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, RedisError

from monitor.bus.client import BusError
from monitor.bus.contact import check_server
from monitor.bus.holder import Holder
from monitor.bus.interruption import Interruption

TTL: Final = 10.0
"""Seconds from a leader's last word to the end of its lease."""

LOOK_EVERY: Final = 0.5
"""Seconds from one look of a follower to the next: so quick is a lease taken that was given back."""

log = structlog.get_logger(__name__)

# KEYS: lease, fence. ARGV: me, milliseconds, floor, who is known to be dead (or nobody).
# {fence, "", 0} when it is ours now; else {0, holder, milliseconds left}.
_TAKE: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[4] then
  return {0, holder, redis.call('PTTL', KEYS[1])}
end
local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') or 0, tonumber(ARGV[3])) + 1
redis.call('SET', KEYS[2], string.format('%.0f', fence))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {fence, '', 0}
"""

# KEYS: lease, fence. ARGV: me, milliseconds, my fence. 1 when it is ours for so long from now on.
# A lease that ran out, or went with all that Redis held, is ours again if nobody had it since.
_RENEW: Final = """
local holder = redis.call('GET', KEYS[1])
local fence = tonumber(redis.call('GET', KEYS[2]) or '0') or 0
if (holder and holder ~= ARGV[1]) or fence > tonumber(ARGV[3]) then
  return 0
end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else has the lease: who, and for how many seconds unless it is renewed."""

    who: str
    left: float


class Lease:
    """One candidate for a lease of this name. ``async with`` gives it back at the end.

    ``sleep`` is what waits between two words with Redis.
    """

    def __init__(
        self,
        redis: Redis,
        name: str,
        *,
        ttl: float = TTL,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._redis = redis
        self._keys = [name, f"{name}:fence"]
        self._me = Holder.me()
        self._ttl = ttl
        self._sleep = sleep
        self._interruption = Interruption(log, task="lease")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.release()

    async def take(self, floor: int, follows: Callable[[str], None] = lambda _: None) -> int:
        """Wait until the lease is ours. The fencing number of the term, above ``floor``.

        ``follows`` is told who has it instead, at each look.
        """
        met = False
        while True:
            try:
                if not met:
                    await check_server(self._redis)
                    met = True
                answer = await self._look(floor)
                self._interruption.ended()
            except (RedisError, OSError, BusError) as error:
                met = False
                await self._sleep(self._interruption.failed(error))
                continue
            if isinstance(answer, int):
                return answer
            follows(answer.who)
            # To the end of the lease and not beyond. One that somebody set by hand may have none.
            await self._sleep(min(LOOK_EVERY, max(0.01, answer.left)) if answer.left >= 0 else LOOK_EVERY)

    async def _look(self, floor: int) -> int | Held:
        try:
            return await self.attempt(floor)
        except OutOfMemoryError:
            # Nobody has it, and a full server takes no word; it stays full until a leader has read what it
            # holds. The store, which refuses all lower numbers, is enough to keep us apart. Above the number
            # of the last term, or the first renewal would find that somebody had it since.
            log.warning("redis is full: leading by the number alone")
            last = str(await self._redis.get(self._keys[1]))
            return max(floor, int(last) if last.isdecimal() else 0) + 1

    async def attempt(self, floor: int) -> int | Held:
        """One look: the fencing number if the lease is ours now. Raises RedisError and OSError."""
        answer = await self._try(floor, "")
        if isinstance(answer, Held) and Holder.parse(answer.who).is_dead():
            # One of this machine that was killed must not keep its successor waiting.
            answer = await self._try(floor, answer.who)
        return Held(Holder.parse(answer.who).name, answer.left) if isinstance(answer, Held) else answer

    async def keep(self, fence: int) -> None:
        """Renew the lease of this term, three times in its span. Returns when somebody else has had it.

        While Redis is away nobody can take it, and what we hear is not less true: it is kept then.
        """
        while True:
            await self._sleep(self._ttl / 3)
            try:
                ours = await self._run(_RENEW, self._me.text, self._millis, fence)
                self._interruption.ended()
            except (RedisError, OSError) as error:
                self._interruption.failed(error)
                continue
            if not ours:
                return

    async def release(self) -> None:
        """Let others have it at once. Does nothing if it is not ours, or Redis is away: then it runs out."""
        try:
            await self._run(_RELEASE, self._me.text)
        except (RedisError, OSError) as error:
            log.warning("lease is not given back, it runs out", error=str(error), seconds=self._ttl)

    @property
    def _millis(self) -> int:
        return round(self._ttl * 1000)

    async def _try(self, floor: int, dead: str) -> int | Held:
        fence, holder, left = await self._run(_TAKE, self._me.text, self._millis, floor, dead)
        return int(fence) if fence else Held(str(holder), left / 1000)

    async def _run(self, script: str, *values: str | int) -> Any:
        return await self._redis.eval(script, len(self._keys), *self._keys, *map(str, values))
