"""A city lost at once must not hold the ledger up, nor an empty start."""

from __future__ import annotations

import time

from ledgerkit import T0, append, change, said

from monitor.ledger import Ledger
from monitor.model.observations import State

CITY = 3352


async def test_a_whole_city_in_one_batch_is_on_disk_within_two_seconds(ledger: Ledger) -> None:
    lost = [said(change(f"4409{n:016d}", at=T0 + n), n) for n in range(1, CITY + 1)]
    back = [said(change(f"4409{n:016d}", State.UP, T0 + n), CITY + n) for n in range(1, CITY + 1)]
    for batch in (lost, back):
        began = time.perf_counter()
        appended = await append(ledger, *batch)
        took = time.perf_counter() - began
        print(f"{CITY} changes in {took * 1000:.0f} ms: {CITY / took:.0f} rows/s")
        assert len(appended.fresh) == CITY
        assert took < 2.0


async def test_a_whole_city_of_standings_is_read_within_half_a_second(ledger: Ledger) -> None:
    await append(ledger, *(said(change(f"4409{n:016d}"), n) for n in range(1, CITY + 1)))
    began = time.perf_counter()
    assert len(await ledger.standings()) == CITY
    assert time.perf_counter() - began < 0.5
