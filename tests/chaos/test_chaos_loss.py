"""Whatever is killed in the middle of faults: every change once, and no time claimed that nobody saw."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chaos_city import (
    CONFIRMED,
    SERVER,
    ChaosCity,
    assert_everything_once,
    assert_nothing_crashed,
    assert_outboxes_are_empty,
    is_alive,
    now_ms,
    processes_of,
    read_only,
    wait_until,
)

from monitor.demo.city import VIDEO
from monitor.demo.patience import confirm_window
from monitor.demo.script import Pace, script
from monitor.model.nodes import Kind

SECONDS = 100.0
BETWEEN = 4.0
PACE = Pace(share=0.4, least=19.0, most=32.0, brief=0.1, blackouts=1, county=False, flapping=0, quiet=16.0)

LAST_SIGHT = 10_500
"""Milliseconds before a collector's death that nobody claims any more: its sights are that far apart."""

SEES_AGAIN = 12_000
"""Milliseconds after it within which another was started and has asked everybody once."""


@pytest.mark.timeout(240)
def test_killing_every_part_in_turn_loses_and_repeats_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ChaosCity(tmp_path, points=20) as city:
        city.wait_ready()
        end = time.monotonic() + SECONDS
        spared = iter(spared_cameras(city))
        booked = city.play(SECONDS, PACE)
        killed = {}
        time.sleep(BETWEEN)
        with unread_change(city, next(spared)):
            flushed = now_ms()
            city.flush()
        with unread_change(city, next(spared)):
            killed[SERVER] = kill(city, SERVER)
        with unread_change(city, next(spared)):
            killed["monitor"] = kill(city, "monitor")
        killed["alert"] = kill(city, "alert")
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
        findable = to_be_found(city, killed)
    told = "\n".join([f"QUANSHI_SEED={city.seed} booked={booked} {summary}", *comparison.details])
    with capsys.disabled():
        print(f"\nQUANSHI_SEED={city.seed} booked={booked} findable={findable} {summary}", file=sys.stderr)

    assert comparison.right, told
    assert comparison.faults >= findable >= 3, told
    assert_everything_once(facts)
    assert_nothing_crashed(city)
    for network in ("video", "police"):
        assert not facts.seen(network, killed[f"collect {network}"]), f"{network} claims what it did not see"
    for moment in (killed["monitor"], killed["alert"], killed[SERVER], flushed):
        assert facts.seen("video", moment)
        assert facts.seen("police", moment)
    assert summary["stopped_in"] <= 5.0
    assert processes_of(tmp_path) == []


def spared_cameras(city: ChaosCity) -> list[str]:
    """Cameras that the script of this city leaves alone. To be asked before it is played."""
    booked = script(city.city, city.wish.seed, 0, SECONDS, pace=PACE)
    taken = {node for fault in booked for node in fault.nodes}
    cameras = [node for node in city.city.nodes if node.kind is Kind.CAMERA and VIDEO in node.networks]
    return [node.id for node in cameras if node.id not in taken]


@contextmanager
def unread_change(city: ChaosCity, camera: str) -> Iterator[None]:
    """While a camera's end is in the outbox and the ledger has not heard of it. Afterwards it must have."""
    monitor = city.signal("monitor", signal.SIGSTOP)
    city.fleet.fail([camera], "refuse")
    wait_until(lambda: said(city, camera), 2 * CONFIRMED, f"the end of {camera} is in the outbox")
    assert recorded(city, camera) == []
    yield
    if is_alive(monitor):
        os.kill(monitor, signal.SIGCONT)
    wait_until(lambda: recorded(city, camera) == ["down"], 30, f"the ledger knows of the end of {camera}")
    city.fleet.clear([camera])


def said(city: ChaosCity, camera: str) -> int:
    """How many changes of this camera wait in the outbox."""
    box = city.site.data / "collect" / "video-0of1.db"
    query = "SELECT count(*) FROM events WHERE type = 'quanshi.watch.changed' AND data LIKE ?"
    return int(read_only(box, query, f'%"{camera}"%')[0][0])


def recorded(city: ChaosCity, camera: str) -> list[str]:
    """What the ledger has of this camera since it was first seen up."""
    query = "SELECT new FROM changes WHERE node = ? AND network = 'video' AND old != 'unknown' ORDER BY id"
    return [new for (new,) in city.recorded(query, camera)]


def to_be_found(city: ChaosCity, killed: dict[str, int]) -> int:
    """How many faults were in sight for long enough, whatever the ledger says of what it saw.

    Only the killed collectors excuse it: the truth is cut where they were dead, and nowhere else.
    """
    windows = {
        watch.key: confirm_window(watch, city.site.judge)
        for network in city.site.networks
        for watch in city.site.inventory.watches(network)
    }
    count = 0
    for row in city.fleet.truth():
        died, ended = killed[f"collect {row.network}"], row.ended or city.until
        before = min(ended, died - LAST_SIGHT) - row.began
        after = ended - max(row.began, died + SEES_AGAIN)
        count += max(before, after) > windows[row.key]
    return count


def kill(city: ChaosCity, role: str) -> int:
    """When it died; it runs again by now."""
    moment = now_ms()
    city.kill(role)
    city.wait_for_role(role)
    time.sleep(BETWEEN)
    return moment
