"""How a role runs its tasks: all of them until it is told to stop, and then none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


def named(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)


async def until(stop: asyncio.Event, tasks: Iterable[asyncio.Task[None]]) -> None:
    """Until ``stop`` is set. A task that ends before is a fault: its error is raised."""
    waiting = asyncio.create_task(stop.wait(), name="stop")
    done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for task in done - {waiting}:
        task.result()


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until all are gone: on Python 3.11 ``wait_for`` now and then swallows a cancellation."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=0.1)
