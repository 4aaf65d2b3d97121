"""What a child process of the demo needs so that it never outlives its parent."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


class FleetError(Exception):
    """The fleet cannot be what is asked of it; the message says why and what to do."""


def die_with(parent: int) -> None:
    """Ask the kernel to end this process when ``parent``, which started it, ends.

    0: nobody to follow. Where the parent is gone already this process ends at once.
    """
    if not parent:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # It may have died between our start and the line above; then no signal will ever come.
    if os.getppid() != parent:
        sys.exit(f"the parent process {parent} is gone")


def raise_descriptor_limit(wanted: int) -> int:
    """Raise the limit of open descriptors towards ``wanted``; returns the limit that now holds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return soft
    ceiling = max(hard, wanted) if os.geteuid() == 0 else hard
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, ceiling), ceiling))
    except (ValueError, OSError):
        # Root without CAP_SYS_RESOURCE may not lift the hard limit; up to there anyone may go.
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Ask a child of ours to end, wait so long, then end it by force; its pipe is closed."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
