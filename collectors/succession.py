"""What collectors left behind that are not planned any more: a network's ``shards`` was changed, or it went.

Their outboxes lie beside ours and stay there. What stands in them unconfirmed is said before anything new
is, so that it comes in the order in which it happened; what they remember of our watches is taken over, so
that no state is told twice and no login that was refused is tried again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Container, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

import structlog
from redis.asyncio import Redis

from collectors.judge import Remembered
from collectors.locks import LOCK_KEY
from collectors.roster import SIGHT_KEY, STATE_KEY
from monitor.bus.keys import Keys
from monitor.bus.outbox import Outbox, peek
from monitor.bus.publisher import BATCH, Publisher
from monitor.bus.source import OutboxError, OutboxHeldError
from monitor.model.nodes import collector_name, shard_of

AS_OF_KEY: Final = "as of"
"""Where it is kept how far a takeover reached, in milliseconds: nothing older is taken over again."""

_LOOK: Final = 0.5
"""Seconds between two looks at a box that somebody else holds."""

_BOX: Final = re.compile(r"(.+)-(\d{1,5})of(\d{1,5})\.db", re.ASCII)
_T = TypeVar("_T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Estate:
    """The outbox of one collector: which part of its network it had, and what it remembers."""

    path: Path
    network: str
    shard: int
    shards: int
    memory: Mapping[str, str]

    @property
    def collector(self) -> str:
        return collector_name(self.network, self.shard, self.shards)

    @property
    def sight(self) -> int | None:
        """Until when it surely looked."""
        text = self.memory.get(SIGHT_KEY)
        return None if text is None else int(text)

    @cached_property
    def as_of(self) -> int:
        """Until when it knew its watches; 0 if it knows nothing."""
        states = [Remembered.parse(text).at for key, text in self.memory.items() if key.startswith(STATE_KEY)]
        return max([self.sight or 0, int(self.memory.get(AS_OF_KEY, "0")), *states])

    def has(self, key: str) -> bool:
        """Whether this memory is about a watch of its part."""
        node = _node_of(key)
        return node is not None and shard_of(node, self.shards) == self.shard


def former_estates(folder: Path, planned: Container[str]) -> list[Estate]:
    """The boxes of collectors that are not ``planned`` any more. Of a broken one only the log hears."""
    estates = []
    for path in sorted(folder.glob("*.db")):
        said = _BOX.fullmatch(path.name)
        if said is None or path.stem in planned or not int(said[2]) < int(said[3]):
            continue
        network, shard, shards = said.groups()
        try:
            estates.append(Estate(path, network, int(shard), int(shards), peek(path).memory))
        except OutboxError as error:
            log.error("outbox of a former collector cannot be read", error=str(error))  # noqa: TRY400 - expected
    return estates


def _node_of(key: str) -> str | None:
    """Whose memory this is; None for what is the collector's own."""
    if key.startswith(STATE_KEY):
        return key.removeprefix(STATE_KEY)
    if key.startswith(LOCK_KEY):
        return key.removeprefix(LOCK_KEY).rpartition("/")[0]
    return None


def take_over(outbox: Outbox, own: Estate, former: Iterable[Estate]) -> None:
    """Remember of our watches what those knew who looked at them later than we did, if anybody did.

    Raises OutboxError.
    """
    later = [each for each in former if each.network == own.network and each.as_of > own.as_of]
    if not later:
        return
    memory = _inheritance(own, later)
    outbox.append([], {**dict.fromkeys(own.memory), **memory})
    log.info("took over from another cut", collector=own.collector, memories=len(memory))


def _inheritance(own: Estate, later: list[Estate]) -> dict[str, str]:
    """All that ``own`` shall remember: of each watch what the last to look at it knew."""
    kept: dict[str, tuple[str, Estate]] = {}
    for each in sorted([own, *later], key=lambda each: each.as_of):
        kept = {key: said for key, said in kept.items() if not each.has(key)}
        kept |= {key: (text, each) for key, text in each.memory.items() if own.has(key) and each.has(key)}
    memory = {key: text for key, (text, _) in kept.items()}
    # No single moment is a proof for all of them but the earliest.
    proof = min((estate.sight or 0 for _, estate in kept.values()), default=0)
    if proof:
        memory[SIGHT_KEY] = str(proof)
    return memory | {AS_OF_KEY: str(max(each.as_of for each in later))}


class Succession:
    """Says what former collectors left unsaid; ``done`` is set when what is new may follow."""

    def __init__(self, former: Iterable[Estate], redis: Redis, keys: Keys, executor: Executor) -> None:
        self._former = list(former)
        self._redis = redis
        self._keys = keys
        self._executor = executor
        self.done = asyncio.Event()

    async def run(self) -> None:
        """Return when the ledger has it all, however long Redis is away. What cannot be read stays."""
        for estate in self._former:
            try:
                await self._settle(estate)
            except OutboxError as error:
                log.error(  # noqa: TRY400 - its text says all
                    "events of a former collector stay in its outbox", error=str(error)
                )
        self.done.set()

    async def _settle(self, estate: Estate) -> None:
        """Until what now stands in the box is committed, be it by us or by whoever holds the box."""
        last = (await self._call(lambda: peek(estate.path))).last
        while (await self._call(lambda: peek(estate.path))).oldest <= last:
            try:
                box = await self._call(lambda: Outbox(estate.path, estate.collector))
            except OutboxHeldError:  # a sister was first, or that collector still runs
                await asyncio.sleep(_LOOK)
                continue
            with box:
                await self._say(box)

    async def _say(self, box: Outbox) -> None:
        await self._call(lambda: _read_through(box))
        log.info("saying what a former collector left", collector=box.collector, events=box.count())
        publisher = Publisher(box, self._redis, self._keys, self._keys.facts, executor=self._executor)
        while not await publisher.drain(60.0):
            pass

    async def _call(self, work: Callable[[], _T]) -> _T:
        """Disk work, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _read_through(box: Outbox) -> None:
    """Raises OutboxError for events that this version cannot read, which no publisher would get past."""
    after = box.oldest() - 1
    while said := box.pending(after, BATCH):
        after = said[-1].sequence
