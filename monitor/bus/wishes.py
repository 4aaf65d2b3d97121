"""*Probe now*: what the monitor may say to collectors is a wish, and what comes of it is for people to see.

This is no way back (design, "One way only"). A wish brings the next question to one watch forward, as the
failure of a child does for those above it; it names no address, no login and no setting. Nothing is believed
because it was wished: the answers go through the collector's judge like any others, and are told like any
others. Nothing is stored: a wish ends within seconds, its keys within a minute, and a collector that loses
all of them is the same collector. So who can write into Redis can, with wishes, have 20 watches a second
asked early, each once in two seconds, never on a second connection, and never with a login that was refused.

A wish goes into a short, expiring stream of its network; every collector there reads it, and the one whose
shard has the node answers in an expiring key of the wish's own. Ages are told by the server's clock.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.client import connect
from monitor.bus.interruption import Interruption
from monitor.bus.keys import Keys, entry_order
from monitor.model.observations import Cause

EXPIRES: Final = 60
"""Seconds after which nothing of a wish is left in Redis."""

CAPPED: Final = 100
"""Wishes of a network that Redis keeps at most; the oldest go first."""

STALE: Final = 10_000
"""Milliseconds after which a wish is not granted any more: who asked has stopped looking."""

BLOCK: Final = 5.0
"""Seconds that one question for wishes waits at the server."""

PACE: Final = 0.05
"""Seconds between two questions when there are many: a flood must not keep a collector from looking."""

PATIENCE: Final = 1.0
"""Seconds that the monitor waits for Redis, with a person waiting for the monitor."""

_HEARD_FOR: Final = 15
_LONGEST_NAME: Final = 200
_LAST_MOMENT: Final = 253_402_300_799_999  # the end of the year 9999: nothing later is a date
_ID: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)

log = structlog.get_logger(__name__)


class Dropped(StrEnum):
    """Why a wish was not granted."""

    STALE = "stale"  # older than 10 s when it was read
    TOO_SOON = "too_soon"  # its node was asked on wish less than 2 s ago
    TOO_MANY = "too_many"  # 20 were granted within a second
    NOT_WATCHED = "not_watched"  # the collector does not ask this node, or not any more
    UNREADABLE = "unreadable"


class WishError(Exception):
    """A wish cannot be told, or its answer not be read: says why."""


class BusAwayError(WishError):
    """Redis does not answer."""


class NobodyHearsError(WishError):
    """No collector of that network is running."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody would like to know now how this node is, seen from this network. ``at``: milliseconds."""

    id: str
    node: str
    network: str
    at: int

    def fields(self) -> dict[Any, Any]:
        return {"id": self.id, "node": self.node, "network": self.network, "at": str(self.at)}

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Raises ValueError for what is no wish."""
        try:
            wish, node, network, at = (fields[name] for name in ("id", "node", "network", "at"))
        except KeyError as error:
            raise ValueError(f"no {error}") from error
        node.encode()  # refuses what was no UTF-8 on the wire
        if not _ID.fullmatch(wish) or not 0 < len(node) <= _LONGEST_NAME:
            raise ValueError("no such id or node is possible")
        return cls(wish, node, network, int(at))


@dataclass(frozen=True, slots=True)
class Answer:
    """One probe's answer; ``duration`` in seconds, None where it could not be asked. ``at``: milliseconds."""

    probe: str
    cause: Cause
    at: int
    duration: float | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of a wish until now; ``done``: nothing more will.

    A probe is missing that has not answered yet, or whose failure does not count since the collector doubts
    its own footing.
    """

    node: str
    network: str
    done: bool
    answers: tuple[Answer, ...] = ()
    dropped: Dropped | None = None

    def to_json(self) -> str:
        answers = [
            {"probe": one.probe, "cause": one.cause.value, "at": one.at, "duration": one.duration}
            for one in self.answers
        ]
        told = {"node": self.node, "network": self.network, "done": self.done, "answers": answers}
        return json.dumps(told if self.dropped is None else told | {"dropped": self.dropped.value})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError for what is none."""
        try:
            told = json.loads(text)
            answers = tuple(
                Answer(str(one["probe"]), Cause(one["cause"]), _moment(one["at"]), _seconds(one["duration"]))
                for one in told["answers"]
            )
            dropped = Dropped(told["dropped"]) if "dropped" in told else None
            return cls(str(told["node"]), str(told["network"]), bool(told["done"]), answers, dropped)
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error


