"""What the role hears of the monitor's measurements, and says of its own: two expiring keys, every 5 s."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from alerts.delivery import Numbers
from alerts.rules.world import Trouble
from monitor.bus.keys import Keys
from monitor.model.measured import Measured
from monitor.model.telling import Telling
from monitor.model.times import wall_clock

log = structlog.get_logger(__name__)

EVERY: Final = 5.0
PATIENCE: Final = 2.0
_LASTS: Final = 60
"""Seconds after which the numbers of a role that is gone are gone."""


async def measured_now(redis: Redis, keys: Keys) -> Measured | None:
    """The monitor's newest word; None when there is none, or nobody can be asked."""
    try:
        async with asyncio.timeout(PATIENCE):
            text = await redis.get(keys.measured)
        return None if text is None else Measured.from_json(json.loads(text))
    except (RedisError, OSError) as error:  # TimeoutError is an OSError
        log.debug("measurements are not to be had", error=str(error))
    except (ValueError, KeyError, TypeError) as error:
        log.warning("measurements are not readable", error=repr(error))
    return None


async def say(redis: Redis, keys: Keys, counts: Mapping[str, int], numbers: Numbers) -> None:
    """Write our own numbers; where that fails they are written the next time."""
    text = json.dumps(_telling(counts, numbers).to_json())
    try:
        async with asyncio.timeout(PATIENCE):
            await redis.set(keys.telling, text, ex=_LASTS)
    except (RedisError, OSError) as error:
        log.debug("numbers wait", error=str(error))


def _telling(counts: Mapping[str, int], numbers: Numbers) -> Telling:
    parts = [(*key.rpartition("/"), count) for key, count in sorted(counts.items())]
    return Telling(
        at=wall_clock(),
        alerts=tuple((rule, severity, count) for rule, _, severity, count in parts),
        pending={**numbers.gone, **numbers.pending},
        latency=tuple(
            (None if math.isinf(bound) else bound, count) for bound, count in numbers.latency.cumulative()
        ),
        latency_sum=numbers.latency.total,
    )


def failing_of(numbers: Numbers) -> dict[str, Trouble]:
    """The channels that deliver nothing, as the rules know them."""
    return {name: Trouble(one.since, one.text) for name, one in numbers.failing.items()}
