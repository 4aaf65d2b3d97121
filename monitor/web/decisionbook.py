"""The decisions as they were read last: every board and every list asks what they cover."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.ledger.ledger import Ledger
from monitor.model.decisions import Decision


@dataclass(slots=True)
class DecisionBook:
    """Reads them anew when there is one more: none is ever changed."""

    _known: Sequence[Decision] = ()
    _last: int | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def all(self, ledger: Ledger) -> Sequence[Decision]:
        """In the order recorded. Raises LedgerError."""
        async with self._turn:
            last = await ledger.last_decision()
            if last != self._last:
                self._known, self._last = await ledger.decisions(), last
            return self._known
