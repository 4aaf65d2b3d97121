"""Files that are handed in lie on disk, bounded in size and number, and nothing is left of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from monitor.desk.spool import MOST_AT_ONCE, PREFIX, Spool, TooLargeError, keep
from monitor.desk.turns import BusyError


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(lambda: tmp_path)


async def of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_file_is_whole_while_it_is_wanted_and_gone_afterwards(spool: Spool, tmp_path: Path) -> None:
    async with spool.taken("li", of(b"ab", b"", b"cd"), 4) as path:
        assert path.read_bytes() == b"abcd"
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not list(tmp_path.iterdir())


async def test_one_byte_too_many_ends_it(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(TooLargeError):
        async with spool.taken("li", of(b"ab", b"cde"), 4):
            pass
    assert not list(tmp_path.iterdir())
    async with spool.taken("li", of(b"ab"), 4):
        pass


async def test_nobody_hands_in_two_at_a_time(spool: Spool) -> None:
    async with spool.taken("li", of(b"a"), 4), spool.taken("wang", of(b"a"), 4):
        with pytest.raises(BusyError):
            async with spool.taken("li", of(b"a"), 4):
                pass


async def test_so_many_are_there_at_a_time(spool: Spool, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        for number in range(MOST_AT_ONCE):
            await stack.enter_async_context(spool.taken(f"a{number}", of(b"a"), 4))
        with pytest.raises(BusyError):
            await stack.enter_async_context(spool.taken("one more", of(b"a"), 4))
        assert len(list(tmp_path.iterdir())) == MOST_AT_ONCE


async def test_who_goes_in_the_middle_leaves_nothing(spool: Spool, tmp_path: Path) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), spool.taken("li", stalled(), 4):
            pass
    assert not list(tmp_path.iterdir())


async def test_what_is_kept_outlives_the_answer_but_not_the_next_start(spool: Spool, tmp_path: Path) -> None:
    async with spool.taken("li", of(b"a"), 4) as path:
        kept = keep(path)
    assert kept.read_bytes() == b"a"
    assert kept.stat().st_mode & 0o777 == 0o600
    (tmp_path / f"{PREFIX}left").mkdir()
    (tmp_path / "ledger.db").touch()

    spool.clear()

    assert [each.name for each in tmp_path.iterdir()] == ["ledger.db"]
