"""Whatever is killed in the middle of faults: every change once, and no time claimed that nobody saw."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest
from chaos_city import (
    SERVER,
    ChaosCity,
    assert_everything_once,
    assert_nothing_crashed,
    assert_outboxes_are_empty,
    now_ms,
    processes_of,
    wait_until,
)

from monitor.demo.script import Pace

SECONDS = 80.0
BETWEEN = 4.0
PACE = Pace(share=0.4, least=19.0, most=32.0, brief=0.1, blackouts=1, county=False, flapping=0, quiet=16.0)


@pytest.mark.timeout(200)
def test_killing_every_part_in_turn_loses_and_repeats_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ChaosCity(tmp_path, points=20) as city:
        city.wait_ready()
        end = time.monotonic() + SECONDS
        booked = city.play(SECONDS, PACE)
        killed = {}
        time.sleep(BETWEEN)
        flushed = now_ms()
        empty_redis_before_the_monitor_reads(city)
        for role in (SERVER, "monitor", "alert"):
            killed[role] = kill(city, role)
        # A sight comes every 10 s, and what a collector saw after its last one dies with it.
        time.sleep(10)
        for role in ("collect police", "collect video"):
            killed[role] = kill(city, role)
        time.sleep(max(0.0, end - time.monotonic()))
        wait_until(lambda: not city.network("video").get("blind", True), 40, "video is seen again")
        wait_until(lambda: not city.network("police").get("blind", True), 40, "police is seen again")
        summary, comparison = city.conclude()
        facts = city.facts()
        assert_outboxes_are_empty(city, facts)
    told = "\n".join([f"QUANSHI_SEED={city.seed} booked={booked} {summary}", *comparison.details])
    with capsys.disabled():
        print(f"\nQUANSHI_SEED={city.seed} booked={booked} {summary}", file=sys.stderr)

    assert comparison.right, told
    # Many are hidden by the gaps; what must be found without them is the truth test's to say.
    assert comparison.faults >= 3, told
    assert_everything_once(facts)
    assert_nothing_crashed(city)
    for network in ("video", "police"):
        assert not facts.seen(network, killed[f"collect {network}"]), f"{network} claims what it did not see"
    for moment in (killed["monitor"], killed["alert"], killed[SERVER], flushed):
        assert facts.seen("video", moment)
        assert facts.seen("police", moment)
    assert summary["stopped_in"] <= 5.0
    assert processes_of(tmp_path) == []


def kill(city: ChaosCity, role: str) -> int:
    """When it died; it runs again by now."""
    time.sleep(BETWEEN)
    moment = now_ms()
    city.kill(role)
    city.wait_for_role(role)
    return moment


def empty_redis_before_the_monitor_reads(city: ChaosCity) -> None:
    """So that what was said in those seconds is nowhere but in the outboxes."""
    monitor = city.signal("monitor", signal.SIGSTOP)
    time.sleep(4)
    city.flush()
    city.signal("monitor", signal.SIGCONT)
    assert city.pids()["monitor"] == monitor
