"""Heavy work is done one piece at a time, and nobody waits in a queue without an end."""

from __future__ import annotations

import asyncio

import pytest

from monitor.desk.turns import MOST_WAITING, BusyError, Turns


async def test_one_at_a_time_in_the_order_in_which_they_came() -> None:
    turns, order, inside = Turns(), list[int](), set[int]()

    async def work(number: int) -> None:
        async with turns.turn():
            inside.add(number)
            assert inside == {number}
            await asyncio.sleep(0)
            order.append(number)
            inside.remove(number)

    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(work(number))

    assert order == [0, 1, 2, 3, 4]


async def test_one_too_many_is_sent_away_and_comes_in_later() -> None:
    turns, leave = Turns(), asyncio.Event()

    async def work() -> None:
        async with turns.turn():
            await leave.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(1 + MOST_WAITING):
            group.create_task(work())
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            async with turns.turn():
                pass
        leave.set()

    async with turns.turn():
        pass


async def test_who_gives_up_waiting_leaves_his_place() -> None:
    turns = Turns()
    async with turns.turn():
        waiting = [asyncio.create_task(turns.turn().__aenter__()) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async with turns.turn():
        pass