def _moment(value: Any) -> int:
    if not 0 <= int(value) <= _LAST_MOMENT:
        raise ValueError(f"{value} is no moment")
    return int(value)


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if not math.isfinite(float(value)):
        raise ValueError(f"{value} is no span")
    return float(value)


class Wishes:
    """The monitor's side: tells a wish, and reads what came of it."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def tell(self, node: str, network: str, at: int) -> Wish:
        """Wish that ``node`` be asked now, seen from ``network``.

        Raises NobodyHearsError when that network has no collector, and BusAwayError without Redis.
        """
        wish = Wish(secrets.token_hex(8), node, network, at)
        stream = self._keys.wishes(network)
        try:
            async with asyncio.timeout(PATIENCE):
                if not await self._redis.exists(self._keys.hearing(network)):
                    raise NobodyHearsError(f"no collector of the network {network} hears wishes")
                pipe = self._redis.pipeline(transaction=True)
                pipe.xadd(stream, wish.fields(), maxlen=CAPPED, approximate=False)
                pipe.expire(stream, EXPIRES)
                await pipe.execute()
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            raise BusAwayError(f"redis: {error or 'no answer'}") from error
        return wish

    async def answer_of(self, wish: str) -> Answers | None:
        """What came of the wish with this id; None while no collector took it up, and after a minute.

        Raises BusAwayError without Redis, and WishError for an answer that is none.
        """
        if not _ID.fullmatch(wish):
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                text = await self._redis.get(self._keys.wish(wish))
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            raise BusAwayError(f"redis: {error or 'no answer'}") from error
        try:
            return None if text is None else Answers.from_json(str(text))
        except ValueError as error:
            raise WishError(f"the answer is not readable: {error}") from error


@dataclass(frozen=True, slots=True)
class Heard:
    """A wish as it was read, ``age`` milliseconds after Redis took it."""

    wish: Wish
    age: int


@dataclass(slots=True)
class WishReader:
    """A collector's side: wishes of its network as they come, over every interruption of Redis.

    After one, and now and then when none come, it begins again with those of the last 10 s, so that it
    needs no position that could outlive the stream: repeats are the caller's to know. ``dropped``
    counts entries that were no wishes.
    """

    url: str
    keys: Keys
    network: str
    dropped: Counter[Dropped] = field(default_factory=Counter)
    _position: str | None = None

    async def batches(self) -> AsyncIterator[list[Heard]]:
        """At most 100 wishes each and 20 batches a second; an empty one now and then when there are none."""
        redis = connect(self.url, block=BLOCK)
        interruption = Interruption(log, reader="wishes", stream=self.keys.wishes(self.network))
        try:
            while True:
                try:
                    heard = await self._next(redis)
                except (RedisError, OSError) as error:  # away, or another kind of key: it ends some day
                    self._position = None
                    await asyncio.sleep(interruption.failed(error))
                    continue
                interruption.ended()
                yield heard
                await asyncio.sleep(PACE)
        finally:
            await redis.aclose()

    async def _next(self, redis: Redis) -> list[Heard]:
        if self._position is None:
            self._position = f"{await self._now(redis) - STALE}-0"
        stream = self.keys.wishes(self.network)
        answer: Any = await redis.xread({stream: self._position}, count=CAPPED, block=int(BLOCK * 1000))
        entries = [entry for found in (answer or {}).values() for entry in found]
        if not entries:
            self._position = None
            return []
        now = await self._now(redis)
        # What is stale already need not be read: behind a flood come those that count.
        self._position = max(entries[-1][0], f"{now - STALE}-0", key=entry_order)
        return list(self._readable(entries, now))

    async def _now(self, redis: Redis) -> int:
        """The server's clock, in milliseconds; in passing, that there is somebody who hears."""
        pipe = redis.pipeline(transaction=False)
        pipe.set(self.keys.hearing(self.network), "1", ex=_HEARD_FOR)
        pipe.time()
        _, (seconds, micros) = await pipe.execute()
        return int(seconds) * 1000 + int(micros) // 1000

    def _readable(self, entries: list[tuple[str, Mapping[str, str]]], now: int) -> list[Heard]:
        heard = []
        for entry, fields in entries:
            try:
                wish = Wish.of(fields)
            except ValueError:  # another version's, or a stranger's
                self.dropped[Dropped.UNREADABLE] += 1
                continue
            heard.append(Heard(wish, now - entry_order(entry)[0]))
        return heard
