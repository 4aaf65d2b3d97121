"""How a role runs its tasks: all of them until it is told to stop, and then none of them."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Coroutine, Iterable
from typing import Any


def settle_memory() -> None:
    """What a role has loaded by now stays for good.

    The collector of garbage need not walk it every time; and what loading took beside it, for files, modules
    and tables that were thrown away again, goes back to the system: 10 MiB a role.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; others give back by themselves
    if trim is not None:
        trim(0)


def named(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)


async def heed_callbacks() -> None:
    """Raises the first error of a callback of this loop: asyncio would only log it and go on without.

    A collector whose tick has failed looks no more; it must end and be started again.
    """
    loop = asyncio.get_running_loop()
    failed: asyncio.Future[None] = loop.create_future()

    def heed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        loop.default_exception_handler(context)
        error = context.get("exception")
        if "handle" in context and error is not None and not failed.done():
            failed.set_exception(error)

    loop.set_exception_handler(heed)
    await failed


async def until(stop: asyncio.Event, tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Until ``stop`` is set. A task that ends before is a fault: its error is raised."""
    waiting = asyncio.create_task(stop.wait(), name="stop")
    done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for task in done - {waiting}:
        task.result()


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until all are gone: on Python 3.11 ``wait_for`` now and then swallows a cancellation."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=0.1)
