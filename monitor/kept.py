"""Processes that are kept: whoever dies is started again, later and later while it dies young."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from monitor.bus.embedded import EmbeddedError, EmbeddedServer

log = structlog.get_logger(__name__)

STEADY: Final = 60.0
"""What lived so many seconds is started again at once when it dies."""

LONGEST_PAUSE: Final = 30.0

WAITED_FOR: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
"""The signals that a supervisor blocks to wait for them; its children must not inherit that."""

_PR_SET_PDEATHSIG: Final = 1


class Kept:
    """A process and its returns. Subclasses say how it starts and whether it lives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.restart_at: float | None = None
        """The moment of its planned return; None while it lives."""
        self._started = 0.0
        self._failures = 0

    def start(self) -> None:
        """Start it now."""
        self._started = time.monotonic()
        self._start()
        self.restart_at = None

    def mend(self) -> None:
        """Notice its death, and start it again when its pause is over."""
        if self.restart_at is None:
            code = self._poll()
            if code is None:
                return
            self._plan_return(code=code)
        if self.restart_at is not None and self.restart_at <= time.monotonic():
            self._return()

    def _return(self) -> None:
        self.start()

    def _plan_return(self, **why: object) -> None:
        """At once after a long life, later and later after short ones."""
        now = time.monotonic()
        self._failures = 0 if now - self._started > STEADY else self._failures + 1
        pause = min(LONGEST_PAUSE, 0.25 * 2.0**self._failures) if self._failures else 0.0
        self.restart_at = now + pause
        log.error("process died", process=self.name, again_in=pause, **why)

    def _start(self) -> None:
        raise NotImplementedError

    def _poll(self) -> int | None:
        """Its exit status; None while it lives."""
        raise NotImplementedError


class KeptServer(Kept):
    """The embedded server. Its first start may raise EmbeddedError; later ones are tried again."""

    def __init__(self, server: EmbeddedServer) -> None:
        super().__init__("embedded server")
        self._server = server

    def stop(self, seconds: float) -> None:
        self._server.stop(seconds)

    def _return(self) -> None:
        try:
            self.start()
        except EmbeddedError as error:
            self._plan_return(error=str(error))

    def _start(self) -> None:
        self._server.start()

    def _poll(self) -> int | None:
        return self._server.poll()


class KeptRole(Kept):
    """A role as a child process: ``quanshi`` with these arguments."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        super().__init__(name)
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, deadline: float) -> None:
        """Return when it has ended, by force if it takes until ``deadline`` (monotonic)."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("did not stop in time, killed", process=self.name)  # noqa: TRY400 - a timeout, no fault
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "monitor.cli", *self._arguments],
            stdin=subprocess.DEVNULL,
            # Ctrl-C must reach the supervisor alone: it stops the roles in the right order.
            start_new_session=True,
            preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 - this process has one thread
        )

    def _poll(self) -> int | None:
        return None if self._process is None else self._process.poll()


def _die_with(parent: int) -> None:
    """Runs in the child before it becomes the role: no orphan, no signal mask of ours.

    A hang-up means "read your files again", also before the role can listen to it.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before it could be followed: no signal will come
        os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)
