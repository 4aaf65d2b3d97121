"""Files that are handed in: on disk while they wait, so many at a time, and of each person one."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from monitor.desk.turns import BusyError

MOST_AT_ONCE: Final = 8
PREFIX: Final = ".upload-"
"""How the names begin under which they lie: what an earlier run left there is nobody's."""


class TooLargeError(Exception):
    """It is larger than it may be."""


class Spool:
    """Takes files in the folder that is called for; each is gone when whoever handed it in is answered."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._owners: set[str] = set()

    def clear(self) -> None:
        """Take away what a program that was killed left behind. Raises OSError."""
        for left in self._folder().glob(f"{PREFIX}*"):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()

    @asynccontextmanager
    async def taken(self, owner: str, pieces: AsyncIterator[bytes], most: int) -> AsyncIterator[Path]:
        """A file with all of the pieces, alone in its folder.

        Raises BusyError while this owner hands in another or too many do, TooLargeError as soon as there are
        more than ``most`` bytes, and OSError.
        """
        if owner in self._owners or len(self._owners) >= MOST_AT_ONCE:
            raise BusyError
        self._owners.add(owner)
        try:
            folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=self._folder(), prefix=PREFIX))
            try:
                path = folder / "file"
                path.touch(mode=0o600)  # for nobody else, wherever it is moved to
                await _write(path, pieces, most)
                yield path
            finally:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        finally:
            self._owners.discard(owner)


async def _write(path: Path, pieces: AsyncIterator[bytes], most: int) -> None:
    size = 0
    with path.open("wb") as file:
        async for piece in pieces:
            size += len(piece)
            if size > most:
                raise TooLargeError
            await asyncio.to_thread(file.write, piece)


def keep(taken: Path) -> Path:
    """Where a file stays that is still wanted when it is answered; somebody unlinks it. Raises OSError."""
    return taken.rename(taken.parent.with_name(f"{taken.parent.name}.kept"))
