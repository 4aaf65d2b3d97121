"""What this machine allows: descriptors for connections, and the right to send ICMP."""

from __future__ import annotations

import resource

RESERVE = 128
"""Descriptors kept for everything that is not a probe: databases, Redis, logs."""


class LimitError(RuntimeError):
    """The machine allows less than the site needs; the text says what to raise and to what."""


def raise_descriptors() -> int:
    """Raise the soft limit of open files to the hard one and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def check_descriptors(concurrency: int, held: int) -> int:
    """How many connections may be in flight, given ``held`` ones that stay open.

    Returns ``concurrency`` or what is left for it. Raises LimitError when held connections leave
    no room for as many as a tenth of it: probes would queue behind each other and time out untrue.
    """
    allowed = raise_descriptors()
    room = allowed - RESERVE - held
    if room < max(1, concurrency // 10):
        needed = RESERVE + held + concurrency
        raise LimitError(
            f"open files: this process may have {allowed}, and {held} held connections with "
            f"{concurrency} in flight need {needed}; raise it (ulimit -n {needed}, or LimitNOFILE= "
            "in the systemd unit), or hold fewer connections"
        )
    return min(concurrency, room)
