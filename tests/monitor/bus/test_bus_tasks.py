"""How a role runs its tasks."""

from __future__ import annotations

import asyncio

import pytest

from monitor.bus.tasks import end, heed_callbacks, named, until


async def test_a_callback_that_fails_ends_the_role_with_its_error():
    def fail() -> None:
        raise ArithmeticError("the tick")

    tasks = [named(heed_callbacks(), "callbacks")]
    asyncio.get_running_loop().call_later(0.01, fail)
    with pytest.raises(ArithmeticError, match="the tick"):
        await until(asyncio.Event(), tasks)
    await end(tasks)


async def test_a_task_that_ends_early_ends_the_role_and_stop_ends_it_in_peace():
    async def fails() -> None:
        raise ValueError("early")

    async def lasts() -> None:
        await asyncio.sleep(60)

    with pytest.raises(ValueError, match="early"):
        await until(asyncio.Event(), [named(fails(), "fails")])
    stop, lasting = asyncio.Event(), named(lasts(), "lasts")
    stop.set()
    await until(stop, [lasting])
    await end([lasting])
    assert lasting.cancelled()


async def test_a_task_that_swallows_one_cancellation_is_ended_all_the_same():
    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    task = named(stubborn(), "stubborn")
    await asyncio.sleep(0)
    await asyncio.wait_for(end([task]), 5)
    assert task.cancelled()
