"""However it ends, no process stays behind, and nothing is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from chaos_city import (
    ChaosCity,
    assert_everything_once,
    assert_nothing_crashed,
    assert_outboxes_are_empty,
    is_alive,
    new_seed,
    now_ms,
    processes_of,
    wait_until,
)

from monitor.web.client import monitor_url


@pytest.mark.timeout(90)
def test_a_role_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with ChaosCity(tmp_path) as city:
        city.wait_for_role("monitor")
        city.signal("monitor", signal.SIGSTOP)
        assert city.stop_roles() <= 5.5
        fleet = city.fleet.pid
        assert [line for line in processes_of(tmp_path) if not line.startswith(f"{fleet} ")] == []


@pytest.mark.timeout(120)
def test_after_kill_9_of_the_supervisor_all_are_gone_and_the_next_start_goes_on(tmp_path: Path) -> None:
    with ChaosCity(tmp_path) as city:
        city.wait_ready()
        broken = [node.id for node in city.city.nodes[-8:]]
        city.fleet.fail(broken, "refuse")
        wait_until(lambda: set(broken) & city.down().keys(), 20, "the first is down")
        children = city.pids()
        os.kill(city.pid, signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, children.values())), 6, f"all of {children} are gone")
        killed = now_ms()
        time.sleep(2)
        with city._roles():
            city.wait_ready()
            wait_until(lambda: set(broken) <= city.down().keys(), 20, "all of them are down")
            summary, comparison = city.conclude()
        facts = city.facts()
        assert_outboxes_are_empty(city, facts)
    assert summary["stopped_in"] <= 5.0
    assert comparison.right, comparison.details
    assert_everything_once(facts)
    assert_nothing_crashed(city)
    assert not facts.seen("video", killed)
    assert not facts.seen("police", killed)
    assert processes_of(tmp_path) == []


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``quanshi demo`` in a session of its own, as a terminal gives it one."""
    command = [sys.executable, "-m", "monitor.cli", "demo", "--points", "8", "--seed", str(new_seed())]
    with (tmp_path / "demo.log").open("wb") as log, socket.socket() as page:
        with suppress(OSError):  # somebody else keeps it busy
            # Demos that start side by side must not all choose this one.
            page.bind(("127.0.0.1", 8080))
        # What a shell starts in the background ignores Ctrl-C, and so would its children.
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(
            [*command, "--dir", str(tmp_path)], cwd=tmp_path, stdout=log, stderr=log, start_new_session=True
        )
        signal.signal(signal.SIGINT, ours)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def end(demo: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if number is signal.SIGINT:
        # Ctrl-C reaches every process of the terminal's foreground group.
        os.killpg(demo.pid, number)
    else:
        demo.send_signal(number)
    demo.wait(20)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_a_demo_that_is_ended_leaves_no_process(
    demo: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    wait_until(lambda: demo.poll() is not None or monitor_url(tmp_path / "data"), 60, "the page is up")
    assert demo.poll() is None, (tmp_path / "demo.log").read_text()
    end(demo, number)
    wait_until(lambda: not processes_of(tmp_path), 8, f"nobody is left of {processes_of(tmp_path)}")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("after", [1.0, 4.0])
def test_ctrl_c_while_a_demo_still_starts_leaves_no_process(
    demo: subprocess.Popen[bytes], tmp_path: Path, after: float
) -> None:
    time.sleep(after)
    end(demo, signal.SIGINT)
    wait_until(lambda: not processes_of(tmp_path), 8, f"nobody is left of {processes_of(tmp_path)}")
