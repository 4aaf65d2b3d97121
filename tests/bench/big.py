"""A year of a very large city in a ledger: 100,000 points with 12 million changes, chained like any other.

Written past ``Ledger.append``, which would take an hour: rows and hashes are the same.
As a program (``big.py FOLDER``) it makes such a site and leaves it there.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

from monitor.config import Site, load_site
from monitor.demo.city import VIDEO, make_city
from monitor.demo.site_files import write_site
from monitor.ledger import Ledger
from monitor.ledger.chain import FORMS
from monitor.model.nodes import Node
from monitor.reports.windows import Window, period

POINTS: Final = 100_000
OUTAGES: Final = 60
YEAR: Final = "2025"
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
BATCH: Final = 50_000
_BITS: Final = 18
"""So many bits below the moment hold which point it is (17) and whether it goes down (1)."""

Row = tuple[Any, ...]


def make_big(folder: Path, points: int = POINTS) -> tuple[Site, int]:
    """The site, and how many changes its ledger holds."""
    city = make_city(points)
    site = load_site(write_site(city, folder))
    year = period(YEAR, site.zone)
    nodes = [node for node in city.nodes if node.point_class == 1]
    asyncio.run(_begin(site, year.start))
    return site, fill(site.data / "ledger.db", nodes, year)


async def _begin(site: Site, start: int) -> None:
    """An empty ledger with its node list."""
    site.data.mkdir()
    async with await Ledger.open(site.ledger_url) as ledger:
        await ledger.use_inventory(site.inventory.digest, site.inventory.to_json(), start)


def fill(path: Path, nodes: list[Node], year: Window) -> int:
    """Write the year; how many changes that is."""
    ledger = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
        ledger.execute(f"PRAGMA {pragma}")
    # Indexes are made faster at the end, and triggers guard against nobody here.
    kept = ledger.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL "
        "AND (type = 'trigger' OR (type = 'index' AND tbl_name = 'changes'))"
    ).fetchall()
    for kind, name, _ in kept:
        ledger.execute(f"DROP {kind} {name}")
    ledger.execute("BEGIN")
    link, last = ledger.execute("SELECT links, hash FROM head").fetchone()
    chain = _Chain(ledger, link, last)
    changes = chain.write("changes", _changes(nodes, year))
    sights = chain.write("sights", _sights(year, len(nodes)))
    ledger.execute(
        "UPDATE head SET links = ?, hash = ?, changes = ?, sights = ?",
        (chain.link, chain.last, changes, sights),
    )
    for _, _, sql in kept:
        ledger.execute(sql)
    ledger.execute("COMMIT")
    ledger.execute("PRAGMA journal_mode = WAL")
    ledger.close()
    return changes


class _Chain:
    """Gives each row its link and hash, and stores it."""

    def __init__(self, ledger: sqlite3.Connection, link: int, last: str) -> None:
        self._ledger = ledger
        self.link = link
        self.last = last

    def write(self, table: str, rows: Iterable[Row]) -> int:
        """``rows`` have the columns of the chain's form. How many there were."""
        columns = (*FORMS[table], "link", "hash")
        names = ", ".join(f'"{name}"' for name in columns)
        statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"
        before, linked = self.link, self._linked(table, rows)
        while batch := list(islice(linked, BATCH)):
            self._ledger.executemany(statement, batch)
        return self.link - before

    def _linked(self, table: str, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            form = "\0".join((self.last, table, *("-" if value is None else str(value) for value in row)))
            self.last = sha256(form.encode()).hexdigest()
            self.link += 1
            yield (*row, self.link, self.last)


def _changes(nodes: list[Node], year: Window) -> Iterator[Row]:
    """In the order of time, as a collector says them: up at first, then down and up by turns."""
    names = [node.id for node in nodes]
    said = (f"{VIDEO}-0of1", 1)
    for number, name in enumerate(names, 1):
        event = (number, *said, number, "event", name, VIDEO, "unknown", "up", year.start)
        yield (*event, None, year.start + 7_000, "ok", "rtsp", "[]", year.start + 8_000)
    for number, turn in enumerate(_turns(len(names), year), len(names) + 1):
        moment, which = turn >> _BITS, turn & ((1 << _BITS) - 1)
        turned = ("up", "down") if which & 1 else ("down", "up")
        cause = "no_reply" if which & 1 else "ok"
        event = (number, *said, number, "event", names[which >> 1], VIDEO, *turned, moment)
        yield (*event, moment - 5_000, moment + 7_000, cause, "rtsp", "[]", moment + 8_000)


def _turns(points: int, year: Window) -> Iterator[int]:
    """When a point goes down or comes back, packed into one number each; month by month, to save memory."""
    rng = Random("a year of a very large city")
    span = year.end - year.start - 2 * DAY
    month = span // 12
    for start in range(year.start + DAY, year.start + DAY + 12 * month, month):
        found: list[int] = []
        slot = month // (OUTAGES // 12)
        for point in range(points):
            for begin in range(start, start + slot * (OUTAGES // 12), slot):
                first = begin + int(rng.random() * (slot - 2 * DAY))
                length = min(max(10_000, int(rng.lognormvariate(7.6, 1.1) * 1000)), 47 * HOUR)
                found += (first << _BITS | point << 1 | 1, (first + length) << _BITS | point << 1)
        found.sort()
        yield from found


def _sights(year: Window, points: int) -> Iterator[Row]:
    """Hour by hour, with five minutes unseen now and then. All sealed."""
    for number, hour in enumerate(range(year.start, year.end, HOUR), 1):
        last = min(hour + HOUR, year.end) - (300_000 if number % 150 == 0 else 0)
        said = (number, f"{VIDEO}-0of1", 2, number, VIDEO, 0, 1)
        yield (*said, hour, last, points, points, 0, "", 1, last + 8_000)


if __name__ == "__main__":
    made, count = make_big(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else POINTS)
    print(made.path, f"{count:,} changes")
