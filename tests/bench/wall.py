"""How quick the pages are, and what it costs that many look on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import measure
import tools
from measure import Figure, NotMeasuredError, at_most, millis, seconds, share

SMALL: Final = 3_352
VIEWERS: Final = 200
CHANGES: Final = 100
"""A second."""

WINDOW: Final = 10.0
LISTS: Final = 9
PAINTS: Final = 5
ISSUE: Final = "issue 5"
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pages(folder: Path) -> Iterator[Figure]:
    """The overview's first paint and weight, a list of all nodes, and 200 viewers of 100 changes a second."""
    with serving(folder, SMALL, 1) as (place, _):
        yield from _paints(place)
        yield Figure(
            f"GET /nodes, {SMALL:,} of them", tuple(_lists(place)), millis, at_most(0.05, millis, ISSUE)
        )
    (folder / "busy").mkdir()
    with serving(folder / "busy", SMALL, CHANGES) as (place, pid):
        events, used = asyncio.run(_look_on(place, pid))
        yield Figure(f"events that each of {VIEWERS} viewers got, a second", (events,), lambda n: f"{n:.0f}")
        yield Figure(f"server with {VIEWERS} viewers, of a core", (used,), share, at_most(0.5, share, ISSUE))


@contextmanager
def serving(folder: Path, count: int, changes: int) -> Iterator[tuple[str, int]]:
    """The pages of such a city: where, and the process that serves them."""
    script = Path(__file__).parent / "wall_server.py"
    command = [sys.executable, str(script), str(folder), str(count), str(changes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.strip().isdigit():
                raise NotMeasuredError("the server did not begin")
            yield f"http://127.0.0.1:{line.strip()}", process.pid
        finally:
            process.terminate()


def _lists(place: str) -> Iterator[float]:
    for _ in range(LISTS):
        begun = time.perf_counter()
        with urllib.request.urlopen(f"{place}/api/v1/nodes?limit=10000", timeout=10) as answer:
            body = answer.read()
        yield time.perf_counter() - begun
        if body.count(b'"node":') < SMALL:
            raise NotMeasuredError("the list is not whole")


def _paints(place: str) -> Iterator[Figure]:
    """In a browser that has nothing of it yet: until something is painted, and what was carried for it."""
    from playwright.sync_api import sync_playwright

    times, sizes = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(tools.find("chromium")), args=list(FLAGS), env=tools.env()
        )
        for _ in range(PAINTS):
            page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
            page.goto(place, wait_until="load")
            page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
            page.wait_for_selector("canvas")
            times.append(
                page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
            )
            sizes.append(
                page.evaluate(
                    "performance.getEntries().filter(e => e.transferSize !== undefined)"
                    ".reduce((sum, e) => sum + e.transferSize, 0)"
                )
            )
        browser.close()
    yield Figure("overview, first paint", tuple(times), seconds, at_most(1.0, seconds, ISSUE))
    yield Figure("overview, carried for it", tuple(sizes), _kilobytes, at_most(400_000.0, _kilobytes, ISSUE))


def _kilobytes(value: float) -> str:
    return f"{value / 1000:.0f} kB"


async def _look_on(place: str, pid: int) -> tuple[float, float]:
    """Events a second that the slowest viewer got, and the share of a core that the server used."""
    host, _, port = place.removeprefix("http://").partition(":")
    viewers = [await _join(host, int(port)) for _ in range(VIEWERS)]
    counts = [0] * VIEWERS
    tasks = [asyncio.create_task(_count(viewer, counts, place)) for place, viewer in enumerate(viewers)]
    await asyncio.sleep(2)
    counts[:] = [0] * VIEWERS
    before, begun = measure.cpu_of([pid]), time.monotonic()
    await asyncio.sleep(WINDOW)
    lasted, used = time.monotonic() - begun, measure.cpu_of([pid]) - before
    for task in tasks:
        task.cancel()
    slowest = min(counts) / lasted
    if slowest < 0.9 * CHANGES:
        raise NotMeasuredError(f"a viewer got {slowest:.0f} events a second of {CHANGES}")
    return slowest, used / lasted


async def _join(host: str, port: int) -> Line:
    """A viewer's line; a writer that nobody holds would close it."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET /api/v1/events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head:
        raise NotMeasuredError(head.decode(errors="replace"))
    return reader, writer


async def _count(line: Line, counts: list[int], place: int) -> None:
    reader, _ = line
    while piece := await reader.read(65536):
        counts[place] += piece.count(b"event: change")
