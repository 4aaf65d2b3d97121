"""The monitor role with its ledger on a disk of 1.5 MB: ``full_disk_victim.py SITE REDIS_URL``.

In a mount namespace of its own. Takes orders on its input, one a line: ``look`` says how far the ledger is,
``room`` makes the disk larger, ``stop`` ends the role and leaves a copy of the ledger beside the disk.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from monitor import role
from monitor.config import load_site
from monitor.logs import set_up


def mount(disk: Path, size: str, *more: str) -> None:
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join((f"size={size}", *more)), "tmpfs", disk], check=True
    )


def stored(disk: Path) -> int:
    with closing(sqlite3.connect(disk / "ledger.db")) as database:
        found = database.execute("SELECT sequence FROM writers").fetchone()
    return int(found[0]) if found else 0


async def obey(disk: Path, stop: asyncio.Event) -> None:
    while not stop.is_set():
        match (await asyncio.to_thread(sys.stdin.readline)).strip():
            case "look":
                print(json.dumps({"event": "looked", "stored": stored(disk)}), flush=True)
            case "room":
                mount(disk, "64m", "remount")
            case _:
                stop.set()


async def main(path: Path, redis_url: str) -> None:
    site = load_site(path)
    disk = path.parent / "disk"
    mount(disk, "1500k")
    stop = asyncio.Event()
    obeying = asyncio.create_task(obey(disk, stop))
    await role.run(site, redis_url, stop)
    await obeying
    shutil.copy(disk / "ledger.db", path.parent / "after")


if __name__ == "__main__":
    set_up("monitor")
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
