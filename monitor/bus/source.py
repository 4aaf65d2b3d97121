"""What a publisher publishes from: a numbered box of events that keeps each until it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from monitor.model.events import Payload


class OutboxError(Exception):
    """The box could not be read or written (disk full, locked, not ours). Nothing was half done."""


class OutboxHeldError(OutboxError):
    """Another process has the box."""


@dataclass(frozen=True, slots=True)
class Said:
    """An event as its box keeps it. ``time`` is when it was said, in milliseconds.

    ``oldest`` is the lowest sequence that the box can still send again.
    """

    sequence: int
    time: int
    payload: Payload
    oldest: int


class EventSource(Protocol):
    """A box of events: numbered 1, 2, 3, … without a gap, forgotten only from the front.

    ``pending`` and ``confirm`` may block on a disk and are called in a thread; they raise OutboxError.
    ``oldest`` and ``last`` answer from memory.
    """

    @property
    def collector(self) -> str: ...

    @property
    def epoch(self) -> int:
        """The life of the box, in which its sequence counts."""

    def pending(self, after: int, limit: int) -> list[Said]:
        """Up to ``limit`` kept events with a sequence above ``after``, in order."""

    def oldest(self) -> int:
        """The lowest sequence kept, or the next to be given when none is kept."""

    def last(self) -> int:
        """The highest sequence ever given in this epoch; 0 before the first."""

    def confirm(self, epoch: int, sequence: int) -> None:
        """Forget everything up to ``sequence``: the ledger has it. An earlier epoch's word is ignored.

        A word beyond what ``pending`` ever gave means that this box is an old copy of itself. It then
        begins a new epoch, in which what the ledger cannot have is numbered anew from 1.
        """
