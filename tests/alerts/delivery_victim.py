"""A small alert role that a test kills: it makes alerts, ends them, and delivers to a webhook.

Run as ``delivery_victim.py FOLDER URL FALLBACK_URL LAST``: it goes on with the next alert that its database
does not know yet, up to the last, and ends when nothing waits any more.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from delivery_kit import end, message

from alerts.channels.webhook import Webhook
from alerts.database import Database
from alerts.delivery import Delivery
from alerts.outbox import STEPS, Fallback, Outbox
from alerts.pace import Patience

MADE = ("CREATE TABLE made (number INTEGER PRIMARY KEY)",)


async def main(folder: Path, url: str, fallback_url: str, last: int) -> None:
    with Database(folder / "alerts.db", (*STEPS, MADE)) as database:
        outbox = Outbox(database)
        channels = [Webhook("duty", url), Webhook("mail", fallback_url)]
        patience = Patience(attempt=0.5, first=0.02, longest=0.1, aside=0.2)
        delivery, stop = Delivery(database, outbox, channels, patience=patience), asyncio.Event()
        running = asyncio.create_task(delivery.run(stop))
        print("ready", flush=True)
        try:
            await make(database, outbox, last)
            while any(delivery.numbers().pending.values()):
                await asyncio.sleep(0.02)
            stop.set()
        finally:
            await running


async def make(database: Database, outbox: Outbox, last: int) -> None:
    """An alert every few milliseconds; each ends while the third after it begins."""
    later = Fallback({"mail": ()}, 0.4)
    while True:
        with database.transaction() as db:
            number = db.execute("SELECT ifnull(max(number), 0) + 1 FROM made").fetchone()[0]
            if number > last + 3:
                return
            db.execute("INSERT INTO made VALUES (?)", (number,))
            if number <= last:
                outbox.enqueue(db, "duty", message(number), fallback=later if number % 2 else None)
            if number > 3:
                outbox.enqueue(db, "duty", end(number - 3), fallback=later if number % 2 else None)
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
