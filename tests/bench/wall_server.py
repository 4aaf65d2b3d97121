"""The pages of a monitor over a city that turns: no collectors, no bus, the real application and its hub.

``python wall_server.py FOLDER NODES CHANGES`` prints its port; so many watches turn a second.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from aiohttp import web  # noqa: E402 - found by the lines above
from redis.asyncio import Redis  # noqa: E402 - found by the lines above
from small_site import Voice, camera, make_site  # noqa: E402 - found by the lines above

from monitor.bus.keys import Keys  # noqa: E402 - found by the lines above
from monitor.config import Reloader  # noqa: E402 - found by the lines above
from monitor.live.health import Health  # noqa: E402 - found by the lines above
from monitor.live.probetimes import ProbeTimes  # noqa: E402 - found by the lines above
from monitor.live.states import Live  # noqa: E402 - found by the lines above
from monitor.model.observations import State  # noqa: E402 - found by the lines above
from monitor.web.app import make_app  # noqa: E402 - found by the lines above
from monitor.web.context import Context  # noqa: E402 - found by the lines above
from monitor.web.news import News  # noqa: E402 - found by the lines above

TURN_EVERY = 0.1


async def main(folder: Path, count: int, changes: int) -> None:
    regions = {f"4409{number:02}": f"区县 {number}" for number in range(1, 6)}
    names = [f"4409010000132{number:07}" for number in range(count)]
    nodes = [
        camera(name, name=f"点位 {name[-5:]}", region=list(regions)[place % 5])
        for place, name in enumerate(names)
    ]
    live = Live(make_site(folder, nodes, regions=regions))
    now, voice = live.clock(), Voice()
    live.apply(voice.sees(now - 10_000, now))
    for name in names:
        live.apply(voice.turns(name, State.UNKNOWN, State.UP, now - 5_000))
    redis, keys = Redis(port=1), Keys(live.site.name)
    health = Health(ledger_takes=True, bus_connected=True, restored=True)
    context = Context(live, health, ProbeTimes(redis, keys), redis, keys, Reloader(live.site), now)
    runner = web.AppRunner(make_app(context), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    news = asyncio.create_task(News(live, health, context.hub).run())
    await turn(live, voice, names, changes)
    await news


async def turn(live: Live, voice: Voice, names: list[str], changes: int) -> None:
    """Watches go down and come back, chosen by lot, for two minutes at most."""
    random, down = Random(1), set[str]()
    for _ in range(round(120 / TURN_EVERY)):
        now = live.clock()
        live.apply(voice.sees(now - 1_000, now))
        for name in random.sample(names, round(changes * TURN_EVERY)):
            old, new = (State.DOWN, State.UP) if name in down else (State.UP, State.DOWN)
            live.apply(voice.turns(name, old, new, now))
            down.symmetric_difference_update([name])
        await asyncio.sleep(TURN_EVERY)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
