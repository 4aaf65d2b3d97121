"""What the ledger has to tell, as a numbered box of events: judged changes, outages, turns, orders.

It has the shape of the bus's ``EventSource``, which this package may not import. Since it reads from the
ledger, what was told is told again after Redis lost it, until a reader has confirmed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.ledger.rows import Judgement
from monitor.model.events import MONITOR
from monitor.model.said import Said

_T = TypeVar("_T")

_PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Told:
    """A judgement ready to be published; the fields are those of the bus's ``Said``."""

    sequence: int
    time: int
    payload: Judgement
    oldest: int


class Judgements:
    """The judgements of one ledger, within the epoch that its head says.

    :meth:`pending` and :meth:`confirm` block and must be called from another thread than the event
    loop's; they raise LedgerError. The others answer from memory.
    """

    collector: Final = MONITOR

    def __init__(self, ledger: Ledger, loop: asyncio.AbstractEventLoop) -> None:
        self._ledger = ledger
        self._loop = loop

    @classmethod
    async def of(cls, ledger: Ledger) -> Self:
        """The judgements of a ledger that is used on the running loop."""
        return cls(ledger, asyncio.get_running_loop())

    @property
    def epoch(self) -> int:
        return self._ledger.judgement_marks.epoch

    def pending(self, after: int, limit: int) -> list[Told]:
        """Up to ``limit`` unconfirmed judgements with a sequence above ``after``, in order."""
        rows = self._wait(self._ledger.judgements(after, limit))
        return [Told(row.sequence, row.time, row.payload, self.oldest()) for row in rows]

    def oldest(self) -> int:
        """The lowest unconfirmed sequence, or the next to be given when all are confirmed."""
        return self._ledger.judgement_marks.confirmed + 1

    def last(self) -> int:
        """The highest sequence ever given in this epoch; 0 before the first."""
        return self._ledger.judgement_marks.last

    def confirm(self, epoch: int, sequence: int) -> None:
        """Tell those up to ``sequence`` no more. The word of an earlier epoch is ignored.

        One beyond what was ever given begins a new epoch: see :meth:`Ledger.confirm_judgements`.
        """
        self._wait(self._ledger.confirm_judgements(epoch, sequence))

    def _wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)
        except TimeoutError as error:
            raise LedgerError(
                Said(f"台账：{_PATIENCE:.0f} 秒内无应答", f"ledger: no answer within {_PATIENCE:.0f} s")
            ) from error
