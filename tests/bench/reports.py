"""A year of the small city in a ledger, and of a very large one, and what their reports cost.

Each is made in a process of its own. As a program (``reports.py SITE FORM``) it is that process, and prints
what it used; FORM is that of a file, or ``none`` for the figures alone.
"""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from heapq import merge
from pathlib import Path
from random import Random
from typing import Any, Final

if __name__ != "__main__":
    from big import make_big
    from measure import MIB, Figure, NotMeasuredError, at_most, mebibytes, millis, seconds
    from proof import verifying

from monitor.config import Site, load_site
from monitor.demo.city import VIDEO, make_city
from monitor.demo.site_files import write_site
from monitor.ledger import Ledger, Signer
from monitor.ledger.chain import GENESIS
from monitor.model.events import Change, Event, EventId, Payload, Sight
from monitor.model.nodes import Node
from monitor.model.observations import Cause, State
from monitor.reports.build import Question, report
from monitor.reports.document import Proof
from monitor.reports.formats import writer_of
from monitor.reports.gather import gather
from monitor.reports.jsonform import digest
from monitor.reports.windows import period

POINTS: Final = 3_352
OUTAGES: Final = 60
"""Of a point in a year: with the changes that begin and end them, 400,000 of the city."""

ROUNDS: Final = 3
ROOM: Final = 8 << 30
NO_FILE: Final = "none"
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
    name = f"a year, {len(points):,} points, {changes:,} changes"
    yield from _figures(name, [child(site) for _ in range(ROUNDS)], 3.0, 600.0)
    for form, most in (("xlsx", 10.0), ("pdf", 15.0)):
        yield from _file(form, [child(site, form) for _ in range(ROUNDS)], most)
    yield from verifying(site.data / "ledger.db")


def big(folder: Path) -> Iterator[Figure]:
    """Figures of a year of 100,000 points with 12 million changes, by the extra ``big``. Takes minutes."""
    if shutil.disk_usage(folder).free < ROOM:
        raise NotMeasuredError(f"{folder}: the ledger takes {ROOM >> 30} GiB, there is less")
    site, changes = make_big(folder / "site")
    points = sum(node.point_class == 1 for node in site.inventory.nodes.values())
    name = f"a year, {points:,} points, {changes:,} changes"
    yield from _figures(name, [child(site) for _ in range(ROUNDS)], 30.0, None)


def _figures(name: str, rounds: list[dict[str, float]], most: float, peak: float | None) -> Iterator[Figure]:
    def of(key: str) -> tuple[float, ...]:
        return tuple(used[key] for used in rounds)

    yield Figure(f"{name}: figures", of("wall"), seconds, at_most(most, seconds))
    yield Figure("  of it reading the ledger", of("gather"), seconds)
    yield Figure("  CPU of all", of("cpu"), seconds)
    memory = None if peak is None else at_most(peak * MIB, mebibytes)
    yield Figure("  peak memory", of("peak"), mebibytes, memory)
    yield Figure("  digest of the report", of("digest"), millis)


def _file(form: str, rounds: list[dict[str, float]], most: float) -> Iterator[Figure]:
    """From the ledger to the file: as long as somebody waits who asks for it."""
    walls = tuple(used["wall"] + used["digest"] + used["write"] for used in rounds)
    yield Figure(f"  from the ledger to {form}", walls, seconds, at_most(most, seconds))
    yield Figure(f"  of it writing {form}", tuple(used["write"] for used in rounds), seconds)
    peaks = tuple(used["peak"] for used in rounds)
    yield Figure(f"  peak memory, {form}", peaks, mebibytes, at_most(600.0 * MIB, mebibytes))


def child(site: Site, form: str = NO_FILE) -> dict[str, float]:
    """What one making used."""
    done = subprocess.run(
        [sys.executable, __file__, str(site.path), form], check=True, capture_output=True, text=True
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
        await ledger.checkpoint(Signer.of(site.data))
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


async def work(path: Path, form: str) -> dict[str, Any]:
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
    assert len(made.nodes) == sum(node.point_class == 1 for node in site.inventory.nodes.values())
    name = digest(made)
    digested = time.perf_counter()
    if form != NO_FILE:
        proof = Proof(name, 1, year.period_end, 1, GENESIS, "", "")
        writer_of(form)(made, proof, site.language, site.data / f"report.{form}")
    return {
        "wall": ended - begun,
        "gather": gathered - begun,
        "cpu": used,
        "digest": digested - ended,
        "write": time.perf_counter() - digested,
        "peak": max(map(peak_of, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))),
    }


def peak_of(who: int) -> int:
    """Bytes; of children that of the largest. A PDF is set by one."""
    return resource.getrusage(who).ru_maxrss * 1024


if __name__ == "__main__":
    print(json.dumps(asyncio.run(work(Path(sys.argv[1]), sys.argv[2]))))
