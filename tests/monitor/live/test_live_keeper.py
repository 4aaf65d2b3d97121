"""What the monitor does for its ledger from time to time."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.ledger import Ledger, Signer
from monitor.ledger.rows import SegmentRow
from monitor.live import keeper as keeping
from monitor.live.keeper import Keeper
from monitor.model.events import Change, Event, EventId, Sight
from monitor.model.observations import Cause, State

HOUR = 3_600_000
DAY = 24 * HOUR
T0 = 20_780 * DAY


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def ledger(empty_ledger: Path, tmp_path: Path) -> AsyncIterator[Ledger]:
    file = shutil.copy(empty_ledger, tmp_path)
    async with await Ledger.open(f"sqlite+aiosqlite:///{file}", wait=0.2) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeper(ledger: Ledger, tmp_path: Path, clock: Clock) -> Keeper:
    return Keeper(ledger, Signer.of(tmp_path), tmp_path / "archive", lambda: 400 * 86_400.0, clock)


async def seen(ledger: Ledger, at: int) -> None:
    sight = Sight("video-0of1", "video", 0, 1, at, at + 10_000, 10, 5, inventory="abc")
    event = Event(EventId("video-0of1", 1, 1), "maoming", at, sight)
    await ledger.append("ledger", "facts", "1-1", [event], recorded_at=at)


async def changed(ledger: Ledger, number: int, at: int) -> None:
    change = Change("cam-1", "video", State.UP, State.DOWN, at, None, at, Cause.TIMEOUT)
    event = Event(EventId("video-0of1", 1, number), "maoming", at, change)
    await ledger.append("ledger", "facts", f"{number}-1", [event], recorded_at=at)


async def signed_at(ledger: Ledger) -> list[int]:
    return [(each.at - T0) // 60_000 for each in reversed(await ledger.checkpoints())]


async def test_the_chain_is_signed_at_the_start_and_every_hour(
    keeper: Keeper, ledger: Ledger, clock: Clock
) -> None:
    for minute in range(0, 150, 10):
        clock.now = T0 + minute * 60_000
        await changed(ledger, minute // 10 + 1, clock.now)
        await keeper.look()
    assert await signed_at(ledger) == [0, 60, 120]


async def test_the_chain_is_signed_at_a_clean_stop(keeper: Keeper, ledger: Ledger, clock: Clock) -> None:
    await keeper.look()
    clock.now += 60_000
    await changed(ledger, 1, clock.now)
    await keeper.sign()
    assert await signed_at(ledger) == [0, 1]
    assert (await ledger.checkpoints())[0].link == (await ledger.head()).links


async def test_a_clock_that_was_set_back_does_not_keep_it_from_signing(
    keeper: Keeper, ledger: Ledger, clock: Clock
) -> None:
    await keeper.look()
    clock.now -= DAY
    await changed(ledger, 1, clock.now)
    await keeper.look()
    assert await signed_at(ledger) == [0, -1440]


async def test_a_sight_that_ended_is_sealed(keeper: Keeper, ledger: Ledger, clock: Clock) -> None:
    await seen(ledger, T0)
    clock.now = T0 + HOUR + 600_000
    await keeper.look()
    assert [row.sealed for row in await ledger.sights(0, 2 * T0)] == [True]


async def test_what_is_older_than_it_must_be_kept_leaves_month_by_month(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    """A ledger that was kept for two years by a site that now wants to keep 400 days."""
    signer = Signer.of(tmp_path)
    for day in range(0, 730, 5):
        await changed(ledger, day // 5 + 1, T0 + day * DAY)
        await ledger.checkpoint(signer, T0 + day * DAY)
    clock.now = T0 + 730 * DAY
    await Keeper(ledger, signer, tmp_path / "archive", lambda: 400 * 86_400.0, clock).look()
    left: list[SegmentRow] = await ledger.segments()
    assert len(left) == len(list((tmp_path / "archive").iterdir())) > 3
    assert all(after.until - before.until >= 30 * DAY for before, after in pairwise(left))
    assert left[-1].until <= T0 + 330 * DAY
    assert (await ledger.changes())[0].recorded_at > left[-1].until - 5 * DAY


async def test_what_cannot_be_done_is_said_once_and_done_when_it_can(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    signer = Signer.of(tmp_path)
    for day in range(150):
        await changed(ledger, day + 1, T0 + day * DAY)
        await ledger.checkpoint(signer, T0 + day * DAY)
    clock.now = T0 + 440 * DAY
    archive = tmp_path / "archive"
    archive.write_text("in the way")
    keeper = Keeper(ledger, signer, archive, lambda: 400 * 86_400.0, clock)
    with capture_logs() as logs:
        for _ in range(6):
            await keeper.look()
            clock.now += HOUR // 2
        archive.unlink()
        await keeper.look()
    said = [(entry["log_level"], entry["event"]) for entry in logs]
    assert said == [
        ("error", "ledger cannot be kept in order"),
        ("info", "segment exported"),
        ("info", "ledger is kept again"),
    ]


async def test_it_looks_again_and_again_until_it_is_ended(
    keeper: Keeper, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "EVERY", 0.01)
    running = asyncio.create_task(keeper.run())
    await seen(ledger, T0 - 2 * HOUR)
    async with asyncio.timeout(5):
        while not all(row.sealed for row in await ledger.sights(0, 2 * T0)):
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
