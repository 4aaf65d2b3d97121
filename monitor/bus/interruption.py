"""What keeps events from flowing: said once when it begins and once when it ends, with spaced tries."""

from __future__ import annotations

import random
import time
from typing import Any, Final

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from structlog.typing import FilteringBoundLogger

from monitor.bus.client import BusError

FIRST_DELAY: Final = 0.1
LONGEST_DELAY: Final = 3.0
_AWAY: Final = (OSError, RedisConnectionError, RedisTimeoutError)  # one and the same to people


class Interruption:
    """Counts the tries of one. The log hears of it once, and again only for another kind of error.

    What somebody must mend (BusError) is each a kind of its own: after one comes the next to light.
    """

    def __init__(self, log: FilteringBoundLogger, **context: Any) -> None:
        self._log = log.bind(**context)
        self._since: float | None = None
        self._kind = ""
        self._tries = 0

    @property
    def lasts(self) -> bool:
        return self._since is not None

    def failed(self, error: Exception) -> float:
        """A try failed. Returns the seconds until the next: full jitter, so that many do not come at once."""
        if self._since is None:
            self._since = time.monotonic()
        kind = str(error) if isinstance(error, BusError) else _kind(error)
        if self._kind != kind:
            self._kind = kind
            self._log.warning("bus interrupted", kind=_kind(error), error=str(error))
        delay = random.uniform(0, min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(self._tries, 10)))
        self._tries += 1
        return delay

    def ended(self) -> None:
        """A try succeeded; does nothing when there was none."""
        if self._since is None:
            return
        away = round(time.monotonic() - self._since, 1)
        self._log.info("bus flows again", away_seconds=away, tries=self._tries)
        self._since, self._kind, self._tries = None, "", 0


def _kind(error: Exception) -> str:
    if isinstance(error, BusError):
        return "to mend"
    return "away" if isinstance(error, _AWAY) else type(error).__name__
