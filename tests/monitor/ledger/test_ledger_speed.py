"""A city lost at once must not hold the ledger up. CPU is measured: other work on the machine is not ours."""

from __future__ import annotations

import time
from pathlib import Path

from ledgerkit import T0, append, change, file_of, said

from monitor.ledger import Ledger
from monitor.ledger.sqlite_reader import SqliteSource
from monitor.ledger.verify import verify
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


async def test_a_chain_is_verified_and_its_steps_read_for_microseconds_a_row(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Promised are 200,000 links a second on two cores, 400,000 steps in 1.5 s; a busy machine takes more."""
    count = 20_000
    for first in range(1, count, 2_000):
        numbers = range(first, first + 2_000)
        states = (State.DOWN, State.UP)
        await append(ledger, *(said(change(f"44{n % 500:018d}", states[n % 2], T0 + n), n) for n in numbers))
    began = time.process_time()
    assert verify(SqliteSource(file_of(tmp_path)), None).links == count
    verified = time.process_time()
    steps = await ledger.steps(2 * T0)
    read = time.process_time()
    assert sum(map(len, steps.values())) == count
    a_link, a_step = (verified - began) / count * 1e6, (read - verified) / count * 1e6
    print(f"{a_link:.1f} µs of CPU a link, {a_step:.1f} µs a step")
    assert a_link < 15
    assert a_step < 12
