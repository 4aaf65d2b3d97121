"""How quick the pages are, and what it costs that many look on."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import measure
import tools
from measure import Figure, NotMeasuredError, at_most, millis, seconds, share

SMALL: Final = 3_352
VIEWERS: Final = 200
CHANGES: Final = 100
"""A second."""

STALLED: Final = 10
"""Viewers that take nothing at all."""

ROOM: Final = 4_096
"""Bytes that such a one takes before it stalls."""

SETTLED_WITHIN: Final = 60.0
WINDOW: Final = 10.0
LISTS: Final = 9
PAINTS: Final = 5
PAINTED_WITHIN: Final = 10.0
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
    """The overview's first paint and weight, a list of all nodes, and 200 viewers of 100 changes a second.

    Beside them some stall: they hinder nobody, are sent away, and like all others leave nothing behind.
    """
    with serving(folder, SMALL, 1) as (place, _):
        yield from _paints(place)
        yield Figure(
            f"GET /nodes, {SMALL:,} of them", tuple(_lists(place)), millis, at_most(0.05, millis, ISSUE)
        )
    (folder / "busy").mkdir()
    with serving(folder / "busy", SMALL, CHANGES) as (place, pid):
        seen = asyncio.run(_look_on(place, pid))
        each = f"events that each of {VIEWERS} viewers got, a second"
        yield Figure(each, (seen.events,), _whole)
        core = f"server with {VIEWERS} viewers, of a core"
        yield Figure(core, (seen.used,), share, at_most(0.5, share, ISSUE))
        sent = f"{STALLED} stalled viewers, sent away after"
        yield Figure(sent, (seen.sent_away,), seconds, at_most(60.0, seconds, ISSUE))
        left = "descriptors left when all had gone"
        yield Figure(left, (seen.left,), _whole, at_most(0.0, _whole, ISSUE))


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
            page.wait_for_selector("canvas")
            times.append(_painted(page))
            sizes.append(
                page.evaluate(
                    "performance.getEntries().filter(e => e.transferSize !== undefined)"
                    ".reduce((sum, e) => sum + e.transferSize, 0)"
                )
            )
        browser.close()
    yield Figure("overview, first paint", tuple(times), seconds, at_most(1.0, seconds, ISSUE))
    yield Figure("overview, carried for it", tuple(sizes), _kilobytes, at_most(400_000.0, _kilobytes, ISSUE))


def _painted(page: Any) -> float:
    """Seconds to the first paint. Asked from outside: inside, the policy lets nothing be evaluated."""
    begun = time.monotonic()
    while time.monotonic() - begun < PAINTED_WITHIN:
        found = page.evaluate("performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)")
        if found:
            return float(found[0]) / 1000
        page.wait_for_timeout(20)
    raise NotMeasuredError(f"nothing was painted within {PAINTED_WITHIN:.0f} s")


def _kilobytes(value: float) -> str:
    return f"{value / 1000:.0f} kB"


def _whole(value: float) -> str:
    return f"{value:.0f}"


@dataclass(frozen=True)
class Seen:
    """Events a second that the slowest viewer got, and the share of a core that the server used.

    ``sent_away``: seconds until the stalled ones were; ``left``: descriptors that the server has too many.
    """

    events: float
    used: float
    sent_away: float
    left: float


async def _look_on(place: str, pid: int) -> Seen:
    host, _, port = place.removeprefix("http://").partition(":")
    descriptors, joined = _descriptors(pid), time.monotonic()
    stalled = [await _join(host, int(port), ROOM) for _ in range(STALLED)]
    viewers = [await _join(host, int(port)) for _ in range(VIEWERS)]
    events, used = await _counted(viewers, pid)
    await _until_at_most(pid, descriptors + VIEWERS)
    sent_away = time.monotonic() - joined
    for _, writer in (*viewers, *stalled):
        writer.close()
    return Seen(events, used, sent_away, await _until_at_most(pid, descriptors) - descriptors)


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def _until_at_most(pid: int, count: int) -> int:
    """How many descriptors the server has, once they are no more than this or it took too long."""
    ends = time.monotonic() + SETTLED_WITHIN
    while _descriptors(pid) > count and time.monotonic() < ends:
        await asyncio.sleep(0.2)
    return _descriptors(pid)


async def _counted(viewers: list[Line], pid: int) -> tuple[float, float]:
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


async def _join(host: str, port: int, room: int = 0) -> Line:
    """A viewer's line; a writer that nobody holds would close it. ``room``: bytes that it takes unread."""
    link = socket.create_connection((host, port))
    if room:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    reader, writer = await asyncio.open_connection(sock=link, limit=room or 2**16)
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
