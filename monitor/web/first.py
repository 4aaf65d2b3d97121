"""The first account: a link that makes it, told once, to whoever may read the log or the data directory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import structlog

from monitor.access.access import Access, Settings
from monitor.access.passwords import Policy
from monitor.config import Site

FILE: Final = "first-login"

log = structlog.get_logger(__name__)


def access_settings(site: Site) -> Settings:
    """What of a site's settings accounts follow."""
    password = site.web.password
    return Settings(site.web.idle, Policy(password.length, password.age))


async def offer_first(access: Access, site: Site, url: str, now: int) -> None:
    """Say where the link is while there is no account yet. It stands in no log: those are read by many."""
    if await first_link(access, site, url, now) is not None:
        path = str(site.data / FILE)
        log.warning("no account yet: open the one-time link within 24 h to make the first one", file=path)


async def first_link(access: Access, site: Site, url: str, now: int) -> str | None:
    """A new link, also written into the data directory, for its owner alone; None when there are accounts.

    ``url``: where we listen.
    """
    secret = await access.first_link(now)
    if secret is None:
        forget_first(site.data)
        return None
    link = welcome(site.web.url or url, secret)
    await asyncio.to_thread(_write, site.data / FILE, link)
    return link


def forget_first(data: Path) -> None:
    """The link was used, or there are accounts: what is left of it is of no use to anybody."""
    (data / FILE).unlink(missing_ok=True)


def welcome(place: str, secret: str) -> str:
    """A one-time link. What stands behind ``#`` is sent to no server, so it is in nobody's log."""
    return f"{place}/#/welcome?secret={secret}"


def _write(path: Path, link: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(link + "\n")
    fresh.replace(path)
