"""A city lost at once must not hold the ledger up. CPU is measured: other work on the machine is not ours."""

from __future__ import annotations

import time

from ledgerkit import T0, append, change, said

from monitor.ledger import Ledger
from monitor.model.observations import State

CITY = 3352


async def test_a_whole_city_in_one_batch_is_on_disk_for_less_than_a_second_of_cpu(ledger: Ledger) -> None:
    lost = [said(change(f"4409{n:016d}", at=T0 + n), n) for n in range(1, CITY + 1)]
    back = [said(change(f"4409{n:016d}", State.UP, T0 + n), CITY + n) for n in range(1, CITY + 1)]
    for batch in (lost, back):
        began = time.process_time()
        appended = await append(ledger, *batch)
        took = time.process_time() - began
        print(f"{CITY} changes for {took * 1000:.0f} ms of CPU: {CITY / took:.0f} a second")
        assert len(appended.fresh) == CITY
        assert took < 1.0


async def test_a_whole_city_of_standings_is_read_for_less_than_half_a_second_of_cpu(ledger: Ledger) -> None:
    await append(ledger, *(said(change(f"4409{n:016d}"), n) for n in range(1, CITY + 1)))
    began = time.process_time()
    assert len(await ledger.standings()) == CITY
    assert time.process_time() - began < 0.5
