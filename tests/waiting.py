"""Waiting for something to become true, in every test in the same way."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable

OFTEN = 0.02
"""Seconds between two looks."""


async def until(condition: Callable[[], object], within: float = 20.0, what: str = "") -> float:
    """Wait until a condition, plain or to be awaited, holds; the seconds that it took.

    Fails after ``within`` seconds and says ``what`` did not come.
    """
    begun = time.monotonic()
    while True:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return time.monotonic() - begun
        assert time.monotonic() - begun < within, f"not within {within} s: {what or condition}"
        await asyncio.sleep(OFTEN)
