"""Changed files are noticed, once, and after they have settled."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from config_folder import NODES, Folder

from monitor.config import Reloader


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def watching(folder: Folder) -> Reloader:
    return Reloader(folder.load(), period=0.02, settle=0.05)


async def is_quiet(reloader: Reloader) -> bool:
    try:
        await asyncio.wait_for(reloader.changed(), 0.2)
    except TimeoutError:
        return True
    return False


async def test_nothing_is_told_while_nothing_changes(folder: Folder) -> None:
    assert await is_quiet(watching(folder))


async def test_a_changed_file_is_told_once(folder: Folder) -> None:
    reloader = watching(folder)
    folder.write("nodes.csv", NODES + "cam-2,camera,video,10.0.0.2\n")
    await asyncio.wait_for(reloader.changed(), 2)
    assert await is_quiet(reloader)


async def test_a_change_between_reading_and_watching_is_told(folder: Folder) -> None:
    site = folder.load()
    folder.write("nodes.csv", NODES + "\n")
    await asyncio.wait_for(Reloader(site, period=0.02, settle=0.05).changed(), 2)


async def test_a_replaced_file_is_told_even_if_size_and_time_are_the_same(folder: Folder) -> None:
    import os

    reloader = watching(folder)
    old = (folder.path / "nodes.csv").stat()
    new = folder.write("new.csv", NODES.replace("10.0.0.1", "10.0.0.2"))
    os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))
    new.rename(folder.path / "nodes.csv")
    await asyncio.wait_for(reloader.changed(), 2)


async def test_an_optional_file_that_appears_is_told(folder: Folder) -> None:
    reloader = watching(folder)
    folder.write("regions.csv", "code,name\n")
    await asyncio.wait_for(reloader.changed(), 2)


async def test_a_file_is_told_only_when_it_rests(folder: Folder) -> None:
    reloader = watching(folder)
    waiting = asyncio.create_task(reloader.changed())
    for number in range(10):
        folder.write("nodes.csv", NODES + "\n" * number)
        await asyncio.sleep(0.03)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 2)


async def test_a_poke_is_told_at_once_and_once(folder: Folder) -> None:
    reloader = Reloader(folder.load(), period=60)
    reloader.poke()
    await asyncio.wait_for(reloader.changed(), 1)
    assert await is_quiet(reloader)
