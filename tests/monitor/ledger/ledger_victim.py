"""Appends and judges for ever, to be killed at any moment: ``ledger_victim.py DATABASE TOTAL``.

Goes on from the position in the database, in batches that overlap, and prints each committed mark.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ledgerkit import STREAM, T0, change, judge_all, said, sight, snapshot, url_of

from monitor.ledger import Ledger
from monitor.model.events import Event
from monitor.model.outages import Attribution

BATCH = 37


def event(number: int) -> Event:
    """The n-th event: mostly changes, now and then a sight or a snapshot."""
    if number % 10 == 0:
        return said(sight(T0 + number * 10_000, T0 + (number + 10) * 10_000), number)
    if number % 25 == 1:
        return said(snapshot(T0 + number, up=[f"cam-{number}-{n}" for n in range(5)]), number)
    return said(change(f"cam-{number}", at=T0 + number), number)


async def main(directory: str, total: int) -> None:
    async with await Ledger.open(url_of(Path(directory))) as ledger:
        while (last := (await ledger.committed()).get("video-0of1", (1, 0))[1]) < total:
            first = max(1, last - 5)
            batch = [event(number) for number in range(first, min(last + BATCH, total) + 1)]
            await judge_all(ledger, Attribution.OWN)
            appended = await ledger.append("ledger", STREAM, f"{batch[-1].id.sequence}-0", batch)
            await judge_all(ledger, Attribution.OWN)
            print(appended.committed["video-0of1"][1], flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
