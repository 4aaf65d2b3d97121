"""A year of the small city in a ledger, and what its figures cost, in a process of their own.

As a program (``reports.py SITE``) it is that process, and prints what it used.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from heapq import merge
from pathlib import Path
from random import Random
from typing import Any, Final

if __name__ != "__main__":
    from measure import MIB, Figure, at_most, mebibytes, millis, seconds
    from proof import verifying

from monitor.config import Site, load_site
from monitor.demo.city import VIDEO, make_city
from monitor.demo.site_files import write_site
from monitor.ledger import Ledger
from monitor.model.events import Change, Event, EventId, Payload, Sight
from monitor.model.nodes import Node
from monitor.model.observations import Cause, State
from monitor.reports.build import Question, report
from monitor.reports.gather import gather
from monitor.reports.jsonform import digest
from monitor.reports.windows import period

POINTS: Final = 3_352
OUTAGES: Final = 60
"""Of a point in a year: with the changes that begin and end them, 400,000 of the city."""

ROUNDS: Final = 3
YEAR: Final = "2025"
BATCH: Final = 10_000
HOUR: Final = 3_600_000

Said = tuple[int, Payload]


def figures(folder: Path) -> Iterator[Figure]:
    """All figures of a year of the small city, from its ledger: every table, day, inspection and fault."""
    city = make_city(POINTS)
    site = load_site(write_site(city, folder))
    points = [node for node in city.nodes if node.point_class == 1]
    changes = asyncio.run(fill(site, points))
    rounds = [child(site) for _ in range(ROUNDS)]
    name = f"a year, {len(points):,} points, {changes:,} changes"
    walls, peaks = ([used[key] for used in rounds] for key in ("wall", "peak"))
    yield Figure(f"{name}: figures", tuple(walls), seconds, at_most(3.0, seconds))
    yield Figure("  of it reading the ledger", tuple(used["gather"] for used in rounds), seconds)
    yield Figure("  CPU of all", tuple(used["cpu"] for used in rounds), seconds)
    yield Figure("  peak memory", tuple(peaks), mebibytes, at_most(600.0 * MIB, mebibytes))
    yield Figure("  digest of the report", tuple(used["digest"] for used in rounds), millis)
    yield from verifying(site.data / "ledger.db")


def child(site: Site) -> dict[str, float]:
    """What one making of the figures used."""
    done = subprocess.run(
        [sys.executable, __file__, str(site.path)], check=True, capture_output=True, text=True
    )
    used: dict[str, float] = json.loads(done.stdout)
    return used


async def fill(site: Site, points: list[Node]) -> int:
    """A year of outages in the ledger, some minutes of each month unseen; how many changes that is."""
    year = period(YEAR, site.zone)
    inventory, changes, batch = site.inventory, 0, []
    site.data.mkdir()
    async with await Ledger.open(site.ledger_url) as ledger:
        await ledger.use_inventory(inventory.digest, inventory.to_json(), year.start)
        said = merge(turns(points, *year.span), sights(*year.span), key=lambda one: one[0])
        for number, (moment, payload) in enumerate(said, 1):
            batch.append(Event(EventId(f"{VIDEO}-0of1", 1, number), site.name, moment, payload))
            changes += isinstance(payload, Change)
            if len(batch) == BATCH:
                await ledger.append("bench", "none", "0-0", batch)
                batch = []
        await ledger.append("bench", "none", "0-0", batch)
    return changes


def turns(points: list[Node], start: int, end: int) -> Iterator[Said]:
    """The changes of all points in the order of time: dead for minutes or hours, spread over the year."""
    rng = Random("a year of outages")
    found: list[Said] = []
    for node in points:
        found.append((start, change(node.id, State.UNKNOWN, State.UP, start)))
        begins = sorted(rng.randrange(start, end - 48 * HOUR) for _ in range(OUTAGES))
        for begin, following in zip(begins, [*begins[1:], end], strict=True):
            length = min(round(rng.lognormvariate(7.6, 1.1) * 1000), following - begin - 30_000)
            if length > 10_000:
                found.append((begin, change(node.id, State.UP, State.DOWN, begin)))
                found.append((begin + length, change(node.id, State.DOWN, State.UP, begin + length)))
    found.sort(key=lambda one: one[0])
    yield from found


def change(node: str, old: State, new: State, moment: int) -> Change:
    bound = None if old is State.UNKNOWN else moment - 5_000
    cause = Cause.OK if new is State.UP else Cause.NO_REPLY
    return Change(node, VIDEO, old, new, moment, bound, moment + 7_000, cause, "rtsp")


def sights(start: int, end: int) -> Iterator[Said]:
    """Hour by hour, with five minutes unseen now and then."""
    for number, hour in enumerate(range(start, end, HOUR)):
        last = min(hour + HOUR, end) - (300_000 if number % 150 == 149 else 0)
        sight = Sight(f"{VIDEO}-0of1", VIDEO, 0, 1, hour, last, watches=POINTS, probes=POINTS)
        yield last, sight


async def work(path: Path) -> dict[str, Any]:
    site = load_site(path)
    year = period(YEAR, site.zone)
    begun, cpu = time.perf_counter(), time.process_time()
    import gc

    gc.disable()
    async with await Ledger.open(site.ledger_url) as ledger:
        known = await gather(ledger, site, year, year.period_end + 1)
    gathered = time.perf_counter()
    made = report(known, Question())
    ended, used = time.perf_counter(), time.process_time() - cpu
    assert len(made.nodes) == POINTS
    digest(made)
    return {
        "wall": ended - begun,
        "gather": gathered - begun,
        "cpu": used,
        "digest": time.perf_counter() - ended,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(work(Path(sys.argv[1])))))
