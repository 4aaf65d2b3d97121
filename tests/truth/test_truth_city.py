"""The ledger against the truth: a city with some 500 watches, two minutes of random faults."""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path

import pytest

from monitor.demo.city import make_city
from monitor.demo.compare import confirm_window
from monitor.demo.faults import FaultKind
from monitor.demo.script import Pace
from monitor.demo_run import Demo, Wish

POINTS = 275
SECONDS = 120.0
PACE = Pace(share=0.2, least=22.0, most=60.0, blackouts=2, flapping=2)


@pytest.fixture
def seed(capsys: pytest.CaptureFixture[str]) -> int:
    """Another one for every run, said aloud; QUANSHI_SEED repeats one."""
    chosen = int(os.environ.get("QUANSHI_SEED") or secrets.randbelow(1_000_000))
    with capsys.disabled():
        print(f"\nQUANSHI_SEED={chosen}", file=sys.stderr)
    return chosen


@pytest.mark.timeout(240)
def test_two_minutes_of_random_faults_are_told_as_they_were(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Demo(Wish(points=POINTS, seed=seed, page_port=0), tmp_path, tell=lambda _: None) as demo:
        demo.wait_ready()
        booked = demo.play(SECONDS, PACE)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            demo.check()
            time.sleep(0.5)
        summary, comparison = demo.conclude()
        kinds = {row.fault for row in demo.fleet.truth()}
    with capsys.disabled():
        print(f"booked={booked} {summary}", file=sys.stderr)
    told = "\n".join([f"QUANSHI_SEED={seed} {summary}", *comparison.details])
    assert "Traceback" not in demo.log.read_text()
    assert comparison.right, told
    assert 450 <= summary["watches"] <= 550
    assert comparison.faults >= 60, told
    assert kinds >= set(FaultKind) - {FaultKind.WILL, FaultKind.SILENT}, told
    assert kinds & {FaultKind.WILL, FaultKind.SILENT}, told
    assert summary["stopped_in"] <= 5.0


def test_the_confirmation_window_is_short_enough_for_the_faults_of_the_script() -> None:
    """Else faults would be let off as too brief, and the test above would prove little."""
    city = make_city(POINTS)
    windows = {confirm_window(watch) for watch in city.watches}
    assert max(windows) <= 1000 * PACE.least + 4_000, sorted(windows)
