"""Appends changes and judges them, to be killed at any moment: ``attribution_victim.py FOLDER TOTAL``.

Goes on from what the ledger has, as a monitor that is started again would. Prints a line as soon as something
is judged, and ends when all is.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from attribution_kit import AloneEngine
from small_site import Voice, camera, make_site

from monitor.ledger import Ledger
from monitor.live.attributor import Attributor
from monitor.live.states import Live
from monitor.model.events import Event
from monitor.model.observations import State

T0 = 1_795_392_000_000
BATCH = 7


def event(number: int) -> Event:
    """The n-th change: of ten cameras, each now down and now up."""
    voice = Voice(sequence=number - 1, oldest=1)
    states = (State.UP, State.DOWN) if (number - 1) // 10 % 2 == 0 else (State.DOWN, State.UP)
    return voice.turns(f"cam-{number % 10}", *states, T0 + number)


async def main(folder: Path, total: int) -> None:
    site = make_site(folder, [camera(f"cam-{number}") for number in range(10)])
    async with await Ledger.open(f"sqlite+aiosqlite:///{folder / 'ledger.db'}") as ledger:
        attributor = Attributor(
            ledger, Live(site), lambda site: AloneEngine(site, hold=3), on_verdicts=lambda: print(flush=True)
        )
        judging = asyncio.create_task(attributor.run())
        while (last := (await ledger.committed()).get("video-0of1", (1, 0))[1]) < total:
            numbers = range(max(1, last - 2), min(last + BATCH, total) + 1)
            appended = await ledger.append("ledger", "facts", f"{last}-0", [event(n) for n in numbers])
            attributor.hear(appended.changes)
            await asyncio.sleep(0.002)
        while await ledger.unjudged():
            assert not judging.done(), judging.result()
            await asyncio.sleep(0.005)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
