"""The report of each month, made by itself once the month is over, and kept in ``data/reports``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from monitor.config import Site
from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.reports.windows import period

FOLDER: Final = "reports"
FORMS: Final = ("json", "xlsx", "pdf")

SETTLED: Final = timedelta(hours=1)
"""So long after a month its last facts are there: collectors that were cut off have had their word."""

LOOK_EVERY: Final = 600.0
PATIENCE: Final = 600.0
"""Seconds that one file may take."""

log = structlog.get_logger(__name__)


class Monthly:
    """Makes what is missing of the last month, in a process of its own: a year of facts is no small thing."""

    def __init__(self, ledger: Ledger, site: Callable[[], Site]) -> None:
        self._ledger = ledger
        self._site = site
        self._failed: set[Path] = set()

    async def run(self) -> None:
        """Until cancelled. A report that cannot be made is told once, and tried again after a restart."""
        while True:
            await self.look(datetime.now(UTC))
            await asyncio.sleep(LOOK_EVERY)

    async def look(self, now: datetime) -> None:
        """Make the files of the month before ``now`` that are not there yet."""
        month = last_month(now, self._site())
        if not await self._knows(month):
            return
        for path in missing(self._site().data / FOLDER, month):
            if path not in self._failed:
                await self._make(month, path)

    async def _knows(self, month: str) -> bool:
        """Whether anything was watched in that month, and it is known whose fault everything in it was.

        What waits for its judgement would stand in the report as a fault of its own, and for good.
        """
        end = period(month, self._site().zone).period_end
        try:
            uses = await self._ledger.inventory_uses()
            judged = await self._ledger.judged_until()
        except LedgerError as error:
            log.warning("monthly report waits for the ledger", error=str(error))
            return False
        if not uses or uses[0][0] >= end:
            return False
        if judged is not None and judged < end:
            log.info("monthly report waits for judgements", month=month)
            return False
        return True

    async def _make(self, month: str, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        site = ("--site", str(self._site().path))
        command = (sys.executable, "-m", "monitor.cli", "report", *site, "--period", month, "-o", str(path))
        made = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(PATIENCE):
                _, said = await made.communicate()
        except (TimeoutError, asyncio.CancelledError) as error:
            made.kill()
            await made.wait()
            if isinstance(error, asyncio.CancelledError):
                raise
            said = b"it took too long"
        if made.returncode:
            self._failed.add(path)
            why = said.decode(errors="replace").strip()
            log.error("monthly report was not made", month=month, file=path.name, error=why)
        else:
            log.info("monthly report is made", month=month, file=str(path))


def last_month(now: datetime, site: Site) -> str:
    """The last month that is over and settled, on the site's clock: ``2026-10``."""
    local = (now - SETTLED).astimezone(site.zone)
    before = local.replace(day=1) - timedelta(days=1)
    return f"{before:%Y-%m}"


def missing(folder: Path, month: str) -> list[Path]:
    """The files of a month that are still to be made."""
    return [path for form in FORMS if not (path := folder / f"{month}.{form}").exists()]
