"""The instruments of the benchmark: what they read is what was used."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import measure
import pytest
from measure import Figure, NotMeasuredError, at_most, micros, seconds, times

BURN = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
BURN_IN_A_THREAD = (
    f"import threading\nthread = threading.Thread(target=exec, args=({BURN!r}, {{}}))\n"
    "thread.start()\nthread.join()\nprint('ended', flush=True)\nimport time; time.sleep(60)\n"
)
BURN_IN_A_CHILD = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {BURN!r}])\n"


def test_cpu_of_a_reaped_child_counts() -> None:
    code = BURN_IN_A_CHILD + "print('reaped', flush=True)\ntime.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            assert measure.cpu_of([process.pid]) >= 0.3
        finally:
            process.kill()


def test_cpu_of_a_thread_that_ended_counts() -> None:
    with subprocess.Popen([sys.executable, "-c", BURN_IN_A_THREAD], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            assert measure.cpu_of([process.pid]) >= 0.3
        finally:
            process.kill()


def test_cpu_is_counted_by_the_nanosecond() -> None:
    """A scrape of a small city costs less than a tick of 10 ms. Here: our own work, between two clocks."""
    outer, before, inner = time.process_time(), measure.cpu_of([os.getpid()]), time.process_time()
    while time.process_time() < inner + 0.002:
        pass
    worked = time.process_time() - inner
    used = measure.cpu_of([os.getpid()]) - before
    assert worked <= used <= time.process_time() - outer


def test_a_family_is_a_process_and_all_below_it() -> None:
    sleep = "import time; time.sleep(60)"
    code = f"import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', {sleep!r}])\n"
    with subprocess.Popen([sys.executable, "-c", code + "child.wait()"]) as process:
        try:
            deadline = time.monotonic() + 10
            while len(found := list(measure.family(process.pid))) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
            assert found[0] == process.pid
            assert len(found) == 2
        finally:
            for pid in reversed(found):
                subprocess.run(["kill", str(pid)], check=False)


def test_what_lives_below_the_childless_is_left_out() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        parent = measure.family(os.getpid())
        assert process.pid in parent
        assert list(measure.family(os.getpid(), lambda pid: True)) == [os.getpid()]
        process.kill()


def test_memory_counts_what_a_process_touched() -> None:
    code = "held = b'x' * (64 << 20)\nprint('held', flush=True)\nimport time; time.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            pss, rss = measure.memory_of(process.pid)
            assert 64 * measure.MIB < pss <= rss
        finally:
            process.kill()


def test_the_median_is_held_against_the_budget() -> None:
    figure = Figure("engine ÷ C", (1.2, 9.0, 1.1), times, at_most(1.3, times))
    assert figure.ok
    assert "1.20 ×" in figure.line()
    assert figure.line().endswith("ok")


def test_a_figure_over_its_budget_says_so() -> None:
    figure = Figure("all roles", (131e-6,), micros, at_most(130e-6, micros))
    assert not figure.ok
    assert figure.line().endswith("OVER")
    assert len(figure.line()) <= 80


def test_a_budget_of_another_section_names_it() -> None:
    assert "≤ 5.00 s (§5)" in Figure("all answered", (4.0,), seconds, at_most(5.0, seconds, "§5")).line()


@pytest.mark.parametrize("read", [measure.memory_of, lambda pid: measure.cpu_of([pid])])
def test_a_process_that_is_gone_is_not_read_as_nothing(read) -> None:
    with pytest.raises(NotMeasuredError, match="process 4194305 ended while it was measured"):
        read(2**22 + 1)
