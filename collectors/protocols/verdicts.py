"""Verdicts that several protocols give. Made once: the steady path allocates none."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from monitor.model.observations import Cause, Verdict

OK: Final = Verdict(Cause.OK)
HUNG_UP: Final = Verdict(Cause.RESET, "closed without an answer")
CUT_OFF: Final = Verdict(Cause.BAD_REPLY, "closed in the middle of an answer")


@lru_cache(maxsize=256)
def bad_reply(detail: str) -> Verdict:
    """What came is no answer. ``detail`` is one of our own phrases, never the peer's bytes."""
    return Verdict(Cause.BAD_REPLY, detail)


@lru_cache(maxsize=512)
def status_verdict(cause: Cause, protocol: str, status: int) -> Verdict:
    """An answer by its status code: ``RTSP/1.0 453``."""
    return Verdict(cause, f"{protocol} {status}")
