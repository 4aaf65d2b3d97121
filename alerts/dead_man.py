"""The dead man's switch: "all is well" to a URL, every minute, while it really is.

Whoever hears it raises the alarm when it stays away. So it is sent only by a role that works, and never
queued, nor repeated after a failure: a late "all is well" is a lie.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator

import structlog
from yarl import URL

from alerts.channels.base import DeliveryError
from alerts.channels.http import Http, secrets_of
from alerts.delivery import Numbers
from alerts.rules.world import World
from alerts.worker import Clock

log = structlog.get_logger(__name__)

EVERY = 60.0
LOOK = 5.0
"""Seconds to the next look when it is not well: as soon as it is, that is said."""
WITHIN = 10.0
"""Seconds for the receiver's answer."""
QUIET = 30.0
"""Seconds without a look into the stream after which nobody can say that all is well."""
STUCK = 900.0
"""Seconds for which a channel may fail before it is not well."""
UNSEEN = 120.0
"""Seconds without a sight of any collector after which nobody looks."""


class DeadMan:
    """Says it at once, then every ``every`` seconds. Its URL is a secret, and is never said."""

    def __init__(
        self, url: str, troubles: Callable[[], Iterable[str]], clock: Clock, every: float = EVERY
    ) -> None:
        """``troubles``: why it is not well now; none when it is."""
        self._url = URL(url)
        self._troubles = troubles
        self._clock = clock
        self._every = every
        self._http = Http(secrets=secrets_of(self._url))
        self.trouble = ""
        """Why it was not sent the last time, or did not arrive; empty when it did."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set."""
        try:
            while not stop.is_set():
                troubles = "; ".join(self._troubles())
                said = troubles or await self._say()
                if said != self.trouble:
                    log.info("dead man's switch", trouble=said or "none")
                self.trouble = said
                await self._clock.pause(stop, min(LOOK, self._every) if troubles else self._every)
        finally:
            await self._http.close()

    async def _say(self) -> str:
        """Why it was not heard; empty when it was."""
        try:
            async with asyncio.timeout(WITHIN):
                await self._http.request("GET", self._url)
        except DeliveryError as error:
            return f"not heard: {error}"
        except TimeoutError:
            return "not heard: no answer"
        return ""


def troubles(read_at: int, numbers: Numbers, world: World) -> list[str]:
    """Why it is not well, at the moment of ``world``. ``read_at``: when the stream was last looked into.

    While the monitor is silent, or no collector sees anything, it is no sign of health that nobody hears of
    a failure. A failing channel is in order while it can still be thought to recover. Not because nothing
    waits for it: after a refusal for good, as with a wrong token, nothing ever does, and nobody hears
    anything.
    """
    now = world.now
    found = list(_unseen(world))
    if not 0 <= now - read_at <= 1000 * QUIET:
        found.append(f"the stream was last read {(now - read_at) / 1000:.0f} s ago")
    found += [
        f"channel {name} fails for {(now - failing.since) / 60_000:.0f} min"
        for name, failing in sorted(numbers.failing.items())
        if now - failing.since > 1000 * STUCK
    ]
    return found


def _unseen(world: World) -> Iterator[str]:
    if world.silent_since is not None:
        yield f"the monitor is silent for {(world.now - world.silent_since) / 1000:.0f} s"
    elif world.measured is None:
        yield "nothing was heard of the monitor yet"
    else:
        ages = world.measured.health.sight_ages.values()
        if not ages:
            yield "no collector was ever heard of"
        elif min(ages) > UNSEEN:
            yield f"no collector has seen anything for {min(ages):.0f} s"
