"""What a ledger needs from time to time: sights sealed, its chain signed, old rows let go into files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.ledger.signing import RHYTHM, Signer
from monitor.model.times import wall_clock

EVERY: Final = 60.0
"""Seconds from one look to the next."""

ARCHIVE: Final = "archive"
"""The folder of segments, beside the ledger."""

log = structlog.get_logger(__name__)


class Keeper:
    """Keeps one ledger in order. What fails is said once, and tried again at the next look."""

    def __init__(
        self,
        ledger: Ledger,
        signer: Signer,
        archive: Path,
        retain: Callable[[], float],
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        """``retain``: for how many seconds rows stay in the database, as the site says now."""
        self._ledger = ledger
        self._signer = signer
        self._archive = archive
        self._retain = retain
        self._clock = clock
        self._signed_at: int | None = None
        self._trouble = ""

    async def run(self) -> None:
        """Keep it in order until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Do what is due: each minute seal sights that ended; each hour sign, and let old segments go."""
        now = self._clock()
        due = self._signed_at is None or not 0 <= now - self._signed_at < RHYTHM
        try:
            await self._ledger.seal_stale(now)
            if due:
                await self._ledger.checkpoint(self._signer, now)
                self._signed_at = now
                await self._let_go(now - round(self._retain() * 1000))
        except LedgerError as error:
            self._say(error)
            return
        if due and self._trouble:
            log.info("ledger is kept again")
            self._trouble = ""

    async def sign(self) -> None:
        """A last checkpoint, at a clean stop."""
        try:
            await self._ledger.checkpoint(self._signer, self._clock())
        except LedgerError as error:
            self._say(error)

    async def _let_go(self, keep_from: int) -> None:
        while segment := await self._ledger.export_segment(self._archive, keep_from):
            log.info("segment exported", file=segment.file, first=segment.first, last=segment.last)

    def _say(self, error: LedgerError) -> None:
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.error("ledger cannot be kept in order", error=self._trouble)
