"""When what died comes back."""

from __future__ import annotations

import errno
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from monitor import kept
from monitor.kept import LONGEST_PAUSE, STEADY, Kept, KeptRole


class Process(Kept):
    def __init__(self) -> None:
        super().__init__("process")
        self.code: int | None = None
        self.starts = 0
        self.refusal: Exception | None = None

    def _start(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.starts += 1
        self.code = None

    def _poll(self) -> int | None:
        return self.code


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(kept, "time", clock)
    return clock


def pause_after_death(process: Process, clock: Clock) -> float:
    """Let it die and come back; the seconds between."""
    process.code = 1
    process.mend()
    if process.restart_at is None:
        return 0.0
    pause = process.restart_at - clock.now
    clock.now = process.restart_at - 0.01
    process.mend()
    assert process.restart_at is not None, "it came back too early"
    clock.now += 0.02
    process.mend()
    assert process.restart_at is None
    return round(pause, 2)


def test_what_dies_young_again_and_again_waits_ever_longer(clock: Clock) -> None:
    process = Process()
    process.start()

    pauses = [pause_after_death(process, clock) for _ in range(9)]

    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses[-1] == LONGEST_PAUSE
    assert process.starts == 10


def test_after_a_long_life_it_is_back_at_once(clock: Clock) -> None:
    process = Process()
    process.start()
    pause_after_death(process, clock)
    clock.now += STEADY + 1

    assert pause_after_death(process, clock) == 0.0
    assert process.starts == 3


def test_the_living_are_left_alone(clock: Clock) -> None:
    process = Process()
    process.start()
    for _ in range(5):
        clock.now += 100
        process.mend()

    assert process.starts == 1


@pytest.mark.parametrize(
    "refusal",
    [OSError(errno.ENOMEM, "Cannot allocate memory"), subprocess.SubprocessError("in preexec_fn")],
    ids=["no memory", "no preparation"],
)
def test_what_the_system_refuses_to_start_is_tried_again_ever_more_rarely(
    clock: Clock, refusal: Exception
) -> None:
    process = Process()
    process.start()
    process.code = 1
    process.mend()
    process.refusal = refusal

    pauses = []
    for _ in range(3):
        assert process.restart_at is not None
        clock.now = process.restart_at
        process.mend()
        pauses.append(process.restart_at - clock.now)

    assert pauses == [1.0, 2.0, 4.0]
    process.refusal = None
    clock.now = process.restart_at
    process.mend()
    assert (process.starts, process.restart_at) == (2, None)


def test_a_first_start_may_be_planned_and_is_tried_again_too(clock: Clock) -> None:
    process = Process()
    process.refusal = OSError(errno.EAGAIN, "Resource temporarily unavailable")
    process.plan_start()
    process.mend()
    assert process.restart_at == clock.now + 0.5
    process.refusal = None
    clock.now += 0.5
    process.mend()
    assert (process.starts, process.restart_at) == (1, None)


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    """Nothing can be opened in this process meanwhile, so no child can be started."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_role_that_cannot_be_started_for_now_starts_later(clock: Clock) -> None:
    role = KeptRole("role", ("--version",))
    role.plan_start()
    with no_more_descriptors():
        role.mend()
    assert role.restart_at is not None
    clock.now = role.restart_at

    role.mend()

    assert role.restart_at is None
    role.wait(clock.now + 20)
    role.mend()
    assert role.restart_at is not None
