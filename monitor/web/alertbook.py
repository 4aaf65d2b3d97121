"""The alerts as they were read last: the list is made of thousands of records, and many ask for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from monitor.desk.orders import Known, alerts
from monitor.ledger.ledger import Ledger

GOOD_FOR: Final = 10.0
"""Seconds after which it is read again although nobody said that something is new: commands speak to the
ledger past us."""


@dataclass(slots=True)
class AlertBook:
    """Call :meth:`forget` when something was told, acknowledged or assigned."""

    _known: list[Known] | None = None
    _read_at: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def forget(self) -> None:
        self._known = None

    async def all(self, ledger: Ledger) -> Sequence[Known]:
        """Those that go on and those that are over, the newest first. Raises LedgerError."""
        async with self._turn:
            known = self._known
            if known is None or time.monotonic() - self._read_at > GOOD_FOR:
                self._read_at = time.monotonic()
                known = self._known = await alerts(ledger, ended=True)
            return known

    async def of_outages(self, ledger: Ledger) -> dict[str, Known]:
        """By the id of an outage, the alert that was told of it last."""
        found: dict[str, Known] = {}
        for one in await self.all(ledger):
            outage = one.facts.get("outage")
            if isinstance(outage, str):
                found.setdefault(outage, one)
        return found
