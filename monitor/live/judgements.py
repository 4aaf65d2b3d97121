"""What the ledger has to tell, on its way to the bus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis.asyncio import Redis

from monitor.bus.keys import Keys
from monitor.bus.publisher import Publisher
from monitor.bus.source import OutboxError, Said
from monitor.ledger.errors import LedgerError
from monitor.ledger.judgements import Judgements
from monitor.ledger.ledger import Ledger
from monitor.model.events import MONITOR

LISTENER: Final = "alert"
"""The reader that judgements are kept for until it has them."""


async def judgements_publisher(ledger: Ledger, redis: Redis, keys: Keys) -> Publisher:
    """A publisher of everything that the ledger judged and the listener has not confirmed."""
    return Publisher(JudgementBox(await Judgements.of(ledger)), redis, keys, keys.judgements, LISTENER)


class JudgementBox:
    """The ledger's judgements as a box of the bus: in its words, and with its error."""

    collector: Final = MONITOR

    def __init__(self, judgements: Judgements) -> None:
        self._judgements = judgements

    @property
    def epoch(self) -> int:
        return self._judgements.epoch

    def pending(self, after: int, limit: int) -> list[Said]:
        with _as_outbox_error():
            told = self._judgements.pending(after, limit)
        return [Said(one.sequence, one.time, one.payload, one.oldest) for one in told]

    def oldest(self) -> int:
        with _as_outbox_error():
            return self._judgements.oldest()

    def last(self) -> int:
        with _as_outbox_error():
            return self._judgements.last()

    def confirm(self, epoch: int, sequence: int) -> None:
        with _as_outbox_error():
            self._judgements.confirm(epoch, sequence)


@contextmanager
def _as_outbox_error() -> Iterator[None]:
    try:
        yield
    except LedgerError as error:
        raise OutboxError(str(error)) from error
