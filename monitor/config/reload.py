"""Noticing that the files of a site changed, on any file system: they are looked at once a second."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from monitor.config.files import Stamp, stamp
from monitor.config.good import keep_good
from monitor.config.mistakes import ConfigError
from monitor.config.site import Site, load_site

_PERIOD: Final = 1.0
_SETTLE: Final = 0.3


class Reloader:
    """Tells when it is time to read the site again, and reads it."""

    def __init__(self, site: Site, *, period: float = _PERIOD, settle: float = _SETTLE) -> None:
        self._path = site.path
        self._data = site.data  # of the start: where a process keeps things is not changed under it
        self._period = period
        self._settle = settle
        self._poked = asyncio.Event()
        self._known: dict[Path, Stamp] = {}
        self.follow(site)

    async def load(self) -> Site:
        """Read the files, and keep them as the last good ones. Raises ConfigError for mistakes in them.

        From then on the files of this site are watched, or beside them those that the mistakes are in,
        from the state in which they were read.
        """
        try:
            site = await asyncio.to_thread(load_site, self._path)
        except ConfigError as error:
            self._known |= error.stamps
            raise
        self.follow(site)
        await asyncio.to_thread(keep_good, site, self._data)
        return site

    def follow(self, site: Site) -> None:
        """Watch the files of this site, from the state in which it read them."""
        self._known = dict(zip(site.files, site.stamps, strict=True))

    def poke(self) -> None:
        """Make ``changed`` return at once (SIGHUP). To be called in the event loop's own thread."""
        self._poked.set()

    async def changed(self) -> None:
        """Return when a file has changed, appeared or gone and then rested, or after a poke.

        A change that came while nobody waited here is not missed.
        """
        while not await self._is_poked(self._period):
            seen = self._look()
            if seen != self._known:
                await self._wait_until_settled(seen)
                return
        self._known = self._look()

    def _look(self) -> dict[Path, Stamp]:
        return {path: stamp(path) for path in self._known}

    async def _is_poked(self, span: float) -> bool:
        """Wait for a poke, at most this long; a poke counts once."""
        try:
            async with asyncio.timeout(span):
                await self._poked.wait()
        except TimeoutError:
            return False
        self._poked.clear()
        return True

    async def _wait_until_settled(self, seen: dict[Path, Stamp]) -> None:
        """Wait until the files have not changed for a moment: an editor writes in several steps."""
        while not await self._is_poked(self._settle):
            before, seen = seen, self._look()
            if seen == before:
                break
        self._known = seen
