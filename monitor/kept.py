"""Processes that are kept: whoever dies is started again, later and later while it dies young."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from monitor.bus.embedded import EmbeddedError, EmbeddedServer

log = structlog.get_logger(__name__)

STEADY: Final = 60.0
"""What lived so many seconds is started again at once when it dies."""

LONGEST_PAUSE: Final = 30.0

CANNOT_START: Final = (OSError, subprocess.SubprocessError, EmbeddedError)
"""What a start may raise; SubprocessError: the child could not be prepared between fork and exec."""

WAITED_FOR: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
"""The signals that a supervisor blocks to wait for them; its children must not inherit that."""

_PR_SET_PDEATHSIG: Final = 1


class Kept:
    """A process and its returns. Subclasses say how it starts and whether it lives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.restart_at: float | None = None
        """The moment of its planned start or return; None while it lives, and before any."""
        self._started = 0.0
        self._failures = 0

    def start(self) -> None:
        """Start it now. Raises what keeps it from starting, one of CANNOT_START."""
        self._started = time.monotonic()
        self._start()
        self.restart_at = None

    def plan_start(self) -> None:
        """Let the next :meth:`mend` start it, and each after that until it could be started."""
        self.restart_at = time.monotonic()

    def mend(self) -> None:
        """Notice its death, and start it again when its pause is over. Never waits."""
        if self.restart_at is None:
            code = self._poll()
            if code is None:
                return
            self._plan_return("process died", code=code)
        if self.restart_at is not None and self.restart_at <= time.monotonic():
            self._return()

    def _return(self) -> None:
        try:
            self.start()
        except CANNOT_START as error:
            # No memory, no process id, no descriptor: the others must live on, and it passes.
            self._plan_return("process cannot be started", error=str(error))

    def _plan_return(self, event: str, **why: object) -> None:
        """At once after a long life, later and later after short ones."""
        now = time.monotonic()
        self._failures = 0 if now - self._started > STEADY else self._failures + 1
        pause = min(LONGEST_PAUSE, 0.25 * 2.0**self._failures) if self._failures else 0.0
        self.restart_at = now + pause
        log.error(event, process=self.name, again_in=pause, **why)

    def _start(self) -> None:
        raise NotImplementedError

    def _poll(self) -> int | None:
        """Its exit status; None while it lives."""
        raise NotImplementedError


class KeptServer(Kept):
    """The embedded server. It is not waited for: :meth:`mend` also sees whether it answers by now.

    Before it has ever answered, ``start`` and ``mend`` raise EmbeddedError; later starts are tried again.
    """

    def __init__(self, server: EmbeddedServer) -> None:
        super().__init__("embedded server")
        self.ready = False
        """Whether it answered since it was last started."""
        self._server = server
        self._was_ready = False

    @property
    def starting(self) -> bool:
        """Whether it was started and does not answer yet."""
        return bool(self._started) and self.restart_at is None and not self.ready

    def mend(self) -> None:
        super().mend()
        if self.starting:
            self._look()

    def stop(self, seconds: float) -> None:
        self._server.stop(seconds)

    def _look(self) -> None:
        try:
            self.ready = self._server.look()
        except EmbeddedError as error:
            if not self._was_ready:
                raise
            self._plan_return("process cannot be started", error=str(error))
        if self.ready and self._was_ready:
            log.info("embedded server answers again")
        self._was_ready = self._was_ready or self.ready

    def _start(self) -> None:
        self.ready = False
        self._server.begin()

    def _poll(self) -> int | None:
        """While it starts, a look knows more: also why it ended."""
        return self._server.poll() if self.ready else None


class KeptRole(Kept):
    """A role as a child process: ``quanshi`` with these arguments, and ``told`` in its environment."""

    def __init__(self, name: str, arguments: Sequence[str], told: Mapping[str, str] | None = None) -> None:
        super().__init__(name)
        self._arguments = arguments
        self._told = told or {}
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
            env={**os.environ, **self._told},
            # Ctrl-C must reach the supervisor alone: it stops the roles in the right order.
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - this process has one thread
        )

    def _poll(self) -> int | None:
        return None if self._process is None else self._process.poll()


def _die_with(parent: int) -> Callable[[], None]:
    """What a child does before it becomes the role: no orphan, no signal mask of ours.

    Loaded beforehand: after the fork as little as possible, there may be no memory for more.
    """
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        # A hang-up means "read your files again", also before the role can listen to it.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before it could be followed: no signal will come
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)

    return prepare
