"""Granting wishes: a person would like to know now how a node of ours is (see ``monitor.bus.wishes``)."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from collectors.layers import newest
from collectors.wards import Turn, Ward
from collectors.watcher import Watcher
from monitor.bus.keys import Keys
from monitor.bus.wishes import EXPIRES, STALE, Answer, Answers, Dropped, Heard, Wish, WishReader
from monitor.model.nodes import shard_of

APART: Final = 2.0
"""Seconds between two wishes about one node."""

MOST: Final = 20
"""Wishes granted within a second."""

PATIENCE: Final = 15.0
"""Seconds that a wish waits for answers. A hung device that is asked in two ways takes ten."""

LOOK: Final = 0.05
"""Seconds between two looks for answers, while any are awaited."""

RETRY: Final = 1.0
"""Seconds until answers are written again that Redis did not take."""

TOLD_EVERY: Final = 60.0
"""Seconds between two lines in the log about dropped wishes."""

_KNOWN_FOR: Final = 15.0  # longer than the reader goes back

log = structlog.get_logger(__name__)


class Pace:
    """Lets at most ``most`` through within a second."""

    def __init__(self, most: int) -> None:
        self._moments: deque[float] = deque(maxlen=most)

    def allows(self, now: float) -> bool:
        """Whether one more may go at ``now`` (seconds, monotonic); then it counts."""
        moments = self._moments
        if len(moments) == moments.maxlen and now - moments[0] < 1.0:
            return False
        moments.append(now)
        return True


class Gate:
    """Which wishes are granted: none twice, none too old, none too soon after another, not too many."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._pace = Pace(MOST)

    def is_repeat(self, wish: Wish, now: float) -> bool:
        """Whether it was heard before. ``now``: seconds, monotonic."""
        _forget(self._known, now - _KNOWN_FOR)
        repeated = self._known.pop(wish.id, None) is not None
        self._known[wish.id] = now
        return repeated

    def refusal(self, heard: Heard, now: float) -> Dropped | None:
        """Why this wish is not granted; None: it is, and counts."""
        node = heard.wish.node
        _forget(self._asked, now - APART)
        if heard.age > STALE:
            return Dropped.STALE
        if node in self._asked:
            return Dropped.TOO_SOON
        if not self._pace.allows(now):
            return Dropped.TOO_MANY
        self._asked[node] = now
        return None


def _forget(moments: dict[str, float], until: float) -> None:
    """Drop the oldest, which come first."""
    while moments:
        oldest = next(iter(moments))
        if moments[oldest] > until:
            return
        del moments[oldest]


@dataclass(slots=True)
class _Granted:
    """A wish, and what came of it. ``since``: milliseconds; ``until``: seconds, monotonic."""

    wish: Wish
    ward: Ward
    since: int
    until: float
    awaited: list[str]
    answers: list[Answer] = field(default_factory=list)
    dropped: Dropped | None = None
    unsaid: bool = True

    def told(self, done: bool) -> Answers:
        return Answers(self.wish.node, self.wish.network, done, tuple(self.answers), self.dropped)


