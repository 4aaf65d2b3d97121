"""What the ledger has to tell: committed changes and observers' turns, as a numbered box of events.

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
from monitor.ledger.rows import JudgementMarks
from monitor.model.events import Judged, ObserverTurned

_T = TypeVar("_T")

COLLECTOR: Final = "monitor"
_PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Told:
    """A judgement ready to be published; the fields are those of the bus's ``Said``."""

    sequence: int
    time: int
    payload: Judged | ObserverTurned
    oldest: int


class Judgements:
    """The judgements of one ledger; their epoch is its birth.

    :meth:`pending` and :meth:`confirm` block and belong in another thread than the event loop's; they
    raise OSError, the one error that ledger and bus both know, when the ledger cannot be used. The others
    answer from memory what those two saw last.
    """

    collector: Final = COLLECTOR

    def __init__(self, ledger: Ledger, marks: JudgementMarks, loop: asyncio.AbstractEventLoop) -> None:
        self.epoch = marks.birth
        self._marks = marks
        self._ledger = ledger
        self._loop = loop

    @classmethod
    async def of(cls, ledger: Ledger) -> Self:
        """Raises LedgerError."""
        return cls(ledger, await ledger.judgement_marks(), asyncio.get_running_loop())

    def pending(self, after: int, limit: int) -> list[Told]:
        """Up to ``limit`` unconfirmed judgements with a sequence above ``after``, in order."""
        self._marks = self._wait(self._ledger.judgement_marks())
        if max(after, self._marks.confirmed) >= self._marks.last:
            return []
        rows = self._wait(self._ledger.judgements(after, limit))
        return [Told(row.sequence, row.time, row.payload, self.oldest()) for row in rows]

    def oldest(self) -> int:
        """The lowest unconfirmed sequence, or the next to be given when all are confirmed."""
        return self._marks.confirmed + 1

    def last(self) -> int:
        """The highest sequence ever given; 0 before the first."""
        return self._marks.last

    def confirm(self, epoch: int, sequence: int) -> None:
        """Tell those up to ``sequence`` no more. The word of another epoch is ignored."""
        if epoch == self.epoch:
            self._wait(self._ledger.confirm_judgements(sequence))
            self._marks = self._wait(self._ledger.judgement_marks())

    def _wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)
        except LedgerError as error:
            raise OSError(str(error)) from error
        except TimeoutError as error:
            raise OSError(f"ledger: no answer within {_PATIENCE:.0f} s") from error
