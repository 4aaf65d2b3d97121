"""What the ledger knows comes into the live picture: at the start, with a new list, on a new day."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from small_site import Voice, camera, make_site

from monitor.config import Site
from monitor.ledger import Ledger
from monitor.live.board import Word
from monitor.live.health import Health
from monitor.live.recall import Recall
from monitor.live.states import Live
from monitor.model.events import Event
from monitor.model.observations import Cause, State

NOON = int(datetime(2026, 11, 25, 4, tzinfo=UTC).timestamp() * 1000)
"""Noon in Maoming."""
HOUR = 3_600_000
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


class City:
    """A ledger with a live picture, and a clock for it; what is said goes into both."""

    def __init__(self, ledger: Ledger, site: Site) -> None:
        self.now = NOON
        self.ledger = ledger
        self.live = Live(site, lambda: self.now)
        self.recall = Recall(ledger, self.live, Health())

    async def hear(self, *events: Event) -> None:
        for event in (await self.ledger.append("ledger", "facts", "1-1", events)).fresh:
            self.live.apply(event)

    def shows(self, node: str) -> Word | None:
        self.live.refresh()
        row = self.live.board.row(node, "video")
        return None if row is None else self.live.board.truth(row)


@pytest.fixture
async def ledger(empty_ledger: Path, tmp_path: Path) -> AsyncIterator[Ledger]:
    file = shutil.copy(empty_ledger, tmp_path)
    async with await Ledger.open(f"sqlite+aiosqlite:///{file}", wait=0.2) as opened:
        yield opened


@pytest.fixture
def full_disk(tmp_path: Path, ledger: Ledger) -> Iterator[sqlite3.Connection]:
    """Another process that lets nobody write until its ROLLBACK: to us as good as a full disk."""
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        yield other


async def test_a_node_that_comes_into_service_today_shows_what_the_ledger_has_of_it(
    tmp_path: Path, ledger: Ledger
) -> None:
    old = camera("old", retired="2026-11-25")
    city, voice = City(ledger, make_site(tmp_path, [old, camera("new", commissioned="2026-11-26")])), Voice()
    await city.recall.restore()
    await city.hear(voice.sees(NOON - 10_000, NOON), voice.turns("new", UNKNOWN, DOWN, NOON - 500))
    early = city.shows("new")
    same_day = city.live.day_is_over()

    city.now = NOON + 12 * HOUR
    assert city.live.day_is_over()
    await city.recall.reload(city.live.site)
    await city.hear(voice.sees(city.now - 10_000, city.now))

    assert early is None
    assert not same_day
    assert city.shows("new") == Word(DOWN, Cause.REFUSED, NOON - 500, NOON, "rtsp")
    assert city.shows("old") is None
    assert not city.live.day_is_over()


async def test_what_was_said_meanwhile_is_newer_than_what_the_ledger_told(
    tmp_path: Path, ledger: Ledger
) -> None:
    city, voice = City(ledger, make_site(tmp_path, [camera("a")])), Voice()
    await city.hear(voice.sees(NOON - 10_000, NOON), voice.turns("new", UNKNOWN, UP, NOON - 5000))
    city.live.reload(make_site(tmp_path, [camera("a"), camera("new")]))
    city.live.apply(voice.turns("new", UP, DOWN, NOON - 1000))

    await city.recall.catch_up()

    assert city.shows("new") == Word(DOWN, Cause.REFUSED, NOON - 1000, NOON - 500, "rtsp")


async def test_a_ledger_that_takes_nothing_delays_no_list_and_has_it_later(
    tmp_path: Path, ledger: Ledger, full_disk: sqlite3.Connection
) -> None:
    city, voice = City(ledger, make_site(tmp_path, [camera("a")])), Voice()
    await city.recall.restore()
    await city.hear(voice.sees(NOON - 10_000, NOON), voice.turns("new", UNKNOWN, UP, NOON - 5000))
    grown = make_site(tmp_path, [camera("a"), camera("new")])

    full_disk.execute("BEGIN IMMEDIATE")
    await city.recall.reload(grown)
    shown = city.shows("new")
    recorded = await ledger.inventory(grown.inventory.digest)
    full_disk.execute("ROLLBACK")
    await city.recall.catch_up()

    assert shown == Word(UP, Cause.OK, NOON - 5000, NOON - 4500, "rtsp")
    assert recorded is None
    assert await ledger.inventory(grown.inventory.digest) is not None


async def test_a_ledger_that_takes_nothing_delays_no_start(
    tmp_path: Path, ledger: Ledger, full_disk: sqlite3.Connection
) -> None:
    city, voice = City(ledger, make_site(tmp_path, [camera("a")])), Voice()
    await city.hear(voice.turns("a", UNKNOWN, DOWN, NOON - 5000), voice.sees(NOON - 10_000, NOON))

    full_disk.execute("BEGIN IMMEDIATE")
    again = City(ledger, city.live.site)
    await again.recall.restore()

    assert again.shows("a") == Word(DOWN, Cause.REFUSED, NOON - 5000, NOON - 4500, "rtsp")