class Wishing:
    """Hears wishes about nodes of one collector, has their turns hurried, and writes down what came of it."""

    def __init__(self, watcher: Watcher, reader: WishReader, redis: Redis, keys: Keys) -> None:
        self.dropped = reader.dropped
        self._watcher = watcher
        self._reader = reader
        self._redis = redis
        self._keys = keys
        self._gate = Gate()
        self._refusals = Pace(MOST)
        self._granted: dict[str, _Granted] = {}
        self._refused: dict[str, Answers] = {}
        self._wake = asyncio.Event()
        self._told, self._told_at = 0, -math.inf

    async def hear(self) -> None:
        """Until cancelled."""
        async for batch in self._reader.batches():
            for heard in batch:
                self.take(heard)
            self._tell_dropped()

    def take(self, heard: Heard) -> None:
        """Grant it, or drop it with a reason that is counted. Another shard's is none of our business."""
        wish, now, keeper = heard.wish, time.monotonic(), self._watcher.keeper
        if wish.network != keeper.network or shard_of(wish.node, keeper.shards) != keeper.shard:
            return
        if self._gate.is_repeat(wish, now):
            return
        watched = wish.node in self._watcher.roster.wards
        refusal = self._gate.refusal(heard, now) if watched else Dropped.NOT_WATCHED
        if refusal is None:
            self._grant(wish, now)
        else:
            self._drop(wish, refusal, now)
        self._wake.set()

    def _drop(self, wish: Wish, refusal: Dropped, now: float) -> None:
        self.dropped[refusal] += 1
        if self._refusals.allows(now):  # a flood is not answered with another
            self._refused[wish.id] = Answers(wish.node, wish.network, done=True, dropped=refusal)

    def _grant(self, wish: Wish, now: float) -> None:
        ward = self._watcher.roster.wards[wish.node]
        granted = _Granted(wish, ward, self._watcher.clock.now(), now + PATIENCE, sorted(ward.turns))
        self._granted[wish.id] = granted
        self._hurry(granted)

    def _hurry(self, granted: _Granted) -> None:
        for name in granted.awaited:
            self._watcher.asking.hurry(granted.ward.turns[name])

    async def answer(self) -> None:
        """Write down answers as they come, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._granted or self._refused:  # noqa: ASYNC110 - an answer like any other has no event
                await asyncio.sleep(LOOK if await self._say() else RETRY)

    async def _say(self) -> bool:
        """Write what is new. False when Redis does not take it: it is tried again while it is of any use."""
        now = time.monotonic()
        for granted in self._granted.values():
            self._look(granted)
        said = {
            name: granted.told(_is_done(granted, now))
            for name, granted in self._granted.items()
            if granted.unsaid or _is_done(granted, now)
        }
        refused = dict(self._refused)
        done = await self._write(said | refused)
        for name in refused:
            del self._refused[name]
        for name, answers in said.items():
            granted = self._granted[name]
            granted.unsaid = granted.unsaid and not done
            if (done and answers.done) or now > granted.until + PATIENCE:
                del self._granted[name]
        return done

    async def _write(self, told: dict[str, Answers]) -> bool:
        if not told:
            return True
        pipe = self._redis.pipeline(transaction=False)
        for name, answers in told.items():
            pipe.set(self._keys.wish(name), answers.to_json(), ex=EXPIRES)
        try:
            await pipe.execute()
        except (RedisError, OSError):
            return False  # the publisher logs the outage
        return True

    def _look(self, granted: _Granted) -> None:
        """Take up what was answered since the wish."""
        ward = self._watcher.roster.wards.get(granted.wish.node)
        if ward is None:
            granted.dropped, granted.awaited = Dropped.NOT_WATCHED, []
            return
        granted.awaited = [name for name in granted.awaited if name in ward.turns]
        if ward is not granted.ward:  # a reload made it anew, and with it forgot our question
            granted.ward = ward
            self._hurry(granted)
        for name in list(granted.awaited):
            answer = self._answer(ward.turns[name], granted.since)
            if answer is not None:
                granted.awaited.remove(name)
                granted.answers.append(answer)
                granted.unsaid = True

    def _answer(self, turn: Turn, since: int) -> Answer | None:
        """The answer of this turn since then; None while there is none yet."""
        cause, at, taken = newest(turn.track, turn)
        if not self._watcher.roster.askable(turn):
            return Answer(turn.spec.name, cause, max(at, since), None)
        if at < since:
            return None
        return Answer(turn.spec.name, cause, at, None if math.isnan(taken) else round(taken, 6))

    def _tell_dropped(self) -> None:
        now, total = time.monotonic(), self.dropped.total()
        if total > self._told and now - self._told_at >= TOLD_EVERY:
            self._told, self._told_at = total, now
            counts = {reason.value: count for reason, count in sorted(self.dropped.items())}
            log.warning("wishes dropped", collector=self._watcher.keeper.collector, **counts)


def _is_done(granted: _Granted, now: float) -> bool:
    return not granted.awaited or now >= granted.until
